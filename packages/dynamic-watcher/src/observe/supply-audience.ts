import type { Demand } from '../demand/all-demands.ts';
import type { Feed } from '../supply/feed.ts';
import type { FeedObservation, PlanObservation } from './observation.ts';

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
        if (audience.isListening && graph.isWatched(feed.key))
          audience.tell(stateOf(feed, audience.now()));
      }
    },
    plan(change) {
      for (const { audience } of demands) {
        if (!audience.isListening) continue;
        audience.tell({ type: 'plan', at: audience.now(), ...change });
      }
    },
  };
}

function stateOf(feed: Feed, at: number): FeedObservation {
  const { id, state, since, servedBy, lastError } = feed;
  return { type: 'feed', at, watched: id, state, since, servedBy, ...(lastError && { lastError }) };
}
