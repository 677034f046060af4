import { AsyncLocalStorage } from 'node:async_hooks';
import {
  DepwatchError,
  formatObjectIdentifier,
  invalidInput,
  objectIdentifierKey,
  type Cause,
  type Clock,
  type DependencyGraph,
  type Logger,
  type Metrics,
  type ObjectIdentifier,
  type RateLimiter,
  type Reconciler,
  type Result,
} from '@depwatch/core';
import { createWorkQueue, type WorkQueue } from '@depwatch/queue';

/** Causes are a hint; beyond so many distinct ones the rest are left out. */
const causesKept = 16;
/** When a watcher is tried again whose rate limiter failed. */
const unlimitedRetryMs = 1000;
/** After so long without a pause the loop lets other work of the process run. */
const sliceMs = 10;

/** What a reconcile loop is made of. */
export interface ReconcileLoopOptions {
  readonly reconciler: Reconciler;
  readonly rateLimiter: RateLimiter<ObjectIdentifier>;
  readonly maxConcurrentReconciles: number;
  readonly reconcileTimeoutMs: number | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** A reconcile has settled. */
  settled(run: ReconcileRun): void;
}

/** One reconcile, while it runs; code called by it finds it with `currentReconcile`. */
export interface ReconcileRun {
  readonly key: string;
}

interface Running extends ReconcileRun {
  readonly controller: AbortController;
  timedOut: boolean;
  /** The watcher was removed meanwhile: whatever this run returns, it asks for no other. */
  dropped: boolean;
}

/** A watcher in the queue. */
interface Item {
  readonly key: string;
  readonly watcher: ObjectIdentifier;
  /** Why it was delayed; what is due at once says so in the causes that are pending. */
  readonly cause?: Cause;
}

const context = new AsyncLocalStorage<ReconcileRun>();

/** The reconcile that the calling code is part of, if any. */
export function currentReconcile(): ReconcileRun | undefined {
  return context.getStore();
}

/** Takes watchers from a work queue and reconciles them; what fails comes again, later. */
export class ReconcileLoop {
  readonly #options: ReconcileLoopOptions;
  readonly #queue: WorkQueue<Item>;
  /** Asked for in this turn of the event loop; queued in the next. */
  readonly #asked = new Map<string, Item>();
  /** Why those asked for or queued are to be reconciled, by spelling. */
  readonly #causes = new Map<string, Map<string, Cause>>();
  readonly #running = new Map<string, Running>();
  #workers: readonly Promise<void>[] = [];
  #stopped = false;
  #nextTurn: Promise<void> | undefined;
  #sliceStart = 0;

  constructor(options: ReconcileLoopOptions) {
    this.#options = options;
    const { clock, metrics, rateLimiter } = options;
    this.#queue = createWorkQueue<Item>({
      clock,
      metrics,
      name: 'depwatch',
      keyOf: ({ key }) => key,
      rateLimiter: {
        when: ({ watcher }) => rateLimiter.when(watcher),
        forget: ({ watcher }) => rateLimiter.forget(watcher),
        retries: ({ watcher }) => rateLimiter.retries(watcher),
      },
    });
  }

  /** Starts to reconcile. */
  start(): void {
    this.#workers = Array.from({ length: this.#options.maxConcurrentReconciles }, () =>
      this.#work(),
    );
  }

  /** Has a watcher reconciled, at once or after a while; several calls before that become one reconcile. */
  enqueue(key: string, watcher: ObjectIdentifier, cause: Cause, afterMs = 0): void {
    if (this.#stopped) return;
    if (afterMs > 0) {
      this.#queue.addAfter({ key, watcher, cause }, afterMs);
      return;
    }
    this.#ask({ key, watcher }, cause, spell(cause));
  }

  /** Has everybody reconciled who depends on a watched object. */
  enqueueAll(graph: DependencyGraph, watchedKey: string, cause: Cause): void {
    const spelling = spell(cause);
    if (this.#stopped) return;
    graph.forEachWatcher(watchedKey, (key, watcher) =>
      this.#ask({ key, watcher }, cause, spelling),
    );
  }

  /** Drops what is queued, delayed or backed off of a watcher; a running reconcile finishes, and is the last. */
  drop(key: string, watcher: ObjectIdentifier): void {
    this.#asked.delete(key);
    this.#causes.delete(key);
    this.#queue.remove({ key, watcher });
    const running = this.#running.get(key);
    if (running) running.dropped = true;
  }

  /** Drops all that is queued and aborts the signals of all that run. No reconcile begins any more. */
  stop(reason: DepwatchError): void {
    this.#stopped = true;
    this.#queue.shutdownNow();
    this.#asked.clear();
    this.#causes.clear();
    for (const { controller } of this.#running.values()) controller.abort(reason);
  }

  /** Resolves when, after `stop`, the running reconciles have settled. */
  async settled(): Promise<void> {
    await Promise.all(this.#workers);
  }

  #ask(item: Item, cause: Cause, spelling: string): void {
    if (!this.#asked.has(item.key)) this.#asked.set(item.key, item);
    let causes = this.#causes.get(item.key);
    if (!causes) this.#causes.set(item.key, (causes = new Map()));
    if (causes.size < causesKept && !causes.has(spelling)) causes.set(spelling, cause);
    void this.#turn();
  }

  /**
   * The next turn of the event loop. What is asked for in one turn is queued in the next, so that the call which caused a
   * reconcile (an add, say) has told its caller of its success before, and all that happens in one turn is one reconcile.
   */
  #turn(): Promise<void> {
    this.#nextTurn ??= new Promise((resolve) =>
      setImmediate(() => {
        this.#nextTurn = undefined;
        this.#sliceStart = this.#options.clock.now();
        for (const item of this.#asked.values()) this.#queue.add(item);
        this.#asked.clear();
        resolve();
      }),
    );
    return this.#nextTurn;
  }

  async #work(): Promise<void> {
    for (;;) {
      if (this.#queue.length > 0 && this.#sliceIsOver()) await this.#turn();
      const item = await this.#queue.get();
      if (!item) return;
      const run: Running = {
        key: item.key,
        controller: new AbortController(),
        timedOut: false,
        dropped: false,
      };
      this.#running.set(item.key, run);
      // With no cause it was dropped while it was handed over.
      const causes = this.#takeCauses(item);
      if (causes.length > 0 && !this.#stopped) await this.#reconcile(item, run, causes);
      this.#running.delete(item.key);
      this.#queue.done(item);
    }
  }

  #takeCauses({ key, cause }: Item): readonly Cause[] {
    const causes = this.#causes.get(key);
    this.#causes.delete(key);
    if (causes) return [...causes.values()];
    return cause ? [cause] : [];
  }

  #sliceIsOver(): boolean {
    return this.#options.clock.now() - this.#sliceStart > sliceMs;
  }

  async #reconcile(item: Item, run: Running, causes: readonly Cause[]): Promise<void> {
    const { reconciler, reconcileTimeoutMs, clock, metrics } = this.#options;
    const timer =
      reconcileTimeoutMs === undefined
        ? undefined
        : clock.setTimeout(() => {
            run.timedOut = true;
            run.controller.abort(
              new DepwatchError(
                'ERR_ABORTED',
                `the reconcile took longer than ${reconcileTimeoutMs} ms`,
              ),
            );
          }, reconcileTimeoutMs);
    const startedAt = clock.now();
    let outcome: { result: Result | void } | { error: unknown };
    try {
      const { signal } = run.controller;
      const result = await context.run(run, () =>
        reconciler.reconcile(item.watcher, { signal, causes }),
      );
      outcome = run.timedOut ? { error: run.controller.signal.reason } : { result };
    } catch (error) {
      outcome = { error };
    }
    timer?.[Symbol.dispose]();
    metrics.observe('depwatch_reconcile_duration_ms', clock.now() - startedAt);
    metrics.count('depwatch_reconciles_total', {
      result: 'error' in outcome ? 'error' : 'success',
    });
    this.#options.settled(run);
    if (this.#stopped || run.dropped) return;
    if ('error' in outcome) this.#retry(item, outcome.error);
    else this.#succeed(item, outcome.result);
  }

  #succeed(item: Item, result: Result | void): void {
    const afterMs = result?.requeueAfterMs;
    if (
      afterMs !== undefined &&
      !(typeof afterMs === 'number' && afterMs >= 0 && afterMs < Infinity)
    ) {
      this.#retry(
        item,
        invalidInput(`requeueAfterMs: expected a number of milliseconds, got ${String(afterMs)}`),
      );
      return;
    }
    try {
      this.#queue.forget(item);
    } catch (failure) {
      this.#options.logger.error({ error: failure }, 'the rate limiter failed');
    }
    if (afterMs !== undefined) this.enqueue(item.key, item.watcher, { type: 'requeue' }, afterMs);
  }

  #retry(item: Item, error: unknown): void {
    this.#options.logger.error(
      { watcher: formatObjectIdentifier(item.watcher), error },
      'a reconcile failed and will be tried again',
    );
    const again: Item = { ...item, cause: { type: 'retry' } };
    try {
      this.#queue.addRateLimited(again);
    } catch (failure) {
      // The rate limiter is the caller's: whatever it does, the watcher must not be forgotten.
      this.#options.logger.error({ error: failure }, 'the rate limiter failed');
      this.#queue.addAfter(again, unlimitedRetryMs);
    }
  }
}

/** The same for causes that say the same. */
function spell({ type, watched }: Cause): string {
  return watched ? `${type} ${objectIdentifierKey(watched)}` : type;
}
