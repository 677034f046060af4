import type {
  Clock,
  Logger,
  Metrics,
  ObjectIdentifier,
  Ownership,
  RateLimiter,
  Reconciler,
  Transport,
  WatchPlan,
  WatchPlanBounds,
} from '@depwatch/core';
import type { KubeConfigLike } from '@depwatch/k8s-transport';

import type { Unavailable } from './public-interface.ts';
import type { ReconcileGroup } from './reconcile/reconcile-group.ts';
import type { SharedWatches } from './shared-watches.ts';

export type { KubeConfigLike } from '@depwatch/k8s-transport';

/** How long things are remembered, and how cached objects are handed out. */
export interface ObjectCacheSettings {
  /** How long the resource of a kind is remembered, in milliseconds. @default 600_000 */
  gvkToGvrTtlMs?: number;
  /** How long it is remembered that the server has no such kind, in milliseconds; 0: not at all. @default 0 */
  missingApiResourceTtlMs?: number;
  /** Hand out cached objects without freezing them. Whoever changes one changes it for all readers. @default false */
  unsafeDisableDeepCopy?: boolean;
}

/** What dynamic watchers and reconcile groups have in common. */
export interface CommonSettings {
  /** How long `stopped` waits for running reconciles, in milliseconds. @default 30_000 */
  stopTimeoutMs?: number;
  /** @default silent */
  logger?: Logger;
  /** @default none */
  metrics?: Metrics;
  /** Time and chance. @default the system's */
  clock?: Clock;
}

/** How watchers are reconciled. */
export interface ReconcileSettings {
  /**
   * Called with each watcher after something it depends on changed: an object, an adapter, or a function. Several dynamic
   * watchers may share one; its `stopped()` is called when the last of them that was started has stopped.
   */
  reconciler: Reconciler | Reconciler['reconcile'];
  /**
   * How long a failed watcher waits before it is tried again; a second, where the limiter throws or gives no number.
   * @default the longer of 5 ms doubling to 1,000 s per watcher, and a bucket of 100 refilled at 10 a second
   */
  rateLimiter?: RateLimiter<ObjectIdentifier>;
  /**
   * What metrics call whoever reconciles: the labels `controller` of `controller_runtime_…`, and `name` of `workqueue_…`. Give
   * each dynamic watcher of a process its own. @default 'depwatch'
   */
  name?: string;
  /** How many watchers are reconciled at once; one watcher never runs twice at once; 1 to 10,000. @default 1 */
  maxConcurrentReconciles?: number;
  /** After so many milliseconds a reconcile's signal is aborted. @default none */
  reconcileTimeoutMs?: number;
  /**
   * The least time between the starts of two reconciles of one watcher, in milliseconds. Changes, failures and requeues
   * meanwhile wait, and become one reconcile; other watchers are not held up. @default 0
   */
  minIntervalMs?: number;
  /**
   * How long a watcher waits for more changes before it is reconciled, in milliseconds: from the last change on, in all at
   * most ten times as long. @default 0
   */
  settleMs?: number;
  /**
   * Which watchers are this replica's, from `createReplicas` of `@depwatch/replicas`. What the others depend on is remembered,
   * without a watch; one that is taken over comes up, waits for what is not to be had, and is reconciled with the cause
   * `acquired`. @default all are
   */
  ownership?: Ownership;
}

/** Options of `createReconcileGroup`. */
export type ReconcileGroupOptions = ReconcileSettings & CommonSettings;

/** What is watched, and how: what dynamic watchers may have in common. */
export interface SharedWatchSettings extends Omit<CommonSettings, 'stopTimeoutMs'> {
  /** Keep what the watches show, for `get`, `list` and the cached reads. Off, only metadata is asked for. @default false */
  enableCache?: boolean;
  /** Settings of the cache; the lifetimes hold with the cache off, too. */
  objectCache?: ObjectCacheSettings;
  /** How often what can't be watched is read, with `wait`, in milliseconds. @default 30_000 */
  pollIntervalMs?: number;
  /**
   * Whether one watch of a namespace, or of a whole kind, may serve many of those that are depended on: `auto` where that
   * costs less, `per-object` never (of objects that are read by name, that needs rights for them alone), `shared` always. Data
   * of Secrets that nobody asked for is fetched only with `shared`. @default 'auto'
   */
  watchPlan?: WatchPlan;
  /**
   * When watches are shared, and when no longer. @default shareAt 16, shareOverNamespacesAt 64, maxSizeFactor 20, maxEventFactor
   * 1.2, unshareAfterMs 300_000, avoidMs 600_000
   */
  watchPlanBounds?: Partial<WatchPlanBounds>;
  /** How long a request may go without a byte, and an add may keep trying, in milliseconds. @default 10_000 */
  requestTimeoutMs?: number;
  /** How long a live watch that is refused (401, 403) keeps trying before it ends, in milliseconds. @default 30_000 */
  authGraceMs?: number;
}

/** What a dynamic watcher has for itself, whoever else watches the same. */
export interface DemandSettings extends CommonSettings {
  /** Do not reconcile a watcher just because an object that it now depends on exists. @default false */
  disableInitialReconcile?: boolean;
  /**
   * What becomes of a dependency that is not to be had: its kind isn't installed, may not be read or can't be watched.
   * `reject`: the call rejects. `wait`: the dependency stands, and comes true as soon as the cluster allows. Calls may say
   * otherwise. @default 'reject'
   */
  unavailable?: Unavailable;
  /** What the causes of reconciles call the cluster that is watched; for several in one reconcile group. @default none */
  cluster?: string;
}

/** What a dynamic watcher watches, and how. */
export interface WatchSettings extends SharedWatchSettings, DemandSettings {}

/** What a dynamic watcher needs beside its way to the API server. */
export type DynamicWatcherSettings = WatchSettings & ReconcileSettings & { reconcileGroup?: never };

/**
 * The way to an API server: what `loadKubeConfig` of `@depwatch/k8s-transport` gives, or a KubeConfig of
 * `@kubernetes/client-node`; or a transport of your own, which stays yours to close, unless it is a function that makes one
 * when the watcher starts. With neither, the cluster is what `loadKubeConfig()` finds when the watcher starts: in a pod that
 * of its service account. The HTTP transport is loaded only then, and only without one of your own.
 */
export type ServerOptions =
  | { kubeConfig?: KubeConfigLike; transport?: never }
  | {
      /** Yours to close; one that this function makes at the start is closed at the stop. */
      transport: Transport | (() => Promise<Transport>);
      kubeConfig?: never;
    };

/** Options of `createSharedWatches`. */
export type SharedWatchesOptions = ServerOptions & SharedWatchSettings;

/** Settings that come with shared watches, and are not the dynamic watcher's any more. */
type SharedAlone = Exclude<keyof SharedWatchSettings, keyof CommonSettings>;

/** Options of `createDynamicWatcher`: what it watches, by itself or with others, and who reconciles. */
export type DynamicWatcherOptions = (
  | (ServerOptions & SharedWatchSettings & { sharedWatches?: never })
  | ({ [Setting in SharedAlone | 'kubeConfig' | 'transport']?: never } & {
      /** What it has in common with others, in place of watches of its own; a function is asked at the start. */
      sharedWatches: SharedWatches | (() => SharedWatches);
    })
) &
  DemandSettings &
  (
    | (ReconcileSettings & { reconcileGroup?: never })
    | ({ [Setting in keyof ReconcileSettings]?: never } & {
        /** Who reconciles, in place of a `reconciler` of its own: one for several dynamic watchers. */
        reconcileGroup: ReconcileGroup;
      })
  );
