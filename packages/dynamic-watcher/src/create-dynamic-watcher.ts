import {
  abortedError,
  copyObjectIdentifier,
  DepwatchError,
  invalidInput,
  noMetrics,
  objectIdentifierKey,
  silentLogger,
  validateObjectIdentifier,
  validateQuery,
  type Cached,
  type GroupVersionKind,
  type KubernetesObject,
  type ObjectIdentifier,
  type Transport,
} from '@depwatch/core';
import { defaultControllerRateLimiter } from '@depwatch/queue';
import { checkOptions } from './check-options.ts';
import type { CallOptions, DynamicWatcher, QueryBatch } from './dynamic-watcher.ts';
import { Engine } from './engine.ts';
import type { DynamicWatcherOptions } from './options.ts';
import type { Batch } from './query-batches.ts';
import { currentReconcile } from './reconcile-loop.ts';
import { systemClock } from './system-clock.ts';

/**
 * Makes a dynamic watcher; it does nothing until it is started.
 *
 * @throws DepwatchError ERR_INVALID_INPUT that names the option
 */
export function createDynamicWatcher(options: DynamicWatcherOptions): DynamicWatcher {
  checkOptions(options);
  return new LifeCycle(options);
}

/** Starts and stops an engine; in between passes calls on to it, after checking what needs no waiting. */
class LifeCycle implements DynamicWatcher {
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

  async start({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    if (this.#started || this.#stopping) {
      throw new DepwatchError('ERR_ALREADY_STARTED', 'the dynamic watcher was started or stopped before; create a new one');
    }
    this.#started = true;
    if (signal?.aborted) {
      await this.stop();
      throw abortedError(signal);
    }
    const onAbort = (): void => void this.stop();
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#forgetSignal = () => signal?.removeEventListener('abort', onAbort);
    const transport = this.#options.transport ?? (await this.#connect());
    // It may have been stopped while the transport was loaded.
    if (this.#stopping) throw notStarted();
    this.#engine = this.#createEngine(transport);
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.stopped;
  }

  async addWatcher(
    watcher: ObjectIdentifier,
    watched: ObjectIdentifier,
    { signal }: CallOptions = {},
  ): Promise<void> {
    const { lines, batches, dependencies } = this.#running();
    validateNamed('watcher', watcher);
    validateNamed('watched', watched);
    const by = copyObjectIdentifier(watcher);
    const what = copyObjectIdentifier(watched);
    await lines.run(
      objectIdentifierKey(by),
      true,
      async (operation) => {
        batches.refuse(by);
        await dependencies.add(by, what, operation);
      },
      signal,
    );
  }

  async addOrUpdateWatcher(
    watcher: ObjectIdentifier,
    watched: readonly ObjectIdentifier[],
    { signal }: CallOptions = {},
  ): Promise<void> {
    const { lines, batches, dependencies } = this.#running();
    validateNamed('watcher', watcher);
    if (!Array.isArray(watched) || watched.length === 0) {
      throw invalidInput('watched: expected at least one identifier; to depend on nothing call removeWatcher');
    }
    watched.forEach((id, index) => validateNamed(`watched[${index}]`, id));
    const by = copyObjectIdentifier(watcher);
    const what = watched.map(copyObjectIdentifier);
    await lines.run(
      objectIdentifierKey(by),
      true,
      async (operation) => {
        batches.refuse(by);
        await dependencies.replace(by, what, operation);
      },
      signal,
    );
  }

  async removeWatcher(
    watcher: ObjectIdentifier,
    { abortBatch = false }: { abortBatch?: boolean } = {},
  ): Promise<void> {
    const { lines, batches, dependencies } = this.#running();
    validateNamed('watcher', watcher);
    if (!abortBatch) batches.refuse(watcher);
    lines.overrule(
      objectIdentifierKey(watcher),
      new DepwatchError('ERR_ABORTED', 'the watcher was removed meanwhile'),
    );
    batches.forget(watcher);
    dependencies.remove(watcher);
  }

  enqueue(watcher: ObjectIdentifier, { afterMs = 0 }: { afterMs?: number } = {}): void {
    const { loop } = this.#running();
    validateNamed('watcher', watcher);
    if (!(typeof afterMs === 'number' && afterMs >= 0 && afterMs < Infinity)) {
      throw invalidInput(`afterMs: expected a number of milliseconds of at least 0, got ${String(afterMs)}`);
    }
    const by = copyObjectIdentifier(watcher);
    loop.enqueue(objectIdentifierKey(by), by, { type: 'enqueued' }, afterMs);
  }

  getWatchCount(): number {
    return this.#engine?.watches.size ?? 0;
  }

  async startQueryBatch(watcher: ObjectIdentifier): Promise<QueryBatch> {
    const { batches } = this.#cached();
    validateNamed('watcher', watcher);
    const batch = await batches.start(copyObjectIdentifier(watcher), currentReconcile());
    return this.#handle(batch);
  }

  async get<T = KubernetesObject>(
    watcher: ObjectIdentifier,
    object: ObjectIdentifier,
    options: CallOptions = {},
  ): Promise<Cached<T> | undefined> {
    this.#cached();
    validateNamed('watcher', watcher);
    return this.#get<T>(watcher, undefined, object, options);
  }

  async list<T = KubernetesObject>(
    watcher: ObjectIdentifier,
    query: ObjectIdentifier,
    options: CallOptions = {},
  ): Promise<readonly Cached<T>[]> {
    this.#cached();
    validateNamed('watcher', watcher);
    return this.#list<T>(watcher, undefined, query, options);
  }

  async endQueryBatch(watcher: ObjectIdentifier): Promise<void> {
    const { batches } = this.#cached();
    validateNamed('watcher', watcher);
    await batches.end(copyObjectIdentifier(watcher));
  }

  async abortQueryBatch(watcher: ObjectIdentifier): Promise<void> {
    const { batches } = this.#cached();
    validateNamed('watcher', watcher);
    batches.abort(watcher);
  }

  async queryBatch<R>(watcher: ObjectIdentifier, run: (batch: QueryBatch) => Promise<R>): Promise<R> {
    const { batches, stopSignal } = this.#cached();
    validateNamed('watcher', watcher);
    const batch = await batches.start(copyObjectIdentifier(watcher), currentReconcile());
    let result: R;
    try {
      // A stop does not wait for what `run` waits for.
      result = await orAborted(() => run(this.#handle(batch)), stopSignal);
    } catch (error) {
      await batches.fail(batch);
      throw error;
    }
    if (!batch.committed) await batches.end(batch.watcher, batch);
    return result;
  }

  getFromCache<T = KubernetesObject>(
    object: ObjectIdentifier,
  ): Cached<T> | undefined {
    return this.#cached().cache.get<T>(object);
  }

  listFromCache<T = KubernetesObject>(
    query: ObjectIdentifier,
  ): readonly Cached<T>[] {
    return this.#cached().cache.list<T>(query);
  }

  listWatchedFromCache(watcher: ObjectIdentifier): readonly Cached<KubernetesObject>[] {
    const { graph, cache } = this.#cached();
    validateNamed('watcher', watcher);
    const watched = graph.watchedBy(watcher);
    if (watched.length === 0) {
      throw new DepwatchError('ERR_NO_CACHE_ENTRY', 'the watcher depends on nothing');
    }
    return watched.flatMap((id) => [...cache.fromObjectIdentifier(id)]);
  }

  async gvkToGvr(gvk: GroupVersionKind) {
    const { gvrs, stopSignal } = this.#running();
    return { ...(await gvrs.resolve(gvk, { signal: stopSignal })) };
  }

  watchStatus() {
    const { watches, graph } = this.#running();
    return watches.status((watched) => graph.watchersOf(watched));
  }

  graph() {
    return this.#running().graph.snapshot();
  }

  async #connect(): Promise<Transport> {
    const { kubeConfig, requestTimeoutMs, logger, clock } = this.#options;
    try {
      // Loaded here alone, so that users of a transport of their own load no HTTP client.
      const { createK8sTransport } = await import('@depwatch/k8s-transport');
      this.#ownTransport = createK8sTransport({
        kubeConfig: kubeConfig!,
        ...(requestTimeoutMs !== undefined && { requestTimeoutMs }),
        ...(logger && { logger }),
        ...(clock && { clock }),
      });
      if (this.#stopping) await this.#ownTransport.close?.();
      return this.#ownTransport;
    } catch (error) {
      this.#forgetSignal();
      this.#started = false;
      throw error;
    }
  }

  #createEngine(transport: Transport): Engine {
    const { reconciler, clock = systemClock, ...options } = this.#options;
    return new Engine({
      transport,
      clock,
      reconciler: typeof reconciler === 'function' ? { reconcile: reconciler } : reconciler,
      rateLimiter: options.rateLimiter ?? defaultControllerRateLimiter({ clock }),
      enableCache: options.enableCache ?? false,
      disableInitialReconcile: options.disableInitialReconcile ?? false,
      objectCache: options.objectCache ?? {},
      maxConcurrentReconciles: options.maxConcurrentReconciles ?? 1,
      reconcileTimeoutMs: options.reconcileTimeoutMs,
      requestTimeoutMs: options.requestTimeoutMs ?? 10_000,
      authGraceMs: options.authGraceMs ?? 30_000,
      logger: options.logger ?? silentLogger,
      metrics: options.metrics ?? noMetrics,
    });
  }

  async #stop(): Promise<void> {
    this.#forgetSignal();
    const engine = this.#engine;
    this.#engine = undefined;
    engine?.stop(notStarted());
    void this.#settle(engine);
    await this.#ownTransport?.close?.();
  }

  /** Waits for the running reconciles, within the time that they have. */
  async #settle(engine: Engine | undefined): Promise<void> {
    if (engine) {
      const { clock = systemClock, stopTimeoutMs = 30_000 } = this.#options;
      let timer: Disposable | undefined;
      const timeout = new Promise<void>((resolve) => {
        timer = clock.setTimeout(resolve, stopTimeoutMs);
      });
      await Promise.race([engine.loop.settled(), timeout]);
      timer?.[Symbol.dispose]();
    }
    await this.#stopping;
    this.#resolveStopped();
  }

  #running(): Engine {
    if (!this.#engine) throw notStarted();
    return this.#engine;
  }

  #cached(): Engine {
    const engine = this.#running();
    if (this.#options.enableCache) return engine;
    throw new DepwatchError('ERR_CACHE_DISABLED', 'the cache is off; pass enableCache: true to createDynamicWatcher');
  }

  #get<T>(
    watcher: ObjectIdentifier,
    batch: Batch | undefined,
    object: ObjectIdentifier,
    { signal }: CallOptions,
  ): Promise<Cached<T> | undefined> {
    const { batches, cache } = this.#cached();
    validateQuery(object);
    if (object.selector) throw invalidInput('selector: get reads one object by name; use list for a selector');
    if (!object.name) throw invalidInput('name: must be set to get one object');
    return batches.query(copyObjectIdentifier(watcher), batch, copyObjectIdentifier(object), signal, (query) =>
      cache.get<T>(query),
    );
  }

  #list<T>(
    watcher: ObjectIdentifier,
    batch: Batch | undefined,
    query: ObjectIdentifier,
    { signal }: CallOptions,
  ): Promise<readonly Cached<T>[]> {
    const { batches, cache } = this.#cached();
    validateQuery(query);
    if (query.name) throw invalidInput('name: list takes a selector, or nothing; use get for one object');
    return batches.query(copyObjectIdentifier(watcher), batch, copyObjectIdentifier(query), signal, (wanted) =>
      cache.list<T>(wanted),
    );
  }

  #handle(batch: Batch): QueryBatch {
    const { watcher } = batch;
    const end = async (): Promise<void> => {
      if (!batch.closing) await this.#cached().batches.end(watcher, batch);
    };
    return {
      get: async (object, options = {}) => this.#get(watcher, batch, object, options),
      list: async (query, options = {}) => this.#list(watcher, batch, query, options),
      end,
      abort: async () => {
        if (!batch.closing) this.#cached().batches.abort(watcher, batch);
      },
      [Symbol.asyncDispose]: end,
    };
  }
}

/** What `run` comes to, unless the signal is aborted first. */
async function orAborted<R>(run: () => Promise<R>, signal: AbortSignal): Promise<R> {
  if (signal.aborted) throw abortedError(signal);
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(abortedError(signal));
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([run(), aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function notStarted(): DepwatchError {
  return new DepwatchError('ERR_NOT_STARTED', 'the dynamic watcher is not running: call start() first; once stopped it stays so');
}

/** Names the argument in the error, since both arguments have the same fields. */
function validateNamed(argument: string, id: ObjectIdentifier): void {
  try {
    validateObjectIdentifier(id);
  } catch (error) {
    if (!(error instanceof DepwatchError)) throw error;
    throw invalidInput(`${argument}: ${error.message}`, error);
  }
}
