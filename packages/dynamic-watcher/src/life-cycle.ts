import { abortedError, DepwatchError, silentLogger, type Transport } from '@depwatch/core';
import { Engine } from './engine.ts';
import { guardLogger, guardMetrics } from './guard.ts';
import { limitWaits } from './limit-waits.ts';
import type { DynamicWatcherOptions } from './options.ts';
import type { LoopGroup } from './reconcile/reconcile-group.ts';
import { settledWithin } from './reconcile/settled-within.ts';
import { planBounds } from './supply/plan-bounds.ts';
import { systemClock } from './system-clock.ts';

/** Makes an engine at the start, once, and ends it at the stop. */
export class LifeCycle {
  /** Resolves once it has stopped and the running reconciles have settled, or had their time. */
  readonly stopped: Promise<void>;
  readonly #options: DynamicWatcherOptions;
  readonly #resolveStopped: () => void;
  #engine: Engine | undefined;
  #started = false;
  #stopping: Promise<void> | undefined;
  #ownTransport: Transport | undefined;
  #forgetSignal = (): void => {};

  constructor(options: DynamicWatcherOptions) {
    this.#options = { ...options };
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

  /** @throws DepwatchError ERR_NOT_STARTED */
  running(): Engine {
    if (!this.#engine) throw notStarted();
    return this.#engine;
  }

  /** @throws DepwatchError ERR_NOT_STARTED, ERR_CACHE_DISABLED */
  cached(): Engine {
    const engine = this.running();
    if (this.#options.enableCache) return engine;
    throw new DepwatchError(
      'ERR_CACHE_DISABLED',
      'the cache is off; pass enableCache: true to createDynamicWatcher',
    );
  }

  /** As `DynamicWatcher.start`. */
  async start({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
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
    const given = this.#options.transport;
    const transport = typeof given === 'object' ? given : await this.#connect(given);
    // It may have been stopped while the transport was loaded.
    if (this.#stopping) throw notStarted();
    try {
      this.#engine = this.#createEngine(transport);
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

  async #connect(make = (): Promise<Transport> => this.#httpTransport()): Promise<Transport> {
    try {
      this.#ownTransport = await make();
      if (this.#stopping) await this.#ownTransport.close?.();
      return this.#ownTransport;
    } catch (error) {
      this.#forgetSignal();
      this.#started = false;
      throw error;
    }
  }

  async #httpTransport(): Promise<Transport> {
    const { requestTimeoutMs, logger, clock } = this.#options;
    // Loaded here alone, so that users of a transport of their own load no HTTP client.
    const { createK8sTransport, loadKubeConfig } = await import('@depwatch/k8s-transport');
    const kubeConfig = this.#options.kubeConfig ?? (await loadKubeConfig());
    return createK8sTransport({
      kubeConfig,
      ...(requestTimeoutMs !== undefined && { requestTimeoutMs }),
      ...(logger && { logger }),
      ...(clock && { clock }),
    });
  }

  #createEngine(transport: Transport): Engine {
    const { reconciler = noReconciler, clock = systemClock, ...options } = this.#options;
    const { requestTimeoutMs = 10_000 } = options;
    return new Engine({
      transport:
        transport === this.#ownTransport
          ? transport
          : limitWaits(transport, clock, requestTimeoutMs),
      clock,
      reconcileGroup: options.reconcileGroup as LoopGroup | undefined,
      reconciler: typeof reconciler === 'function' ? { reconcile: reconciler } : reconciler,
      rateLimiter: options.rateLimiter,
      enableCache: options.enableCache ?? false,
      pollIntervalMs: options.pollIntervalMs ?? 30_000,
      watchPlan: options.watchPlan ?? 'auto',
      watchPlanBounds: planBounds(options.watchPlanBounds),
      disableInitialReconcile: options.disableInitialReconcile ?? false,
      objectCache: options.objectCache ?? {},
      maxConcurrentReconciles: options.maxConcurrentReconciles ?? 1,
      reconcileTimeoutMs: options.reconcileTimeoutMs,
      minIntervalMs: options.minIntervalMs ?? 0,
      settleMs: options.settleMs ?? 0,
      requestTimeoutMs,
      authGraceMs: options.authGraceMs ?? 30_000,
      cluster: options.cluster,
      ownership: options.ownership,
      logger: guardLogger(options.logger ?? silentLogger),
      metrics: options.metrics && guardMetrics(options.metrics),
    });
  }

  /** Ends everything within this call, and resolves when the connections are closed; never rejects. */
  async #stop(): Promise<void> {
    this.#forgetSignal();
    const engine = this.#engine;
    this.#engine = undefined;
    engine?.stop(notStarted());
    void this.#settle(engine);
    try {
      await this.#ownTransport?.close?.();
    } catch (error) {
      guardLogger(this.#options.logger ?? silentLogger).error(
        { error },
        'the transport did not close',
      );
    }
  }

  /** Waits for the running reconciles, within the time that they have. */
  async #settle(engine: Engine | undefined): Promise<void> {
    const { clock = systemClock, stopTimeoutMs = 30_000 } = this.#options;
    if (engine) await settledWithin(engine.loop, clock, stopTimeoutMs);
    await this.#stopping;
    this.#resolveStopped();
  }
}

/** Of a dynamic watcher in a group, which has one. */
const noReconciler = (): void => {};

function notStarted(): DepwatchError {
  return new DepwatchError(
    'ERR_NOT_STARTED',
    'the dynamic watcher is not running: call start() first; once stopped it stays so',
  );
}
