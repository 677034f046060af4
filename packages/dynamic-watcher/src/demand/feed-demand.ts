import { objectIdentifierKey, type DependencyGraph, type ObjectIdentifier } from '@depwatch/core';
import type { FeedsListener } from '../supply/feeds-listener.ts';
import type { DemandedFeeds } from './demanded-feeds.ts';
import { bothTerms, type EdgeTerms } from './edge-terms.ts';
import type { TentativeEdges } from './tentative-edges.ts';
import type { WakeUps } from './wake-ups.ts';

/** What {@link listenForDemand} works on. */
export interface FeedDemandOptions {
  readonly graph: DependencyGraph<EdgeTerms>;
  readonly wakeUps: WakeUps;
  readonly tentative: TentativeEdges;
  /** The feeds that are listened to. */
  readonly feeds: DemandedFeeds;
}

/** What becomes of the edges of a feed, and whom it wakes, when something becomes of the feed. */
export function listenForDemand(options: FeedDemandOptions): FeedsListener {
  const { graph, wakeUps, tentative, feeds } = options;
  /** The edges of a feed, apart from the graph, which may change meanwhile. */
  const edgesOf = (key: string) => {
    const edges: { key: string; watcher: ObjectIdentifier; terms: EdgeTerms | undefined }[] = [];
    graph.forEachWatcher(key, (watcherKey, watcher, terms) =>
      edges.push({ key: watcherKey, watcher, terms }),
    );
    return edges;
  };
  return {
    changed: (feed, changes) => wakeUps.changed(feed, changes, feed.unavailable !== undefined),
    waits: ({ key }) => edgesOf(key).some(({ terms }) => terms?.waits),
    available: (feed) => wakeUps.available(feed, feed.store.values()),
    unavailable: (feed) => wakeUps.unavailable(feed),
    refused(feed, wasLive) {
      if (wasLive) wakeUps.refused(feed);
      for (const { watcher, terms } of edgesOf(feed.key)) {
        if (!terms?.waits) graph.remove(watcher, [feed.id]);
      }
    },
    moved(from, to, how) {
      const key = objectIdentifierKey(to);
      const edges = edgesOf(from.key);
      const there = new Map(edgesOf(key).map((edge) => [edge.key, edge]));
      let isNew = false;
      for (const { key: watcherKey, watcher, terms } of edges) {
        const { start } = graph.add(watcher, [to]);
        const known = there.get(watcherKey);
        graph.note(watcherKey, key, known ? bothTerms(known.terms, terms) : terms);
        tentative.move(watcherKey, from.key, to, !known);
        if (start.length === 0) continue;
        if (how) isNew = feeds.start(key, to, from.watched, how, from.unavailable);
        else feeds.joined(key);
      }
      for (const { watcher } of edges) graph.remove(watcher, [from.id]);
      feeds.stop(from.id);
      // Who sees it already was told; where it can't be seen, all are told once it can.
      if (!how || isNew || feeds.unavailable(key)) return;
      const shown = { key, watched: feeds.askedAs(to) };
      for (const { key: watcherKey, watcher, terms } of edges) {
        if (terms?.waits && !there.has(watcherKey)) {
          wakeUps.availableTo(watcherKey, watcher, terms.map, shown, feeds.objects(key));
        }
      }
    },
    ended(feed, wasLive) {
      if (wasLive) wakeUps.ended(feed);
      const watchers = graph.watchersOf(feed.id);
      for (const watcher of watchers) graph.remove(watcher, [feed.id]);
      if (wasLive) feeds.ended(feed.key, feed.status(watchers));
    },
  };
}
