import {
  DepwatchError,
  describeObjectIdentifier,
  isRefusal,
  objectIdentifierKey,
  type KubernetesObject,
  type Logger,
  type Metrics,
  type ObjectChange,
  type ObjectIdentifier,
  type ObjectStore,
  type ScopedGVR,
  type WatchPlan,
  type WatchPlanBounds,
} from '@depwatch/core';
import type { SupplyAudience } from '../observe/supply-audience.ts';
import type { CallSignal } from '../requests/call-signal.ts';
import { Deadlines } from '../requests/deadlines.ts';
import { notInTime } from '../requests/not-in-time.ts';
import { Waiters } from '../requests/waiters.ts';
import { caughtUp, caughtUpDelete } from './caught-up.ts';
import { Feed, type FeedListener } from './feed.ts';
import type { FeedsListener } from './feeds-listener.ts';
import { PlanReports } from './plans/plan-reports.ts';
import { Plans } from './plans/plans.ts';
import { Refusals } from './unwatched/refusals.ts';
import { RenamedFeeds } from './renamed-feeds.ts';
import type { Source } from './sources/source.ts';
import { Unwatched, type UnwatchedOptions } from './unwatched/unwatched.ts';
import { WatchSource } from './sources/watch-source.ts';
import type { WatchSourceContext } from './sources/watch-source-context.ts';

/** What {@link Feeds} are made of. */
export interface FeedsOptions extends WatchSourceContext, UnwatchedOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly watchPlan: WatchPlan;
  readonly watchPlanBounds: WatchPlanBounds;
  readonly listener: FeedsListener;
  /** Who looks on. */
  readonly audience: SupplyAudience;
  /** Where a feed keeps what it shows. */
  createStore(): ObjectStore<KubernetesObject>;
  /** A feed showed its first full state. @returns called when the feed is over */
  attach(watched: ObjectIdentifier, store: ObjectStore<KubernetesObject>): () => void;
}

/** The feeds of all that is demanded, each started and stopped once; who demands it is the graph's business. */
export class Feeds implements FeedListener {
  readonly #options: FeedsOptions;
  readonly #feeds = new Map<string, Feed>();
  /** Of those who wait for feeds. */
  readonly #deadlines: Deadlines;
  readonly #plans: Plans;
  readonly #unwatched: Unwatched;
  readonly #refusals: Refusals;
  readonly #renamed: RenamedFeeds;
  #watches = 0;

  constructor(options: FeedsOptions) {
    this.#options = options;
    this.#refusals = new Refusals(options.logger);
    this.#deadlines = new Deadlines(options.clock, options.requestTimeoutMs);
    const { logger, metrics, listener, audience } = options;
    const watching = { ...options, held: (change: 1 | -1) => (this.#watches += change) };
    this.#plans = new Plans({
      ...watching,
      reports: new PlanReports(logger, metrics, audience),
      createSource: (sink, watched, gvr) => new WatchSource(sink, watched, gvr, watching),
    });
    this.#renamed = new RenamedFeeds(this.#feeds, {
      changed: (feed, changes) => listener.changed(feed, changes),
      moved: (from, to, how) => listener.moved(from, to, how),
      available: (feed) => listener.available(feed),
      rescoped: (feed, gvr) => this.#plans.rescoped(feed, gvr),
      replaced: (feed) => this.#remove(feed),
    });
    this.#unwatched = new Unwatched(options, {
      pending: (feed, error) => this.#refusals.unseen(feed, error),
      watchable: (feed, gvr) => this.#plans.add(feed, gvr),
      ended: (feed, error) => this.ended(feed, error),
      moved: (feed, to, how) => listener.moved(feed, to, how),
    });
  }

  /** How many watches there are, live or not; one may serve many feeds. */
  get size(): number {
    return this.#watches;
  }

  /**
   * Starts a feed. An earlier one of this key was stopped before; what still comes from it counts no more.
   *
   * @param key of `id`
   * @param id as the graph knows it
   * @param watched as it was asked for
   * @param how the resource, or why there is none
   * @param unavailable why it could not be seen until now, to those who wait
   */
  start(
    key: string,
    id: ObjectIdentifier,
    watched: ObjectIdentifier,
    how: ScopedGVR | DepwatchError,
    unavailable?: DepwatchError,
  ): void {
    const { clock, createStore } = this.#options;
    const feed = new Feed(key, id, watched, createStore(), clock.now(), this);
    if (unavailable) {
      feed.unavailable = unavailable;
      feed.lastError = unavailable;
      feed.state = 'pending';
    }
    this.#feeds.set(key, feed);
    if (how instanceof DepwatchError) this.#unwatched.await(feed, how);
    else this.#plans.add(feed, how);
    this.showed(feed);
  }

  /** Stops a feed; who waits for it is told so. @param reason by default that nothing depends on it */
  stop(watched: ObjectIdentifier, reason?: DepwatchError): void {
    const feed = this.#feeds.get(objectIdentifierKey(watched));
    if (!feed) return;
    this.#remove(feed);
    // Thousands may be stopped at once that nobody waits for, and an error is dear.
    if (feed.waiters?.size) feed.waiters.reject(reason ?? unneeded(watched));
  }

  /** Stops all. */
  clear(reason: DepwatchError): void {
    this.#unwatched.close();
    this.#plans.close();
    for (const { id } of [...this.#feeds.values()]) this.stop(id, reason);
  }

  /** What asks the server for them, or is about to take them over, each once though it may serve several. */
  sources(): Iterable<Source> {
    const sources = new Set<Source>();
    for (const { source, handover } of this.#feeds.values()) {
      if (source) sources.add(source.physical ?? source);
      if (handover?.physical) sources.add(handover.physical);
    }
    return sources;
  }

  /** What a feed was first asked for as. @param id as the graph knows it */
  askedAs(id: ObjectIdentifier): ObjectIdentifier {
    return this.#feeds.get(objectIdentifierKey(id))?.watched ?? id;
  }

  /**
   * Resolves once all feeds that would show an object show what was written. See {@link caughtUp}.
   *
   * @param counts whether a feed counts, by its key
   */
  caughtUp(
    written: KubernetesObject,
    signal: AbortSignal,
    counts: (key: string) => boolean,
  ): Promise<void> {
    return caughtUp(this.#counting(counts), written, signal);
  }

  /** Resolves once no feed that counts shows an object any more that was deleted. See {@link caughtUpDelete}. */
  caughtUpDelete(
    deleted: ObjectIdentifier,
    signal: AbortSignal,
    counts: (key: string) => boolean,
  ): Promise<void> {
    return caughtUpDelete(this.#counting(counts), deleted, signal);
  }

  #counting(counts: (key: string) => boolean): readonly Feed[] {
    return [...this.#feeds.values()].filter(({ key }) => counts(key));
  }

  /** How many objects a feed shows; `key` is the watched identifier's. */
  objectCount(key: string): number {
    return this.#feeds.get(key)?.store.size ?? 0;
  }

  /** Where a feed keeps what it shows; undefined where nothing can be seen. */
  shown(key: string): ObjectStore<KubernetesObject> | undefined {
    const feed = this.#feeds.get(key);
    return feed?.wasLive && !feed.unavailable ? feed.store : undefined;
  }

  /** The objects that a feed shows. */
  objects(key: string): readonly KubernetesObject[] {
    return this.#feeds.get(key)?.store.values() ?? [];
  }

  /**
   * Resolves once the feed is live, and when it can't be seen for now: with why; rejects when it ends, when the signal is aborted, and when it isn't live within the
   * request time-out, counted from its first request on.
   *
   * @param key the watched identifier's
   * @param orWas whether a feed that was live before, and is being brought back, will do
   * @param isPatient whether it may take as long as it takes
   */
  ready(
    key: string,
    watched: ObjectIdentifier,
    orWas: boolean,
    signal: CallSignal,
    isPatient = false,
  ): Promise<DepwatchError | undefined> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const feed = this.#feeds.get(key);
    if (!feed) return Promise.reject(unneeded(watched));
    if (feed.isUp || (orWas && feed.wasLive)) return Promise.resolve(undefined);
    if (feed.unavailable) return Promise.resolve(feed.unavailable);
    if (!feed.waiters) {
      feed.waiters = new Waiters(feed, this.#deadlines);
      if (feed.hasBegun) feed.waiters.begin();
    }
    return feed.waiters.wait(signal, isPatient);
  }

  /** Somebody waits for it from now on who needn't have done so before: what went meanwhile is pending, and noticed when it comes. */
  awaited(key: string): void {
    const feed = this.#feeds.get(key);
    if (feed) this.#unwatched.awaited(feed);
  }

  /** Why something can't be seen at present; undefined where it can, or is coming up. */
  unavailable(key: string): DepwatchError | undefined {
    return this.#feeds.get(key)?.unavailable;
  }

  /** What a feed is at present; `key` is the watched identifier's. */
  get(key: string): Feed | undefined {
    return this.#feeds.get(key);
  }

  /** Every feed there is. */
  values(): Iterable<Feed> {
    return this.#feeds.values();
  }

  begun(feed: Feed): void {
    feed.hasBegun = true;
    feed.waiters?.begin();
  }

  live(feed: Feed): void {
    feed.enter(feed.source?.servedBy === 'poll' ? 'polling' : 'live', this.#options.clock.now());
    try {
      feed.detach ??= this.#options.attach(feed.watched, feed.store);
    } catch (error) {
      // It names no namespace, and the kind has come to live in them meanwhile.
      feed.source?.stop();
      return this.ended(feed, error as DepwatchError);
    }
    feed.waiters?.resolve(undefined);
    feed.waiters = undefined;
    feed.absence = undefined;
    this.#refusals.live(feed);
    this.showed(feed);
    if (feed.unavailable) {
      feed.unavailable = undefined;
      feed.patience?.abort();
      feed.patience = undefined;
      this.#options.listener.available(feed);
      this.#unwatched.succeeded(feed);
    }
    this.#renamed.live(feed);
  }

  retrying(feed: Feed, error: DepwatchError, ms: number): void {
    this.disturbed(feed, error, ms);
    if (isRefusal(error) && this.waits(feed)) this.#refusals.unseen(feed, error);
    const { logger, metrics } = this.#options;
    metrics.count('depwatch_watch_retries_total', { code: error.code });
    logger.debug(
      { watched: describeObjectIdentifier(feed.watched), error, retryAfterMs: Math.round(ms) },
      'a watch is retried',
    );
  }

  disturbed(feed: Feed, error: DepwatchError, ms: number): void {
    feed.lastError = error;
    if (!feed.unavailable)
      feed.enter(feed.wasLive ? 'retrying' : 'starting', this.#options.clock.now());
    feed.waiters?.triesAgainIn(ms);
    this.showed(feed);
  }

  changed(feed: Feed, changes: readonly ObjectChange[]): void {
    // What a new feed shows first is no change: nobody has seen anything before it.
    if (feed.wasLive) this.#options.listener.changed(feed, changes);
  }

  waits(feed: Feed): boolean {
    return this.#options.listener.waits(feed);
  }

  showed(feed: Feed): void {
    this.#options.audience.feed(feed);
  }

  gone(feed: Feed, error: DepwatchError): void {
    feed.absence = error;
    if (!this.waits(feed)) return;
    this.#unwatched.pend(feed, error);
    this.#options.listener.unavailable(feed);
  }

  ended(feed: Feed, error: DepwatchError): void {
    const { listener, logger } = this.#options;
    const { wasLive } = feed;
    const wasKnown = wasLive || feed.unavailable !== undefined;
    feed.lastError = error;
    if (error.code !== 'ERR_INVALID_INPUT' && this.waits(feed)) {
      if (wasLive && !feed.unavailable) listener.unavailable(feed);
      listener.refused(feed, wasLive);
      this.#plans.remove(feed);
      return this.#unwatched.await(feed, error);
    }
    feed.enter('ended', this.#options.clock.now());
    this.#remove(feed);
    this.showed(feed);
    listener.ended(feed, wasKnown);
    if (wasKnown) {
      const watched = describeObjectIdentifier(feed.watched);
      logger.error({ watched, error }, 'a watch was refused for good and has ended');
    }
    feed.waiters?.reject(error);
  }

  late({ watched, lastError }: Feed): DepwatchError {
    const what = `the watch of ${describeObjectIdentifier(watched)} was not live`;
    const { health, requestTimeoutMs } = this.#options;
    return notInTime(what, requestTimeoutMs, health.outage ?? lastError);
  }

  #remove(feed: Feed): void {
    this.#feeds.delete(feed.key);
    this.#unwatched.delete(feed);
    this.#refusals.delete(feed);
    feed.end();
    this.#plans.remove(feed);
  }
}

/** Made only where somebody waits: thousands of feeds may be stopped at once. */
function unneeded(watched: ObjectIdentifier): DepwatchError {
  const id = describeObjectIdentifier(watched);
  const message = `the watch of ${id} was stopped, since nothing depends on it any more`;
  return new DepwatchError('ERR_ABORTED', message);
}
