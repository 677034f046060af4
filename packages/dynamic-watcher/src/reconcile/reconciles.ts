import type { Cause, DependencyGraph, DepwatchError, ObjectIdentifier } from '@depwatch/core';
import type { ReconcileStatus } from '../public-interface.ts';
import type { Causes } from './causes.ts';
import type { ReconcileRun } from './reconcile-run.ts';

/** Who is told of the reconciles of a loop. */
export interface LoopListener {
  /** Whether a reconcile that is due may begin; if not, all that is due of its watcher is dropped. By default each may. */
  readonly mayBegin?: ((key: string, watcher: ObjectIdentifier) => boolean) | undefined;
  /** A reconcile has settled. */
  settled(run: ReconcileRun): void;
}

/** What a dynamic watcher has reconciled: by a loop of its own, or by that of a group. */
export interface Reconciles {
  /** Has a watcher reconciled, at once or after a while; several calls before that become one reconcile. */
  enqueue(key: string, watcher: ObjectIdentifier, cause: Cause, afterMs?: number): void;
  /**
   * Has everybody reconciled who depends on a watched object.
   *
   * @param causes why those are due with whose edges the graph keeps nothing; undefined: they are not
   * @param noted the same for the others; by default all are due alike
   */
  enqueueAll<Note>(
    graph: DependencyGraph<Note>,
    watchedKey: string,
    causes: Causes | undefined,
    noted?: (note: Note) => Causes | undefined,
  ): void;
  /**
   * Drops what is queued, delayed or backed off of a watcher; a running reconcile finishes, and is the last. In a group that is
   * so when it is nobody else's.
   */
  drop(key: string, watcher: ObjectIdentifier): void;
  /** The reconciles that run; in a group, whomever for. */
  readonly runs: Iterable<ReconcileRun>;
  /** Drops all that is queued and aborts the signals of all that run. No reconcile begins any more. */
  stop(reason: DepwatchError): void;
  /** What is queued, delayed or running. */
  status(): readonly ReconcileStatus[];
  /** Resolves when, after `stop`, the running reconciles have settled. */
  settled(): Promise<void>;
}
