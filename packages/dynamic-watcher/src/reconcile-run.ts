import { AsyncLocalStorage } from 'node:async_hooks';
import type { Cause, ReconcileContext } from '@depwatch/core';

const current = new AsyncLocalStorage<ReconcileRun>();

/** The reconcile that the calling code is part of, if any. */
export function currentReconcile(): ReconcileRun | undefined {
  return current.getStore();
}

/** One reconcile, from the moment its watcher is taken from the queue until it has settled. */
export class ReconcileRun {
  /** The watcher's. */
  readonly key: string;
  /** The watcher was removed meanwhile: whatever this run returns, it asks for no other. */
  dropped = false;
  #controller: AbortController | undefined;
  #reason: unknown;

  constructor(key: string) {
    this.key = key;
  }

  /** Why it was aborted; undefined while it wasn't. */
  get reason(): unknown {
    return this.#reason;
  }

  /** Aborts the reconcile's signal; the first reason counts. */
  abort(reason: Error): void {
    this.#reason ??= reason;
    this.#controller?.abort(this.#reason);
  }

  /** What the reconciler is told. Most read no signal, so it is made when it is asked for. */
  contextOf(causes: readonly Cause[]): ReconcileContext {
    const signal = (): AbortSignal => this.#signal();
    return {
      get signal() {
        return signal();
      },
      causes,
    };
  }

  /** Calls `work` so that code called by it finds this run with `currentReconcile`. */
  track<R>(work: () => R): R {
    return current.run(this, work);
  }

  #signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }
}
