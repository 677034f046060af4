import type { DependencyGraph } from '@depwatch/core';
import type { Audience } from '../observe/observers.ts';
import type { Feed } from '../supply/feed.ts';
import type { FeedsListener } from '../supply/feeds-listener.ts';

/** What one dynamic watcher demands of feeds that it may share with others, and who is told of them. */
export interface Demand {
  readonly graph: DependencyGraph;
  readonly listener: FeedsListener;
  /** Who looks on. */
  readonly audience: Audience;
}

/** Tells of a feed all who demand it. */
export function tellAll(demands: ReadonlySet<Demand>): FeedsListener {
  // Apart from the graphs, which change when they are told.
  const of = ({ key }: Pick<Feed, 'key'>): readonly FeedsListener[] =>
    [...demands].filter(({ graph }) => graph.isWatched(key)).map(({ listener }) => listener);
  return {
    waits: (feed) => of(feed).some((one) => one.waits(feed)),
    changed: (feed, changes) => of(feed).forEach((one) => one.changed(feed, changes)),
    available: (feed) => of(feed).forEach((one) => one.available(feed)),
    unavailable: (feed) => of(feed).forEach((one) => one.unavailable(feed)),
    refused: (feed, wasLive) => of(feed).forEach((one) => one.refused(feed, wasLive)),
    moved: (feed, to, how) => of(feed).forEach((one) => one.moved(feed, to, how)),
    ended: (feed, wasLive) => of(feed).forEach((one) => one.ended(feed, wasLive)),
  };
}
