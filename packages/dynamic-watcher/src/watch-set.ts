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
import type { WatchState, WatchStatus } from './dynamic-watcher.ts';
import { notInTime } from './not-in-time.ts';
import { WatchDriver, type WatchDriverContext } from './watch-driver.ts';

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
export interface WatchSetOptions extends WatchDriverContext {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly listener: WatchSetListener;
  /** Where a watch keeps what it shows. */
  createStore(): ObjectStore<KubernetesObject>;
  /** A watch showed its first full state. @returns called when the watch is over */
  attach(watched: ObjectIdentifier, store: ObjectStore<KubernetesObject>): () => void;
}

/** Somebody who waits until a watch is live. */
interface Waiter {
  resolve(): void;
  reject(error: DepwatchError): void;
  timer?: Disposable;
  deadline?: number;
}

interface Watch {
  readonly key: string;
  readonly watched: ObjectIdentifier;
  readonly store: ObjectStore<KubernetesObject>;
  readonly driver: WatchDriver;
  readonly waiters: Set<Waiter>;
  begun: boolean;
  /** Set once it was live. */
  detach?: () => void;
  state: WatchState;
  since: number;
  lastError?: DepwatchError;
}

/** The watches that are held, each started and stopped once; who needs them is the graph's business. */
export class WatchSet {
  readonly #options: WatchSetOptions;
  readonly #clock: Clock;
  readonly #watches = new Map<string, Watch>();
  readonly #ended = new Map<string, WatchStatus>();

  constructor(options: WatchSetOptions) {
    this.#options = options;
    this.#clock = options.clock;
  }

  /** How many watches there are, live or not. */
  get size(): number {
    return this.#watches.size;
  }

  /** Starts a watch. An earlier one of this key was stopped before; what still comes from it counts no more. */
  start(watched: ObjectIdentifier, gvr: ScopedGVR): void {
    const key = objectIdentifierKey(watched);
    const store = this.#options.createStore();
    const driver: WatchDriver = new WatchDriver(watched, gvr, store, this.#options, {
      begun: () => this.#begin(watch),
      live: () => this.#live(watch),
      retrying: (error, ms) => this.#retrying(watch, error, ms),
      changed: (changes) => this.#changed(watch, changes),
      ended: (error) => this.#end(watch, error),
    });
    const watch: Watch = {
      key,
      watched,
      store,
      driver,
      waiters: new Set(),
      begun: false,
      state: 'starting',
      since: this.#clock.now(),
    };
    this.#ended.delete(key);
    this.#watches.set(key, watch);
    this.#count();
    driver.start();
  }

  /** Stops a watch; who waits for it is told so. */
  stop(watched: ObjectIdentifier, reason: DepwatchError): void {
    const watch = this.#watches.get(objectIdentifierKey(watched));
    if (!watch) return;
    this.#remove(watch);
    watch.driver.stop();
    this.#reject(watch, reason);
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
   * Resolves once the watch is live; rejects when it ends, when the signal is aborted (with its reason, a DepwatchError),
   * and when it isn't live within the request time-out, counted from its first request on.
   *
   * @param orWas whether a watch that was live before, and is being brought back, will do
   */
  ready(watched: ObjectIdentifier, orWas: boolean, signal: AbortSignal): Promise<void> {
    const watch = this.#watches.get(objectIdentifierKey(watched));
    if (signal.aborted) return Promise.reject(signal.reason as DepwatchError);
    if (!watch) {
      const id = formatObjectIdentifier(watched);
      return Promise.reject(new DepwatchError('ERR_ABORTED', `the watch of ${id} was stopped`));
    }
    if (watch.state === 'live' || (orWas && watch.detach)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        watch.waiters.delete(waiter);
        waiter.timer?.[Symbol.dispose]();
        signal.removeEventListener('abort', abort);
      };
      const waiter: Waiter = {
        resolve: () => {
          settle();
          resolve();
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      const abort = (): void => waiter.reject(signal.reason as DepwatchError);
      signal.addEventListener('abort', abort);
      watch.waiters.add(waiter);
      if (watch.begun) this.#arm(watch, waiter);
    });
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
    for (const waiter of watch.waiters) this.#arm(watch, waiter);
  }

  #arm(watch: Watch, waiter: Waiter): void {
    const { requestTimeoutMs } = this.#options;
    waiter.deadline = this.#clock.now() + requestTimeoutMs;
    waiter.timer = this.#clock.setTimeout(() => waiter.reject(this.#late(watch)), requestTimeoutMs);
  }

  #late({ watched, lastError }: Watch): DepwatchError {
    const what = `the watch of ${formatObjectIdentifier(watched)} was not live`;
    return notInTime(what, this.#options.requestTimeoutMs, lastError);
  }

  #live(watch: Watch): void {
    this.#setState(watch, 'live');
    watch.detach ??= this.#options.attach(watch.watched, watch.store);
    for (const waiter of [...watch.waiters]) waiter.resolve();
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
    const next = this.#clock.now() + ms;
    // Nobody is kept waiting for a try that comes too late.
    for (const waiter of [...watch.waiters]) {
      if (waiter.deadline !== undefined && next > waiter.deadline) waiter.reject(this.#late(watch));
    }
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
    this.#reject(watch, error);
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

  #reject(watch: Watch, error: DepwatchError): void {
    for (const waiter of [...watch.waiters]) waiter.reject(error);
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
