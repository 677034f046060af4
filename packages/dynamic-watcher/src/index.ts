/**
 * Watches started, shared, counted and stopped on the fly. Level-triggered and at least once: after the last change to
 * anything that a watcher depends on, the watcher is reconciled at least once, in a run that starts after the cache
 * shows that change. Changes may coalesce.
 */
export { createDynamicWatcher } from './create-dynamic-watcher.ts';
export type {
  AddOptions,
  CallOptions,
  DependOptions,
  DynamicWatcher,
  MapChange,
  MappedChange,
  QueryBatch,
  ReconcileStatus,
  ServedBy,
  ShownObjects,
  Unavailable,
  WatcherHealth,
  WatchState,
  WatchStatus,
} from './public-interface.ts';
export type {
  EdgeObservation,
  FeedObservation,
  Observation,
  ObserveOptions,
  PlanObservation,
  ReconcileDroppedObservation,
  ReconcileDueObservation,
  ReconcileEndedObservation,
  ReconcileQueuedObservation,
  ReconcileStartedObservation,
} from './observe/observation.ts';
export { createReconcileGroup } from './create-reconcile-group.ts';
export type { ReconcileGroup } from './reconcile/reconcile-group.ts';
export { createSharedWatches } from './create-shared-watches.ts';
export { planReasons } from './supply/plans/plan-reports.ts';
export type { SharedWatches } from './shared-watches.ts';
export type {
  CommonSettings,
  DemandSettings,
  DynamicWatcherOptions,
  DynamicWatcherSettings,
  KubeConfigLike,
  ObjectCacheSettings,
  ReconcileGroupOptions,
  ReconcileSettings,
  ServerOptions,
  SharedWatchesOptions,
  SharedWatchSettings,
  WatchSettings,
} from './options.ts';
export { systemClock } from './system-clock.ts';

// What users of this package name in their own code, so that they need not install core beside it.
export {
  DepwatchError,
  dependencyGraphToDot,
  dependencyGraphToMermaid,
  formatObjectIdentifier,
  isDepwatchError,
  objectIdentifierFrom,
  objectIdentifierKey,
  validateObjectIdentifier,
} from '@depwatch/core';
export type {
  Cached,
  Cause,
  Clock,
  DependencyGraphSnapshot,
  ErrorCode,
  GroupVersionKind,
  KubernetesObject,
  Logger,
  Metrics,
  ObjectIdentifier,
  RateLimiter,
  ReconcileContext,
  Reconciler,
  Result,
  ScopedGVR,
  Transport,
  WatchPlan,
  WatchPlanBounds,
} from '@depwatch/core';
