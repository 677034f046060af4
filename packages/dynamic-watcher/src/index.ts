/**
 * Watches started, shared, counted and stopped on the fly. Level-triggered and at least once: after the last change to
 * anything that a watcher depends on, the watcher is reconciled at least once, in a run that starts after the cache
 * shows that change. Changes may coalesce.
 */
export { createDynamicWatcher } from './create-dynamic-watcher.ts';
export type {
  CallOptions,
  DynamicWatcher,
  QueryBatch,
  WatchState,
  WatchStatus,
} from './dynamic-watcher.ts';
export type {
  DynamicWatcherOptions,
  DynamicWatcherSettings,
  KubeConfigLike,
  ObjectCacheSettings,
} from './options.ts';
export { systemClock } from './system-clock.ts';
