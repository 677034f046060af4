import type {
  Cached,
  Cause,
  DepwatchError,
  DependencyGraphSnapshot,
  GroupVersionKind,
  KubernetesObject,
  ObjectIdentifier,
  ScopedGVR,
} from '@depwatch/core';
import type { Observation, ObserveOptions } from './observe/observation.ts';

/** An option of every call that waits. */
export interface CallOptions {
  /** Ends the wait: the call rejects with ERR_ABORTED and leaves things as they were. */
  signal?: AbortSignal;
}

/** What a call does where something is not to be had: `reject`, or `wait` for it, with the dependency in place. */
export type Unavailable = 'reject' | 'wait';

/** Options of the calls that make a watcher depend on something. */
export interface DependOptions extends CallOptions {
  /** @default what the dynamic watcher was created with */
  unavailable?: Unavailable;
}

/** Options of `addWatcher` and `addOrUpdateWatcher`. */
export interface AddOptions<T extends KubernetesObject = KubernetesObject> extends DependOptions {
  /**
   * What of an object the watcher depends on: it is woken only by changes of what this returns, compared as JSON whatever
   * the order of keys, and when the object comes or goes. It has to be a pure function, and is best one function for many
   * adds: it is called once an object's state, for all of them. What the last add of a dependency says holds.
   *
   * A Map or a Set is compared as the array of what it holds, a bigint by its digits; undefined is what JSON has it: nothing.
   * One that throws, is async, or returns what JSON would lose (a function, a symbol, an iterator) selects everything, and is
   * logged once, without its message, which may quote the object.
   */
  select?: (object: Cached<T>) => unknown;
}

/**
 * What a mapping is told of an object: that it is there (`initial`: in the first list, or when the kind has come to be seen
 * again), was added, modified or deleted. Its states are those of the cache, deeply frozen and shared.
 */
export interface MappedChange<T extends KubernetesObject = KubernetesObject> {
  readonly type: 'initial' | 'added' | 'modified' | 'deleted';
  /** What it was before, where it was shown. */
  readonly before?: Cached<T>;
  /** What it is now; absent when it was deleted. */
  readonly after?: Cached<T>;
}

/**
 * Says whom a change of an object wakes. It is called at once, when the cache shows the change already, and has to be quick;
 * one that throws is logged, and wakes nobody more for that change.
 */
export type MapChange<T extends KubernetesObject = KubernetesObject> = (
  change: MappedChange<T>,
) => Iterable<ObjectIdentifier>;

/**
 * What a watch is doing. `pending`: it can't be watched yet, `lastError` says why; `starting`: not live yet; `live`:
 * connected and up to date; `retrying`: it was live and is being brought back; `polling`: it can't be watched, so it is read
 * now and then; `ended`: refused for good, its edges are gone.
 */
export type WatchState = 'pending' | 'starting' | 'live' | 'retrying' | 'polling' | 'ended';

/**
 * Where what is known of something comes from: a watch of its own (`object`), one of the whole `namespace` or `kind`, reads
 * at intervals (`poll`), or nowhere at present (`none`).
 */
export type ServedBy = 'object' | 'namespace' | 'kind' | 'poll' | 'none';

/** One watch, as `watchStatus` tells of it. */
export interface WatchStatus {
  /** What it watches, as it was first asked for. */
  readonly watched: ObjectIdentifier;
  readonly state: WatchState;
  /** Who depends on it. */
  readonly watchers: readonly ObjectIdentifier[];
  /** When it came into this state, in milliseconds on the clock's scale (the system clock's is the Unix epoch). */
  readonly since: number;
  readonly servedBy: ServedBy;
  /** The version up to which everything was seen. */
  readonly resourceVersion?: string;
  /** Why it isn't live, or wasn't last time. */
  readonly lastError?: DepwatchError;
}

/** A reconcile that is to come or runs, as `reconcileStatus` tells of it; both, where it is to run once more. */
export interface ReconcileStatus {
  readonly watcher: ObjectIdentifier;
  readonly running: boolean;
  /** Since when it runs, in milliseconds on the clock's scale; known where `metrics` were given, or somebody observed ends as it began. */
  readonly startedAt?: number;
  /** Whether its turn comes as soon as there is room and, where it is running, that has ended. */
  readonly queued: boolean;
  /** Until when it waits (for a retry, a requeue, or by `minIntervalMs` and `settleMs`), in milliseconds on the clock's scale. */
  readonly dueAt?: number;
  /** Why it is to run, or else why it runs. */
  readonly causes: readonly Cause[];
  /** Which try it is, or will be: 1, and one more for each failure in a row. */
  readonly attempt: number;
}

/** How a dynamic watcher is, for the probes of a kubelet. */
export interface WatcherHealth {
  /** It was not stopped: for a liveness probe. An API server that is away doesn't change that. */
  readonly live: boolean;
  /** It has started and was not stopped: for a readiness probe. */
  readonly ready: boolean;
  /** What it watches and isn't up to date at present: for people, and not for a probe. */
  readonly behind: readonly WatchStatus[];
}

/** A query batch in progress; its methods are those of the dynamic watcher, for the watcher that opened it. */
export interface QueryBatch extends AsyncDisposable {
  /** See {@link DynamicWatcher.get}. */
  get<T = KubernetesObject>(
    object: ObjectIdentifier,
    options?: DependOptions,
  ): Promise<Cached<T> | undefined>;
  /** See {@link DynamicWatcher.list}. */
  list<T = KubernetesObject>(
    query: ObjectIdentifier,
    options?: DependOptions,
  ): Promise<readonly Cached<T>[]>;
  /**
   * What the batch has asked for and can't be seen at present, with `unavailable: 'wait'`: its reads gave undefined or an
   * empty list, which does not mean that there is nothing.
   */
  readonly unavailable: readonly WatchStatus[];
  /** See {@link DynamicWatcher.endQueryBatch}; once the batch has ended, does nothing. */
  end(): Promise<void>;
  /** See {@link DynamicWatcher.abortQueryBatch}; once the batch has ended, does nothing. */
  abort(): Promise<void>;
}

/** What a watch shows. Good until the next wait: what can be seen then is to be asked for again. */
export interface ShownObjects<T = KubernetesObject> {
  /** The object of that name, deeply frozen and shared. */
  get(object: ObjectIdentifier): Cached<T> | undefined;
  /** All of them. */
  all(): readonly Cached<T>[];
}

/**
 * Watches objects on behalf of others. Async methods reject with a DepwatchError and never throw; cached reads are
 * synchronous and throw one. Everything but `start`, `stop` and `stopped` needs a started watcher (ERR_NOT_STARTED).
 */
export interface DynamicWatcher extends AsyncDisposable {
  /**
   * Gets ready for watches; resolves when they can be added. It may be called once.
   *
   * @param options.signal stops the watcher when aborted, as in `net.Server.listen`
   * @throws DepwatchError ERR_ALREADY_STARTED on a second call, also after `stop`
   */
  start(options?: { signal?: AbortSignal }): Promise<void>;
  /**
   * Ends it for good: closes every watch, aborts every running reconcile's signal, settles every pending promise (with
   * ERR_NOT_STARTED). Resolves then, without waiting for your code; so it may be called inside a reconcile.
   */
  stop(): Promise<void>;
  /**
   * Resolves once it has stopped and the running reconciles have settled, or `stopTimeoutMs` passed. Never rejects. In a
   * reconcile group those are meant that are for no other of its dynamic watchers; what is goes on.
   */
  readonly stopped: Promise<void>;
  /**
   * Makes `watcher` depend on `watched`, beside what it depends on already. Resolves once the watch is live (and its
   * cache entry filled). Adding what is there does nothing, but for its `select`.
   *
   * @throws DepwatchError ERR_CACHE_DISABLED for a `select` without the cache, ERR_INVALID_INPUT, ERR_NO_VERSIONED_RESOURCE, ERR_RESOURCE_UNWATCHABLE, ERR_FORBIDDEN,
   * ERR_UNAUTHORIZED, ERR_TRANSPORT when it isn't live within `requestTimeoutMs`, ERR_QUERY_BATCH_IN_PROGRESS,
   * ERR_ABORTED; nothing is left behind then
   */
  addWatcher<T extends KubernetesObject = KubernetesObject>(
    watcher: ObjectIdentifier,
    watched: ObjectIdentifier,
    options?: AddOptions<T>,
  ): Promise<void>;
  /**
   * Has `map` say who is reconciled when an object of `watched` changes, in place of `watcher`: each object itself, say, or
   * its owner (controller-runtime's Watches with EnqueueRequestsFromMapFunc). Who is named need not depend on anything. The
   * dependency stands under `watcher` in `graph()` and `watchStatus()`, ends with `removeWatcher`, and reconciles `watcher`
   * itself when the whole can be seen from then on, or no longer (`available`, `unavailable`, `ended`). Needs the cache.
   *
   * @param watched one object, a selector's, or all of a kind: neither name nor selector
   * @throws DepwatchError as addWatcher, ERR_CACHE_DISABLED
   */
  addMapping<T extends KubernetesObject = KubernetesObject>(
    watcher: ObjectIdentifier,
    watched: ObjectIdentifier,
    map: MapChange<T>,
    options?: DependOptions,
  ): Promise<void>;
  /**
   * Makes `watcher` depend on exactly `watched`: brings the new watches up, then drops the old ones. On an error
   * everything is as before.
   *
   * @throws as addWatcher; ERR_INVALID_INPUT for an empty set
   */
  addOrUpdateWatcher<T extends KubernetesObject = KubernetesObject>(
    watcher: ObjectIdentifier,
    watched: readonly ObjectIdentifier[],
    options?: AddOptions<T>,
  ): Promise<void>;
  /**
   * Drops all that `watcher` depends on, and its reconciles that have not begun, unless they are for another dynamic watcher
   * of a reconcile group as well. Ends its pending calls (ERR_ABORTED). An unknown watcher is no error.
   *
   * @param options.abortBatch end a query batch of this watcher, too, instead of rejecting
   * @throws DepwatchError ERR_QUERY_BATCH_IN_PROGRESS
   */
  removeWatcher(watcher: ObjectIdentifier, options?: { abortBatch?: boolean }): Promise<void>;
  /**
   * Asks for a reconcile that no watch asked for: a controller's first one, say. `watcher` need not watch anything. With an
   * `ownership` it counts where the watcher is owned: elsewhere nothing is done but a line of the log, at debug, and the owner is
   * not told; who becomes the owner reconciles it anyway, as `acquired`.
   *
   * @param options.afterMs how long to wait first, in milliseconds @default 0
   * @throws DepwatchError ERR_NOT_STARTED, ERR_INVALID_INPUT
   */
  enqueue(watcher: ObjectIdentifier, options?: { afterMs?: number }): void;
  /** How many watches are held, live or retrying, of which one may serve many; 0 before start and after stop. */
  getWatchCount(): number;
  /**
   * Opens a query batch: what the watcher asks for until the batch ends replaces what it depends on.
   *
   * @throws DepwatchError ERR_CACHE_DISABLED, ERR_INVALID_INPUT, ERR_QUERY_BATCH_IN_PROGRESS
   */
  startQueryBatch(watcher: ObjectIdentifier): Promise<QueryBatch>;
  /**
   * Reads one object and makes `watcher` depend on it; causes no initial reconcile, since the caller has the state.
   *
   * @returns the object, deeply frozen and shared; undefined when there is none
   * @throws DepwatchError as addWatcher, ERR_CACHE_DISABLED, ERR_QUERY_BATCH_NOT_STARTED; ERR_INVALID_INPUT for a selector
   */
  get<T = KubernetesObject>(
    watcher: ObjectIdentifier,
    object: ObjectIdentifier,
    options?: DependOptions,
  ): Promise<Cached<T> | undefined>;
  /**
   * Lists the objects that a selector selects (all, without one) and makes `watcher` depend on the query.
   *
   * @throws DepwatchError as get; ERR_INVALID_INPUT for a name
   */
  list<T = KubernetesObject>(
    watcher: ObjectIdentifier,
    query: ObjectIdentifier,
    options?: DependOptions,
  ): Promise<readonly Cached<T>[]>;
  /** Commits the batch: waits for its pending queries, then drops the watches that it did not ask for. */
  endQueryBatch(watcher: ObjectIdentifier): Promise<void>;
  /** Rolls the batch back: the watches are as before it. Ends its pending queries (ERR_ABORTED). */
  abortQueryBatch(watcher: ObjectIdentifier): Promise<void>;
  /**
   * Runs `run` in a batch of its own and commits it. When `run` throws, the watcher keeps what it depended on before
   * and what the batch asked for, so that a change in either wakes it; the error is passed on.
   */
  queryBatch<R>(watcher: ObjectIdentifier, run: (batch: QueryBatch) => Promise<R>): Promise<R>;
  /**
   * A watched object, from the cache.
   *
   * @returns the object, deeply frozen and shared; undefined when the watch shows that there is none
   * @throws DepwatchError ERR_NO_CACHE_ENTRY unless exactly this is watched and live, ERR_CACHE_DISABLED
   */
  getFromCache<T = KubernetesObject>(object: ObjectIdentifier): Cached<T> | undefined;
  /** A watched set, from the cache; throws as getFromCache. */
  listFromCache<T = KubernetesObject>(query: ObjectIdentifier): readonly Cached<T>[];
  /**
   * What the watch of a query shows at present, to look for objects in that aren't watched themselves.
   *
   * @returns undefined unless exactly this query is watched, and can be seen
   * @throws DepwatchError ERR_INVALID_INPUT, ERR_CACHE_DISABLED, ERR_NOT_STARTED
   */
  shownBy<T = KubernetesObject>(query: ObjectIdentifier): ShownObjects<T> | undefined;
  /**
   * All objects that `watcher` depends on, from the cache, in the order in which it came to depend on them.
   *
   * @throws DepwatchError ERR_NO_CACHE_ENTRY when it watches nothing or one of its watches isn't live yet
   */
  listWatchedFromCache(watcher: ObjectIdentifier): readonly Cached<KubernetesObject>[];
  /**
   * Waits for one's own write to be seen: resolves once every watch that would show `written` has shown its
   * `resourceVersion` or a newer one; at once where none would. What is read at intervals has to have been read anew. It waits
   * as long as that takes, an outage say, unless the signal ends it; what can't be seen at all is not waited for.
   *
   * @param written what a create, update, patch or apply returned
   * @throws DepwatchError ERR_INVALID_INPUT without apiVersion, kind, name and resourceVersion, ERR_NOT_STARTED, ERR_ABORTED
   */
  caughtUp(written: KubernetesObject, options?: CallOptions): Promise<void>;
  /**
   * As `caughtUp`, for a delete: resolves once no watch shows the object any more that it shows at the call, other than as one
   * that is being deleted (`deletionTimestamp`) and waits for its finalizers; at once where none shows it.
   *
   * @param deleted what was deleted, by its name; call it when the delete has been answered
   * @throws DepwatchError ERR_INVALID_INPUT, ERR_NOT_STARTED, ERR_ABORTED
   */
  caughtUpDelete(deleted: ObjectIdentifier, options?: CallOptions): Promise<void>;
  /** The resource of a kind, from the server or as remembered. Works with the cache off, too. */
  gvkToGvr(gvk: GroupVersionKind): Promise<ScopedGVR>;
  /** Every watch held, and the last 1,000 that ended. */
  watchStatus(): readonly WatchStatus[];
  /** As `watchStatus`, of one thing that is, or was, depended on. @throws DepwatchError ERR_INVALID_INPUT, ERR_NOT_STARTED */
  statusOf(query: ObjectIdentifier): WatchStatus | undefined;
  /** Who depends on what, as plain data. */
  graph(): DependencyGraphSnapshot;
  /** Every reconcile that is queued, delayed or running; in a reconcile group those that are for this dynamic watcher. */
  reconcileStatus(): readonly ReconcileStatus[];
  /** How it is, as plain data; also before the start and after the stop. */
  health(): WatcherHealth;
  /**
   * Has what is watched listed anew, by a request of its own or of the watch that serves it; differences wake watchers as any
   * change does. For people who don't trust what they see: depwatch does so itself where it is needed. What isn't watched at
   * present is left as it is.
   *
   * @param query what somebody depends on @returns whether there was a watch to list anew
   * @throws DepwatchError ERR_INVALID_INPUT, ERR_NOT_STARTED
   */
  relist(query: ObjectIdentifier): boolean;
  /**
   * Tells what happens, for those who look on: an inspector, traces. Costs nothing while nobody listens. A listener is called
   * after what it is told of, in order, and never within a call of yours; one that throws is logged once, and told on. It may be
   * called before the start; after the stop nothing is told. It is called in no reconcile's or request's async context.
   *
   * Who comes late subscribes first and then reads `graph()`, `statusOf` each of its `watched`, and `reconcileStatus()`, without
   * a pause in between: what is told from then on comes after that state.
   *
   * @returns what ends it
   * @throws DepwatchError ERR_INVALID_INPUT for types that don't exist, and for a listener that is no function
   */
  observe<Type extends Observation['type'] = Observation['type']>(
    listener: (observation: Extract<Observation, { readonly type: Type }>) => void,
    options?: ObserveOptions<Type>,
  ): () => void;
}
