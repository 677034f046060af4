import type { Metrics } from '@depwatch/core';
import type { WatchState, WatchStatus } from '../public-interface.ts';
import type { Feed } from './feed.ts';
import type { Source } from './sources/source.ts';

const states = ['pending', 'starting', 'live', 'retrying', 'polling'] as const;
const servers = ['object', 'namespace', 'kind', 'poll', 'none'] as const;

/** How many there are of each. */
interface Tally {
  readonly watches: Map<WatchState, number>;
  readonly watched: Map<WatchStatus['servedBy'], number>;
}

/** Has metrics show the watches by their state, and what is watched by what serves it, until `signal` is aborted. */
export function reportWatches(
  metrics: Metrics,
  feeds: { values(): Iterable<Feed> },
  signal: AbortSignal,
): void {
  // Looked at once for all the gauges that are read in one go.
  let known: Tally | undefined;
  const tally = (): Tally => {
    if (!known) queueMicrotask(() => (known = undefined));
    return (known ??= count(feeds.values()));
  };
  for (const state of states) {
    const read = (): number => tally().watches.get(state) ?? 0;
    metrics.gauge('depwatch_watches', read, { state }, signal);
  }
  for (const server of servers) {
    const read = (): number => tally().watched.get(server) ?? 0;
    metrics.gauge('depwatch_watched', read, { served_by: server }, signal);
  }
}

function count(feeds: Iterable<Feed>): Tally {
  const watches: Tally['watches'] = new Map();
  const watched: Tally['watched'] = new Map();
  const seen = new Set<Source>();
  for (const feed of feeds) {
    add(watched, feed.servedBy);
    const source = feed.source?.physical ?? feed.source;
    if (source && seen.has(source)) continue;
    if (source) seen.add(source);
    add(watches, feed.state);
  }
  return { watches, watched };
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
