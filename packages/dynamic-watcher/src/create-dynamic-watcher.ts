import {
  abortedError,
  checkCallOptions,
  checkRecord,
  copyObjectIdentifier,
  DepwatchError,
  invalidInput,
  objectIdentifierFrom,
  objectIdentifierKey,
  validateObjectIdentifier,
  validateQuery,
  wrongType,
  type Cached,
  type GroupVersionKind,
  type KubernetesObject,
  type ObjectIdentifier,
} from '@depwatch/core';
import { doesWait, named, validateNamed } from './check-arguments.ts';
import { checkOptions } from './check-options.ts';
import type {
  AddOptions,
  CallOptions,
  DependOptions,
  DynamicWatcher,
  MapChange,
  QueryBatch,
  ShownObjects,
  WatcherHealth,
} from './public-interface.ts';
import { edgeTerms, type EdgeTerms } from './demand/edge-terms.ts';
import { LifeCycle } from './life-cycle.ts';
import { QueryKeys, ShownStore } from './shown-store.ts';
import type { Observation, ObserveOptions } from './observe/observation.ts';
import type { DynamicWatcherOptions } from './options.ts';
import type { Watcher } from './demand/dependencies.ts';
import type { CallSignal } from './requests/call-signal.ts';
import { inCluster } from './reconcile/causes.ts';
import { Reads } from './reads.ts';
import { currentReconcile } from './reconcile/reconcile-run.ts';

/**
 * Makes a dynamic watcher; it does nothing until it is started.
 *
 * @throws DepwatchError ERR_INVALID_INPUT that names the option
 */
export function createDynamicWatcher(options: DynamicWatcherOptions): DynamicWatcher {
  checkOptions(options);
  return new EngineWatcher(new LifeCycle(options));
}

/** Checks what can be checked without waiting, and passes calls on to the engine. */
class EngineWatcher implements DynamicWatcher {
  readonly #life: LifeCycle;
  readonly #reads: Reads;
  readonly #queryKeys = new QueryKeys();

  constructor(life: LifeCycle) {
    this.#life = life;
    this.#reads = new Reads(life);
  }

  get stopped(): Promise<void> {
    return this.#life.stopped;
  }

  // Async, so that they reject whatever happens.
  async start(options?: { signal?: AbortSignal }): Promise<void> {
    await this.#life.start(options);
  }

  async stop(): Promise<void> {
    await this.#life.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.stopped;
  }

  // Called by the thousand: an async function would hold a promise more for each call.
  addWatcher(
    watcher: ObjectIdentifier,
    watched: ObjectIdentifier,
    options: AddOptions = {},
  ): Promise<void> {
    try {
      const { operations, batches, watchers } = this.#life.running();
      validateNamed('watcher', watcher);
      validateNamed('watched', watched);
      const terms = this.#terms(options);
      const by = keyed(watcher);
      const what = copyObjectIdentifier(watched);
      const add = (turn: CallSignal): Promise<void> => {
        batches.refuse(by);
        return watchers.add(by, what, terms, turn);
      };
      return operations.shared(by.key, add, options.signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async addMapping<T extends KubernetesObject>(
    watcher: ObjectIdentifier,
    watched: ObjectIdentifier,
    map: MapChange<T>,
    options: DependOptions = {},
  ): Promise<void> {
    const { operations, batches, dependencies } = this.#life.cached();
    validateNamed('watcher', watcher);
    named('watched', validateQuery, watched);
    if (watched.name && watched.selector) {
      throw invalidInput('watched: name, selector: set one of them at most');
    }
    if (typeof map !== 'function') {
      throw invalidInput(`map: expected a function, got a ${typeof map}`);
    }
    const waits = doesWait(options, this.#life.waits);
    const by = keyed(watcher);
    const what = copyObjectIdentifier(watched);
    return operations.shared(
      by.key,
      (turn) => {
        batches.refuse(by);
        // Of which type the objects are, the caller says.
        return dependencies.addMapping(by, what, map as MapChange, waits, turn);
      },
      options.signal,
    );
  }

  async addOrUpdateWatcher(
    watcher: ObjectIdentifier,
    watched: readonly ObjectIdentifier[],
    options: AddOptions = {},
  ): Promise<void> {
    const { operations, batches, watchers } = this.#life.running();
    validateNamed('watcher', watcher);
    if (!Array.isArray(watched) || watched.length === 0) {
      throw invalidInput(
        'watched: expected at least one identifier; to depend on nothing call removeWatcher',
      );
    }
    watched.forEach((id, index) => validateNamed(`watched[${index}]`, id));
    const terms = this.#terms(options);
    const by = keyed(watcher);
    const what = watched.map(copyObjectIdentifier);
    batches.refuseToWait(by);
    return operations.exclusive(
      by.key,
      (turn) => {
        batches.refuse(by);
        return watchers.replace(by, what, terms, turn);
      },
      options.signal,
    );
  }

  async removeWatcher(
    watcher: ObjectIdentifier,
    options: { abortBatch?: boolean } = {},
  ): Promise<void> {
    const { operations, batches, watchers } = this.#life.running();
    validateNamed('watcher', watcher);
    checkRecord('options', options);
    const { abortBatch = false } = options;
    const by = keyed(watcher);
    if (!abortBatch) batches.refuse(by);
    operations.abort(by.key, new DepwatchError('ERR_ABORTED', 'the watcher was removed meanwhile'));
    batches.forget(by);
    watchers.remove(by);
  }

  enqueue(watcher: ObjectIdentifier, options: { afterMs?: number } = {}): void {
    const { loop, cluster, watchers } = this.#life.running();
    validateNamed('watcher', watcher);
    checkRecord('options', options);
    const { afterMs = 0 } = options;
    if (!(typeof afterMs === 'number' && afterMs >= 0 && afterMs < Infinity)) {
      throw wrongType('afterMs', 'a number of milliseconds of at least 0', afterMs);
    }
    const by = copyObjectIdentifier(watcher);
    const key = objectIdentifierKey(by);
    watchers.asked?.({ key, watcher: by });
    loop.enqueue(key, by, inCluster(cluster, { type: 'enqueued' }), afterMs);
  }

  getWatchCount(): number {
    return this.#life.engine?.feeds.size ?? 0;
  }

  async startQueryBatch(watcher: ObjectIdentifier): Promise<QueryBatch> {
    const { batches } = this.#life.cached();
    validateNamed('watcher', watcher);
    const batch = await batches.start(keyed(watcher), currentReconcile());
    return this.#reads.handle(batch);
  }

  async get<T = KubernetesObject>(
    watcher: ObjectIdentifier,
    object: ObjectIdentifier,
    options: DependOptions = {},
  ): Promise<Cached<T> | undefined> {
    this.#life.cached();
    validateNamed('watcher', watcher);
    return this.#reads.get<T>(watcher, undefined, object, options);
  }

  async list<T = KubernetesObject>(
    watcher: ObjectIdentifier,
    query: ObjectIdentifier,
    options: DependOptions = {},
  ): Promise<readonly Cached<T>[]> {
    this.#life.cached();
    validateNamed('watcher', watcher);
    return this.#reads.list<T>(watcher, undefined, query, options);
  }

  async endQueryBatch(watcher: ObjectIdentifier): Promise<void> {
    const { batches } = this.#life.cached();
    validateNamed('watcher', watcher);
    await batches.end(copyObjectIdentifier(watcher));
  }

  async abortQueryBatch(watcher: ObjectIdentifier): Promise<void> {
    const { batches } = this.#life.cached();
    validateNamed('watcher', watcher);
    batches.abort(watcher);
  }

  async queryBatch<R>(
    watcher: ObjectIdentifier,
    run: (batch: QueryBatch) => Promise<R>,
  ): Promise<R> {
    const { batches, stopSignal } = this.#life.cached();
    validateNamed('watcher', watcher);
    const batch = await batches.start(keyed(watcher), currentReconcile());
    let result: R;
    try {
      // A stop does not wait for what `run` waits for.
      result = await orAborted(() => run(this.#reads.handle(batch)), stopSignal);
    } catch (error) {
      // Whatever comes of that: what `run` threw is what there is to say.
      await batches.fail(batch).catch(() => {});
      throw error;
    }
    // Does nothing when `run` ended or aborted it itself.
    await batches.end(batch.watcher, batch);
    return result;
  }

  getFromCache<T = KubernetesObject>(object: ObjectIdentifier): Cached<T> | undefined {
    return this.#life.cached().cache.get<T>(object);
  }

  listFromCache<T = KubernetesObject>(query: ObjectIdentifier): readonly Cached<T>[] {
    return this.#life.cached().cache.list<T>(query);
  }

  shownBy<T = KubernetesObject>(query: ObjectIdentifier): ShownObjects<T> | undefined {
    const engine = this.#life.cached();
    const store = engine.feeds.shown(this.#queryKeys.of(query, engine));
    return store && new ShownStore<T>(store, engine);
  }

  listWatchedFromCache(watcher: ObjectIdentifier): readonly Cached<KubernetesObject>[] {
    const { graph, cache, feeds } = this.#life.cached();
    validateNamed('watcher', watcher);
    const watched = graph.watchedBy(watcher);
    if (watched.length === 0) {
      throw new DepwatchError('ERR_NO_CACHE_ENTRY', 'the watcher depends on nothing');
    }
    const seen = watched.filter((id) => !feeds.unavailable(objectIdentifierKey(id)));
    return seen.flatMap((id) => [...cache.fromObjectIdentifier(feeds.askedAs(id))]);
  }

  async caughtUp(written: KubernetesObject, options: CallOptions = {}): Promise<void> {
    const { feeds, stopSignal } = this.#life.running();
    checkCallOptions(options);
    const { signal } = options;
    if (!written?.metadata?.resourceVersion) {
      throw invalidInput(
        'written: expected an object with a metadata.resourceVersion, as a write returns it',
      );
    }
    named('written', (object) => validateObjectIdentifier(objectIdentifierFrom(object)), written);
    await feeds.caughtUp(written, signal ? AbortSignal.any([stopSignal, signal]) : stopSignal);
  }

  async caughtUpDelete(deleted: ObjectIdentifier, { signal }: CallOptions = {}): Promise<void> {
    const engine = this.#life.running();
    validateNamed('deleted', deleted);
    if (deleted.selector) throw invalidInput('deleted.selector: one object is meant, by its name');
    const id = engine.normalize(deleted);
    const { feeds, stopSignal } = engine;
    await feeds.caughtUpDelete(id, signal ? AbortSignal.any([stopSignal, signal]) : stopSignal);
  }

  statusOf(query: ObjectIdentifier) {
    const engine = this.#life.running();
    validateQuery(query);
    return engine.feeds.statusOf(objectIdentifierKey(engine.normalize(query)));
  }

  async gvkToGvr(gvk: GroupVersionKind) {
    const { gvrs, stopSignal } = this.#life.running();
    return { ...(await gvrs.resolve(gvk, { signal: stopSignal })) };
  }

  watchStatus() {
    return this.#life.running().feeds.status();
  }

  graph() {
    return this.#life.running().graph.snapshot();
  }

  reconcileStatus() {
    return this.#life.running().loop.status();
  }

  health(): WatcherHealth {
    const { engine, isStopping } = this.#life;
    // Asked for by each probe: of the many that are up to date nothing is made.
    const behind = engine?.feeds.status((state) => state !== 'live' && state !== 'polling') ?? [];
    return { live: !isStopping, ready: engine !== undefined, behind };
  }

  relist(query: ObjectIdentifier): boolean {
    const engine = this.#life.running();
    validateQuery(query);
    return engine.feeds.relist(objectIdentifierKey(engine.normalize(query)));
  }

  observe<Type extends Observation['type']>(
    listener: (observation: Extract<Observation, { type: Type }>) => void,
    options?: ObserveOptions<Type>,
  ): () => void {
    return this.#life.observers.observe(listener, options);
  }

  #terms(options: AddOptions): EdgeTerms | undefined {
    checkCallOptions(options);
    const { select } = options;
    if (select !== undefined) {
      if (typeof select !== 'function') {
        throw invalidInput(`select: expected a function, got a ${typeof select}`);
      }
      this.#life.cached();
    }
    return edgeTerms(select, doesWait(options, this.#life.waits));
  }
}

function keyed(watcher: ObjectIdentifier): Watcher {
  return { key: objectIdentifierKey(watcher), watcher: copyObjectIdentifier(watcher) };
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
