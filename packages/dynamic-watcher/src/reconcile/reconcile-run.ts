import { AsyncLocalStorage } from 'node:async_hooks';

const current = new AsyncLocalStorage<ReconcileRun>();

/** The reconcile that the calling code is part of, if any; none for code that outlived its own. */
export function currentReconcile(): ReconcileRun | undefined {
  const run = current.getStore();
  return run?.settled ? undefined : run;
}

/** One reconcile, from the moment its watcher is taken from the queue until it has settled. */
export class ReconcileRun {
  /** The watcher's. */
  readonly key: string;
  /** The watcher was removed meanwhile: whatever this run returns, it asks for no other. */
  dropped = false;
  /** In milliseconds of the clock; known where somebody counts or looks on. */
  startedAt: number | undefined;
  /** What bounds its time; of what is to end already nobody is told that it takes long, and no timer keeps its process. */
  limit: Disposable | undefined;
  readonly #controller = new AbortController();
  #settled = false;
  #settling: PromiseWithResolvers<void> | undefined;

  constructor(key: string) {
    this.key = key;
  }

  /** Whether it has settled: a batch that it asked for, and whose turn comes only then, is nobody's. */
  get settled(): boolean {
    return this.#settled;
  }

  /** Aborted when the reconcile is to end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * Makes this the reconcile that {@link currentReconcile} finds in all that the caller does and begins, until it enters
   * another. (That costs half of what a `run` does, which makes the context before it anew.)
   */
  enter(): void {
    current.enterWith(this);
  }

  /** Aborts the reconcile's signal; the first reason counts. */
  abort(reason: Error): void {
    this.limit?.[Symbol.dispose]();
    this.#controller.abort(reason);
  }

  /** Notes that it has settled. */
  settle(): void {
    this.#settled = true;
    this.limit?.[Symbol.dispose]();
    this.#settling?.resolve();
  }

  /** Resolves once it has settled. */
  whenSettled(): Promise<void> {
    if (this.#settled) return Promise.resolve();
    return (this.#settling ??= Promise.withResolvers()).promise;
  }
}
