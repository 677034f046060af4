import type { DynamicWatcher, DynamicWatcherOptions } from '@depwatch/dynamic-watcher';

/** Names an object, as dynamic-watcher's calls take it. */
export type ObjectIdentifier = Parameters<DynamicWatcher['enqueue']>[0];

type Reconcile = Extract<DynamicWatcherOptions['reconciler'], (...args: never[]) => unknown>;

/** What a reconcile is told beside the watcher. */
export type ReconcileContext = Parameters<Reconcile>[1];

/** What a reconcile may return. */
export type Result = Exclude<Awaited<ReturnType<Reconcile>>, void>;

/** Time and chance. */
export type Clock = NonNullable<DynamicWatcherOptions['clock']>;

/** Where the watchers say what they do. */
export type Logger = NonNullable<DynamicWatcherOptions['logger']>;

/** Decides how long what failed waits. */
export type RateLimiter = NonNullable<DynamicWatcherOptions['rateLimiter']>;
