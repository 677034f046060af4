import {
  abortedError,
  checkCallOptions,
  DepwatchError,
  guardLogger,
  guardMetrics,
  invalidInput,
  silentLogger,
} from '@depwatch/core';
import { Engine } from './engine.ts';
import type { DynamicWatcherOptions, SharedWatchesOptions } from './options.ts';
import { Observers } from './observe/observers.ts';
import type { LoopGroup } from './reconcile/reconcile-group.ts';
import { settledWithin } from './reconcile/settled-within.ts';
import { WatchShare } from './shared-watches.ts';
import { systemClock } from './system-clock.ts';

/** Makes an engine at the start, once, and ends it at the stop. */
export class LifeCycle {
  /** Resolves once it has stopped and the running reconciles have settled, or had their time. */
  readonly stopped: Promise<void>;
  /** Those who look on, also before the start. */
  readonly observers: Observers;
  readonly #options: DynamicWatcherOptions;
  readonly #resolveStopped: () => void;
  /** Aborted once `stopped` resolves. */
  readonly #over = new AbortController();
  #engine: Engine | undefined;
  #started = false;
  #stopping: Promise<void> | undefined;
  /** The watches that it has a part in, from its start on. */
  #share: WatchShare | undefined;
  #forgetSignal = (): void => {};

  constructor(options: DynamicWatcherOptions) {
    this.#options = { ...options };
    const { clock = systemClock, logger = silentLogger } = options;
    this.observers = new Observers(clock, guardLogger(logger));
    const { promise, resolve } = Promise.withResolvers<void>();
    this.stopped = promise;
    this.#resolveStopped = resolve;
  }

  /** The engine, while there is one. */
  get engine(): Engine | undefined {
    return this.#engine;
  }

  /** Whether calls wait for what is not to be had that don't say. */
  get waits(): boolean {
    return this.#options.unavailable === 'wait';
  }

  /** Whether it was told to stop. */
  get isStopping(): boolean {
    return this.#stopping !== undefined;
  }

  /** @throws DepwatchError ERR_NOT_STARTED */
  running(): Engine {
    if (!this.#engine) throw notStarted();
    return this.#engine;
  }

  /** @throws DepwatchError ERR_NOT_STARTED, ERR_CACHE_DISABLED */
  cached(): Engine {
    const engine = this.running();
    if (engine.isCached) return engine;
    throw new DepwatchError(
      'ERR_CACHE_DISABLED',
      'the cache is off; pass enableCache: true to createDynamicWatcher',
    );
  }

  /** As `DynamicWatcher.start`. */
  async start(options: { signal?: AbortSignal } = {}): Promise<void> {
    checkCallOptions(options);
    const { signal } = options;
    if (this.#started || this.#stopping) {
      throw new DepwatchError(
        'ERR_ALREADY_STARTED',
        'the dynamic watcher was started or stopped before; create a new one',
      );
    }
    this.#started = true;
    if (signal?.aborted) {
      await this.stop();
      throw abortedError(signal);
    }
    const onAbort = (): void => void this.stop();
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#forgetSignal = () => signal?.removeEventListener('abort', onAbort);
    const connected = this.#connect();
    if (connected) await connected;
    // It may have been stopped while the transport was loaded.
    if (this.#stopping) throw notStarted();
    try {
      this.#engine = this.#createEngine();
    } catch (error) {
      // Its group has stopped.
      await this.stop();
      throw error;
    }
  }

  /** As `DynamicWatcher.stop`. */
  stop(): Promise<void> {
    if (!this.#stopping) {
      // Set first: the reconciler's stopped() may call this again.
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#stopping = promise;
      void this.#stop().then(resolve);
    }
    return this.#stopping;
  }

  /** @returns undefined where there is a way to the API server already */
  #connect(): Promise<void> | undefined {
    this.#share = shareOf(this.#options);
    return this.#share.enter()?.catch((error: unknown) => {
      this.#forgetSignal();
      this.#started = false;
      void this.#leave();
      throw error;
    });
  }

  async #leave(): Promise<void> {
    const share = this.#share;
    this.#share = undefined;
    await share?.leave();
  }

  #createEngine(): Engine {
    const { reconciler = noReconciler, clock = systemClock, ...options } = this.#options;
    return new Engine({
      watches: this.#share!.watches,
      clock,
      reconcileGroup: options.reconcileGroup as LoopGroup | undefined,
      reconciler: typeof reconciler === 'function' ? { reconcile: reconciler } : reconciler,
      rateLimiter: options.rateLimiter,
      disableInitialReconcile: options.disableInitialReconcile ?? false,
      name: options.name ?? 'depwatch',
      maxConcurrentReconciles: options.maxConcurrentReconciles ?? 1,
      reconcileTimeoutMs: options.reconcileTimeoutMs,
      minIntervalMs: options.minIntervalMs ?? 0,
      settleMs: options.settleMs ?? 0,
      cluster: options.cluster,
      ownership: options.ownership,
      logger: guardLogger(options.logger ?? silentLogger),
      metrics: options.metrics && guardMetrics(options.metrics, this.#over.signal),
      observers: this.observers,
    });
  }

  /** Ends everything within this call, and resolves when the connections are closed; never rejects. */
  async #stop(): Promise<void> {
    this.#forgetSignal();
    this.observers.close();
    const engine = this.#engine;
    this.#engine = undefined;
    engine?.stop(notStarted());
    void this.#settle(engine);
    await this.#leave();
  }

  /** Waits for the running reconciles, within the time that they have. */
  async #settle(engine: Engine | undefined): Promise<void> {
    const { clock = systemClock, stopTimeoutMs = 30_000, logger = silentLogger } = this.#options;
    if (engine) await settledWithin(engine.loop, clock, stopTimeoutMs, guardLogger(logger));
    await this.#stopping;
    this.#over.abort();
    this.#resolveStopped();
  }
}

function shareOf({ sharedWatches, ...options }: DynamicWatcherOptions): WatchShare {
  const shared = typeof sharedWatches === 'function' ? sharedWatches() : sharedWatches;
  if (shared instanceof WatchShare) return shared;
  if (sharedWatches) throw invalidInput('sharedWatches: expected what createSharedWatches returns');
  return new WatchShare(options as SharedWatchesOptions);
}

/** Of a dynamic watcher in a group, which has one. */
const noReconciler = (): void => {};

function notStarted(): DepwatchError {
  return new DepwatchError(
    'ERR_NOT_STARTED',
    'the dynamic watcher is not running: call start() first; once stopped it stays so',
  );
}
