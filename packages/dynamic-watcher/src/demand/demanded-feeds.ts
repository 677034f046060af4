import {
  expiredError,
  objectIdentifierKey,
  type DependencyGraph,
  type DepwatchError,
  type KubernetesObject,
  type ObjectIdentifier,
  type ObjectStore,
  type ScopedGVR,
} from '@depwatch/core';
import type { Audience } from '../observe/observers.ts';
import { tellState } from '../observe/supply-audience.ts';
import type { WatchState, WatchStatus } from '../public-interface.ts';
import type { CallSignal } from '../requests/call-signal.ts';
import type { Feeds } from '../supply/feeds.ts';
import { EndedFeeds } from './ended-feeds.ts';

/** What {@link DemandedFeeds} work on. */
export interface DemandedFeedsOptions {
  /** All there are, whoever demands them. */
  readonly feeds: Feeds;
  /** What this dynamic watcher demands. */
  readonly graph: DependencyGraph;
  /** Who looks on. */
  readonly audience: Audience;
  /** Whether another dynamic watcher that shares the feeds demands this one, by its key. */
  isWantedElsewhere(key: string): boolean;
}

/**
 * The feeds as one dynamic watcher has them, which may share them with others: it starts what is not there yet, stops what
 * nobody demands any more, and is told of those alone that it demands. Who demands what is in the graphs, and nowhere else.
 */
export class DemandedFeeds {
  readonly #options: DemandedFeedsOptions;
  readonly #feeds: Feeds;
  readonly #ended = new EndedFeeds();

  constructor(options: DemandedFeedsOptions) {
    this.#options = options;
    this.#feeds = options.feeds;
  }

  /** How many watches there are, those of others included. */
  get size(): number {
    return this.#feeds.size;
  }

  /** As `Feeds.start`, of what the graph has come to demand. @returns whether it was not there yet */
  start(
    key: string,
    id: ObjectIdentifier,
    watched: ObjectIdentifier,
    how: ScopedGVR | DepwatchError,
    unavailable?: DepwatchError,
  ): boolean {
    this.#ended.delete(key);
    if (this.#feeds.get(key)) {
      this.joined(key);
      return false;
    }
    this.#feeds.start(key, id, watched, how, unavailable);
    return true;
  }

  /** The graph has come to demand what is there already: those who look on have heard nothing of it. */
  joined(key: string): void {
    const feed = this.#feeds.get(key);
    if (feed) tellState(feed, this.#options.audience);
  }

  /** Stops what the graph demands no more, unless somebody else does. */
  stop(id: ObjectIdentifier, reason?: DepwatchError): void {
    if (!this.#options.isWantedElsewhere(objectIdentifierKey(id))) this.#feeds.stop(id, reason);
  }

  /** Has ended all that was demanded. */
  clear(reason: DepwatchError): void {
    // The newest first: what those before hold up must not begin because they end.
    for (const id of this.#options.graph.snapshot().watched.toReversed()) this.stop(id, reason);
    this.#ended.clear();
  }

  /** One was refused for good, and was demanded until now. */
  ended(key: string, status: WatchStatus): void {
    this.#ended.add(key, status);
  }

  /** Forgets the ended feeds that only this watcher had been told of. */
  forgetEnded(watcherKey: string): void {
    this.#ended.forget(watcherKey);
  }

  /**
   * Every feed that is demanded, then those that ended, the oldest first.
   *
   * @param isAsked which of those that are demanded, by their state; by default all
   */
  status(isAsked: (state: WatchState) => boolean = () => true): readonly WatchStatus[] {
    const { graph } = this.#options;
    const held: WatchStatus[] = [];
    for (const feed of this.#feeds.values()) {
      if (isAsked(feed.state) && graph.isWatched(feed.key))
        held.push(feed.status(graph.watchersOf(feed.id)));
    }
    return [...held, ...this.#ended.values()];
  }

  /** That of one identifier, demanded or ended; `key` is the identifier's as the graph knows it. */
  statusOf(key: string): WatchStatus | undefined {
    const { graph } = this.#options;
    const feed = graph.isWatched(key) ? this.#feeds.get(key) : undefined;
    return feed ? feed.status(graph.watchersOf(feed.id)) : this.#ended.get(key);
  }

  /** Has one listed anew that is demanded. @returns whether there was a source to do so */
  relist(key: string): boolean {
    const source = this.#options.graph.isWatched(key) ? this.#feeds.get(key)?.source : undefined;
    source?.expire(expiredError('somebody asked for it to be listed anew'));
    return source !== undefined && source.servedBy !== 'poll';
  }

  /** As `Feeds.caughtUp`. */
  caughtUp(written: KubernetesObject, signal: AbortSignal): Promise<void> {
    return this.#feeds.caughtUp(written, signal, (key) => this.#options.graph.isWatched(key));
  }

  /** As `Feeds.caughtUpDelete`. */
  caughtUpDelete(deleted: ObjectIdentifier, signal: AbortSignal): Promise<void> {
    return this.#feeds.caughtUpDelete(deleted, signal, (key) => this.#options.graph.isWatched(key));
  }

  /** As `Feeds.shown`. */
  shown(key: string): ObjectStore<KubernetesObject> | undefined {
    return this.#options.graph.isWatched(key) ? this.#feeds.shown(key) : undefined;
  }

  /** As `Feeds.ready`. */
  ready(
    key: string,
    watched: ObjectIdentifier,
    orWas: boolean,
    signal: CallSignal,
    isPatient?: boolean,
  ): Promise<DepwatchError | undefined> {
    return this.#feeds.ready(key, watched, orWas, signal, isPatient);
  }

  /** As `Feeds.awaited`. */
  awaited(key: string): void {
    this.#feeds.awaited(key);
  }

  /** As `Feeds.unavailable`. */
  unavailable(key: string): DepwatchError | undefined {
    return this.#feeds.unavailable(key);
  }

  /** As `Feeds.askedAs`. */
  askedAs(id: ObjectIdentifier): ObjectIdentifier {
    return this.#feeds.askedAs(id);
  }

  /** As `Feeds.objects`. */
  objects(key: string): readonly KubernetesObject[] {
    return this.#feeds.objects(key);
  }

  /** As `Feeds.objectCount`. */
  objectCount(key: string): number {
    return this.#feeds.objectCount(key);
  }
}
