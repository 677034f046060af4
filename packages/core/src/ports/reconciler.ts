import type { ObjectIdentifier } from '../object-identifier.ts';

/**
 * A bounded hint at why a watcher is reconciled. A reconcile brings the world to the wanted state whatever the
 * causes say; they are for logs and short cuts.
 *
 * - `initial`: a dependency that was added names an object that exists
 * - `added`, `modified`, `deleted`: a watched object changed
 * - `ended`: the watch was refused for good; see `watchStatus()`
 * - `available`: what the watcher asked for, and was not to be had, can be seen from now on
 * - `unavailable`: what it saw is not to be had any more: its kind has gone, or the right to read it
 * - `acquired`: this replica has come to own the watcher
 * - `enqueued`: asked for with `enqueue()`
 * - `requeue`: the last reconcile asked to run again
 * - `retry`: the last reconcile failed
 */
export interface Cause {
  readonly type:
    | 'initial'
    | 'added'
    | 'modified'
    | 'deleted'
    | 'ended'
    | 'available'
    | 'unavailable'
    | 'acquired'
    | 'enqueued'
    | 'requeue'
    | 'retry';
  /** What was watched, as it was first asked for, perhaps by another watcher; absent when the cause is no watch. */
  readonly watched?: ObjectIdentifier;
  /** Which of the objects that a query shows; absent where `watched` names one. */
  readonly object?: { readonly namespace?: string; readonly name: string };
  /** Of which cluster, where the dynamic watcher was given a name for its own; absent from `requeue` and `retry`. */
  readonly cluster?: string;
}

/** What a reconcile is told beside the watcher. */
export interface ReconcileContext {
  /**
   * Aborted when the dynamic watcher stops (in a reconcile group, all for whom it runs), the reconcile has taken longer than
   * its timeout, or another replica may soon begin it.
   */
  readonly signal: AbortSignal;
  /** Why this reconcile runs: at least one cause, at most 16; repeated changes are named once. Frozen, and shared. */
  readonly causes: readonly Cause[];
  /** 1, and one more for each failure of this watcher in a row; a success, or removing the watcher, starts anew. */
  readonly attempt: number;
  /**
   * Where several replicas share the watchers: the epoch in which this one owns the watcher. Who owns it later has a
   * greater one, so that writes can be fenced with it.
   */
  readonly epoch?: number;
}

/** What a reconcile may return. */
export interface Result {
  /** Reconcile the same watcher again after so many milliseconds, 0 included; absent: only when something changes. */
  requeueAfterMs?: number;
}

/** Brings the watcher (the dependent object) to its wanted state. Yours, or one of the adapters. */
export interface Reconciler {
  /**
   * Called with a watcher after something it depends on changed. One watcher never runs twice at once. When it
   * throws or rejects, the watcher is tried again after a delay that the rate limiter chooses.
   */
  reconcile(
    watcher: ObjectIdentifier,
    context: ReconcileContext,
  ): Promise<Result | void> | Result | void;
  /**
   * Called once, after the dynamic watcher stopped and no reconcile will be called any more. Where several dynamic
   * watchers were started with this same object, the last one to stop calls it; of a reconcile group, the group.
   */
  stopped?(): void;
}

/**
 * One reconcile as a thing that can be handed on, as the adapters do: the reconcile is over, and its watcher's next
 * one may begin, once `done` or `fail` is called. Only the first call counts.
 */
export interface ReconcileItem extends ReconcileContext {
  /** The dependent object to reconcile. */
  readonly watcher: ObjectIdentifier;
  /** The work is done; `result` is what a reconciler would have returned. */
  done(this: void, result?: Result): void;
  /** The work failed: the watcher is tried again after a delay that the rate limiter chooses. */
  fail(this: void, error: unknown): void;
}
