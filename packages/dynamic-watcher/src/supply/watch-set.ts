import {
  DepwatchError,
  formatObjectIdentifier,
  objectIdentifierKey,
  type ChangeType,
  type Clock,
  type KubernetesObject,
  type Logger,
  type Metrics,
  type ObjectIdentifier,
  type ObjectStore,
  type ScopedGVR,
} from '@depwatch/core';
import type { WatchState, WatchStatus } from '../dynamic-watcher.ts';
import { notInTime } from '../requests/not-in-time.ts';
import { WatchDriver, type WatchDriverContext, type WatchListener } from './watch-driver.ts';
import { Waiters } from '../requests/waiters.ts';

/** How many ended watches stay listed. */
const endedKept = 1000;

/** What a watch set tells its owner of; `key` is the watched identifier's. */
export interface WatchSetListener {
  /** The cached state changed, before this call. */
  changed(key: string, watched: ObjectIdentifier, changes: ReadonlySet<ChangeType>): void;
  /**
   * A watch was refused for good, and is no longer in the set: its edges have to go within this call.
   *
   * @param wasLive whether it ever worked; if not, who waits for it is told by a rejection
   * @returns who depended on it
   */
  ended(key: string, watched: ObjectIdentifier, wasLive: boolean): readonly ObjectIdentifier[];
}

/** What a watch set is made of. */
export interface WatchSetOptions extends Omit<WatchDriverContext<never>, 'listener'> {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly listener: WatchSetListener;
  /** Where a watch keeps what it shows. */
  createStore(): ObjectStore<KubernetesObject>;
  /** A watch showed its first full state. @returns called when the watch is over */
  attach(watched: ObjectIdentifier, store: ObjectStore<KubernetesObject>): () => void;
}

class Watch {
  readonly key: string;
  readonly watched: ObjectIdentifier;
  readonly store: ObjectStore<KubernetesObject>;
  readonly driver: WatchDriver<Watch>;
  /** Who waits until it is live. */
  waiters: Waiters<void> | undefined;
  begun = false;
  /** Set once it was live. */
  detach: (() => void) | undefined;
  state: WatchState = 'starting';
  since: number;
  lastError: DepwatchError | undefined;

  constructor(
    key: string,
    watched: ObjectIdentifier,
    gvr: ScopedGVR,
    store: ObjectStore<KubernetesObject>,
    context: WatchDriverContext<Watch>,
  ) {
    this.key = key;
    this.watched = watched;
    this.store = store;
    this.driver = new WatchDriver(this, watched, gvr, store, context);
    this.since = context.clock.now();
  }
}

/** The watches that are held, each started and stopped once; who needs them is the graph's business. */
export class WatchSet {
  readonly #options: WatchSetOptions;
  readonly #clock: Clock;
  readonly #context: WatchDriverContext<Watch>;
  readonly #watches = new Map<string, Watch>();
  readonly #ended = new Map<string, WatchStatus>();

  constructor(options: WatchSetOptions) {
    this.#options = options;
    this.#clock = options.clock;
    const listener: WatchListener<Watch> = {
      begun: (watch) => this.#begin(watch),
      live: (watch) => this.#live(watch),
      retrying: (watch, error, ms) => this.#retrying(watch, error, ms),
      changed: (watch, changes) => this.#changed(watch, changes),
      ended: (watch, error) => this.#end(watch, error),
    };
    this.#context = { ...options, listener };
  }

  /** How many watches there are, live or not. */
  get size(): number {
    return this.#watches.size;
  }

  /** Starts a watch. An earlier one of this key was stopped before; what still comes from it counts no more. */
  start(watched: ObjectIdentifier, gvr: ScopedGVR): void {
    const key = objectIdentifierKey(watched);
    const watch = new Watch(key, watched, gvr, this.#options.createStore(), this.#context);
    this.#ended.delete(key);
    this.#watches.set(key, watch);
    this.#count();
    watch.driver.start();
  }

  /** Stops a watch; who waits for it is told so. */
  stop(watched: ObjectIdentifier, reason: DepwatchError): void {
    const watch = this.#watches.get(objectIdentifierKey(watched));
    if (!watch) return;
    this.#remove(watch);
    watch.driver.stop();
    watch.waiters?.reject(reason);
  }

  /** Stops all. */
  clear(reason: DepwatchError): void {
    for (const { watched } of [...this.#watches.values()]) this.stop(watched, reason);
    this.#ended.clear();
  }

  /** How many objects a watch shows. */
  objectCount(watched: ObjectIdentifier): number {
    return this.#watches.get(objectIdentifierKey(watched))?.store.size ?? 0;
  }

  /**
   * Resolves once the watch is live; rejects when it ends, when the signal is aborted, and when it isn't live within the request
   * time-out, counted from its first request on.
   *
   * @param orWas whether a watch that was live before, and is being brought back, will do
   */
  ready(watched: ObjectIdentifier, orWas: boolean, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const watch = this.#watches.get(objectIdentifierKey(watched));
    if (!watch) {
      const id = formatObjectIdentifier(watched);
      return Promise.reject(new DepwatchError('ERR_ABORTED', `the watch of ${id} was stopped`));
    }
    if (watch.state === 'live' || (orWas && watch.detach)) return Promise.resolve();
    if (!watch.waiters) {
      const { clock, requestTimeoutMs } = this.#options;
      watch.waiters = new Waiters({
        clock,
        timeoutMs: requestTimeoutMs,
        late: () => this.#late(watch),
      });
      if (watch.begun) watch.waiters.begin();
    }
    return watch.waiters.wait(signal);
  }

  /** Forgets the ended watches that only these had been told of. */
  forgetEnded(watcherKey: string): void {
    for (const [key, status] of this.#ended) {
      const watchers = status.watchers.filter(
        (watcher) => objectIdentifierKey(watcher) !== watcherKey,
      );
      if (watchers.length === 0) this.#ended.delete(key);
      else if (watchers.length < status.watchers.length)
        this.#ended.set(key, { ...status, watchers });
    }
  }

  /** Every watch held, then those that ended, the oldest first. */
  status(
    watchersOf: (watched: ObjectIdentifier) => readonly ObjectIdentifier[],
  ): readonly WatchStatus[] {
    const held = [...this.#watches.values()].map((watch) =>
      statusOf(watch, watchersOf(watch.watched)),
    );
    return [...held, ...this.#ended.values()];
  }

  #begin(watch: Watch): void {
    watch.begun = true;
    watch.waiters?.begin();
  }

  #late({ watched, lastError }: Watch): DepwatchError {
    const what = `the watch of ${formatObjectIdentifier(watched)} was not live`;
    return notInTime(what, this.#options.requestTimeoutMs, lastError);
  }

  #live(watch: Watch): void {
    this.#setState(watch, 'live');
    watch.detach ??= this.#options.attach(watch.watched, watch.store);
    watch.waiters?.resolve();
    watch.waiters = undefined;
  }

  #retrying(watch: Watch, error: DepwatchError, ms: number): void {
    watch.lastError = error;
    this.#setState(watch, watch.detach ? 'retrying' : 'starting');
    const { logger, metrics } = this.#options;
    metrics.count('depwatch_watch_retries_total', { code: error.code });
    logger.debug(
      { watched: watch.watched, error, retryAfterMs: Math.round(ms) },
      'a watch is retried',
    );
    watch.waiters?.triesAgainIn(ms);
  }

  #changed(watch: Watch, changes: ReadonlySet<ChangeType>): void {
    // What a new watch shows first is no change: nobody has seen anything before it.
    if (watch.detach) this.#options.listener.changed(watch.key, watch.watched, changes);
  }

  #end(watch: Watch, error: DepwatchError): void {
    watch.lastError = error;
    this.#setState(watch, 'ended');
    this.#remove(watch);
    const watchers = this.#options.listener.ended(
      watch.key,
      watch.watched,
      watch.detach !== undefined,
    );
    if (watch.detach) {
      const { watched } = watch;
      this.#options.logger.error({ watched, error }, 'a watch was refused for good and has ended');
      this.#rememberEnded(statusOf(watch, watchers));
    }
    watch.waiters?.reject(error);
  }

  #rememberEnded(status: WatchStatus): void {
    this.#ended.set(objectIdentifierKey(status.watched), status);
    for (const oldest of this.#ended.keys()) {
      if (this.#ended.size <= endedKept) break;
      this.#ended.delete(oldest);
    }
  }

  #remove(watch: Watch): void {
    this.#watches.delete(watch.key);
    watch.detach?.();
    this.#count();
  }

  #setState(watch: Watch, state: WatchState): void {
    if (watch.state === state) return;
    watch.state = state;
    watch.since = this.#clock.now();
  }

  #count(): void {
    this.#options.metrics.gauge('depwatch_watches', this.#watches.size);
  }
}

function statusOf(watch: Watch, watchers: readonly ObjectIdentifier[]): WatchStatus {
  const { watched, state, since, driver, lastError } = watch;
  return {
    watched,
    state,
    watchers,
    since,
    ...(driver.resourceVersion !== undefined && { resourceVersion: driver.resourceVersion }),
    ...(lastError && { lastError }),
  };
}
