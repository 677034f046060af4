import type { Cause, DepwatchError, ObjectIdentifier, PlanReason } from '@depwatch/core';
import type { ServedBy, WatchState } from '../public-interface.ts';

/** When something happened, in milliseconds on the clock's scale (the system clock's is the Unix epoch). */
interface Happened {
  readonly at: number;
}

/** A watcher has come to depend on something, or does so no longer. The identifiers are those of `graph()`. */
export interface EdgeObservation extends Happened {
  readonly type: 'edge-added' | 'edge-removed';
  readonly watcher: ObjectIdentifier;
  readonly watched: ObjectIdentifier;
}

/**
 * What a watch does has changed, or what serves it, or it failed again; or the first watcher has come to depend on it. What nobody
 * depends on any more is told by its last `edge-removed`, and not by this.
 */
export interface FeedObservation extends Happened {
  readonly type: 'feed';
  /** As `graph()` has it; `statusOf` takes it. */
  readonly watched: ObjectIdentifier;
  readonly state: WatchState;
  /** Since when it is in that state, in milliseconds on the clock's scale. */
  readonly since: number;
  readonly servedBy: ServedBy;
  /** Why it isn't live, or wasn't last time. */
  readonly lastError?: DepwatchError;
}

/**
 * One watch of a namespace or of a kind has come to serve many (`share`), or does so no longer (`unshare`). Where watches are
 * shared, those who share them are all told.
 */
export interface PlanObservation extends Happened {
  readonly type: 'plan';
  /** The namespace of a kind, or the kind. */
  readonly watched: ObjectIdentifier;
  readonly change: 'share' | 'unshare';
  readonly reason: PlanReason;
  /** How many identifiers are demanded of it. */
  readonly demanded: number;
  /** How many objects it has; absent where nobody has seen them. */
  readonly size?: number;
}

/** A reconcile was asked for. Several of these before it starts become one reconcile. */
export interface ReconcileQueuedObservation extends Happened {
  readonly type: 'reconcile-queued';
  readonly watcher: ObjectIdentifier;
  readonly causes: readonly Cause[];
  /** How long it is to wait first, in milliseconds; 0: its turn is as soon as there is room. */
  readonly afterMs: number;
}

/**
 * What a watcher waited for is over: its delay, its retry's, or what `minIntervalMs` and `settleMs` held it for. It is queued now,
 * or held once more; `reconcileStatus()` says which, and all that it is due for.
 */
export interface ReconcileDueObservation extends Happened {
  readonly type: 'reconcile-due';
  readonly watcher: ObjectIdentifier;
}

/** What was queued or delayed of a watcher, if anything was, is not to come: it was removed, or is another replica's. */
export interface ReconcileDroppedObservation extends Happened {
  readonly type: 'reconcile-dropped';
  readonly watcher: ObjectIdentifier;
}

/** A reconcile starts. */
export interface ReconcileStartedObservation extends Happened {
  readonly type: 'reconcile-started';
  readonly watcher: ObjectIdentifier;
  readonly causes: readonly Cause[];
  /** 1, and one more for each failure of this watcher in a row. */
  readonly attempt: number;
}

/** A reconcile has settled. */
export interface ReconcileEndedObservation extends Happened {
  readonly type: 'reconcile-ended';
  readonly watcher: ObjectIdentifier;
  readonly causes: readonly Cause[];
  readonly attempt: number;
  /** In milliseconds; undefined where nobody listened when it started. */
  readonly durationMs: number | undefined;
  /** `requeue`: it succeeded, and asked to run again. */
  readonly result: 'success' | 'requeue' | 'error';
  /** What the reconciler threw, as it is: yours to keep out of what others see. */
  readonly error: unknown;
}

/** One thing that happened in a dynamic watcher; `type` says which. */
export type Observation =
  | EdgeObservation
  | FeedObservation
  | PlanObservation
  | ReconcileQueuedObservation
  | ReconcileDueObservation
  | ReconcileDroppedObservation
  | ReconcileStartedObservation
  | ReconcileEndedObservation;

/** Options of `DynamicWatcher.observe`. */
export interface ObserveOptions<Type extends Observation['type'] = Observation['type']> {
  /**
   * What to be told of; the listener has its type from that. What nobody asks for isn't made, so a listener to
   * `reconcile-ended` alone costs a third of one to everything.
   *
   * @default everything
   */
  readonly types?: readonly Type[];
}
