import type { Demand } from '../demand/all-demands.ts';
import type { Feed } from '../supply/feed.ts';
import type { FeedObservation, PlanObservation } from './observation.ts';
import type { Audience } from './observers.ts';

/** Whom supply tells what becomes of feeds and plans. */
export interface SupplyAudience {
  /** Its state is another one, or its source, or it has failed again. */
  feed(feed: Feed): void;
  /** A plan has changed. */
  plan(change: Omit<PlanObservation, 'type' | 'at'>): void;
}

/** Tells the listeners of all who demand something; of a feed, those who demand it. */
export function tellListeners(demands: ReadonlySet<Demand>): SupplyAudience {
  return {
    feed(feed) {
      for (const { audience, graph } of demands) {
        if (graph.isWatched(feed.key)) tellState(feed, audience);
      }
    },
    plan(change) {
      for (const { audience } of demands) {
        if (!audience.listensTo('plan')) continue;
        audience.tell({ type: 'plan', at: audience.now(), ...change });
      }
    },
  };
}

/** Tells the listeners of one who demands a feed what that does at present. */
export function tellState(feed: Feed, audience: Audience): void {
  if (!audience.listensTo('feed')) return;
  const { id: watched, state, since, servedBy, lastError } = feed;
  const told: FeedObservation = {
    type: 'feed',
    at: audience.now(),
    watched,
    state,
    since,
    servedBy,
  };
  audience.tell(lastError ? { ...told, lastError } : told);
}
