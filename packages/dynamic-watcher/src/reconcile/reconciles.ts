import type { Cause, DependencyGraph, DepwatchError, ObjectIdentifier } from '@depwatch/core';
import type { Causes } from './causes.ts';

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
  /** Drops all that is queued and aborts the signals of all that run. No reconcile begins any more. */
  stop(reason: DepwatchError): void;
  /** Resolves when, after `stop`, the running reconciles have settled. */
  settled(): Promise<void>;
}
