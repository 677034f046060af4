import { AsyncLocalStorage } from 'node:async_hooks';

const current = new AsyncLocalStorage<ReconcileWorker>();

/** Reconciles one watcher after the other. */
export class ReconcileWorker {
  /** What it reconciles just now. */
  run: ReconcileRun | undefined;

  /** Calls `work` so that code called by it finds what this worker reconciles with {@link currentReconcile}. */
  track<R>(work: () => R): R {
    return current.run(this, work);
  }
}

/**
 * The reconcile that the calling code is part of, if any. It is known by its worker, since a context for each reconcile
 * would cost more than a small reconcile does; code that outlives its own reconcile is taken for part of the next one.
 */
export function currentReconcile(): ReconcileRun | undefined {
  return current.getStore()?.run;
}

/** One reconcile, from the moment its watcher is taken from the queue until it has settled. */
export class ReconcileRun {
  /** The watcher's. */
  readonly key: string;
  /** The watcher was removed meanwhile: whatever this run returns, it asks for no other. */
  dropped = false;
  readonly #controller = new AbortController();

  constructor(key: string) {
    this.key = key;
  }

  /** Aborted when the reconcile is to end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Aborts the reconcile's signal; the first reason counts. */
  abort(reason: Error): void {
    this.#controller.abort(reason);
  }
}
