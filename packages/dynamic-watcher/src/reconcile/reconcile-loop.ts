import {
  DepwatchError,
  formatObjectIdentifier,
  invalidInput,
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
import { createWorkQueue, defaultControllerRateLimiter, type WorkQueue } from '@depwatch/queue';
import { ReconcileRun, ReconcileWorker } from './reconcile-run.ts';

/** Causes are a hint; beyond so many distinct ones the rest are left out. */
const causesKept = 16;
/** When a watcher is tried again whose rate limiter failed. */
const unlimitedRetryMs = 1000;
/** After so long without a pause the loop lets other work of the process run. */
const sliceMs = 10;
/** How many reconciles go by between two looks at the clock. */
const lookEvery = 32;
const resolved = Promise.resolve();

/** What a reconcile loop is made of. */
export interface ReconcileLoopOptions {
  readonly reconciler: Reconciler;
  /** Undefined: client-go's default. */
  readonly rateLimiter: RateLimiter<ObjectIdentifier> | undefined;
  readonly maxConcurrentReconciles: number;
  readonly reconcileTimeoutMs: number | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined: nobody wants to know. */
  readonly metrics: Metrics | undefined;
  /** Whether reconciles are told apart by `currentReconcile`, for batches that they leave open. */
  readonly tracksReconciles: boolean;
  /** A reconcile has settled. */
  settled(run: ReconcileRun): void;
}

/** Why a watcher is to be reconciled later, and from when on, in milliseconds of the clock. */
interface Delayed {
  readonly cause: Cause;
  readonly dueMs: number;
}

/** All that the loop knows of a watcher; it exists while the watcher is asked for, queued, delayed or reconciled. */
interface Item {
  readonly key: string;
  readonly watcher: ObjectIdentifier;
  /** Why it is asked for or queued; undefined when it isn't. Arrays may be shared, so they are never changed. */
  causes: readonly Cause[] | undefined;
  /** The queue's delay. Kept apart from the causes: a reconcile before it is over must not take its cause along. */
  delayed: Delayed | undefined;
  run: ReconcileRun | undefined;
}

/** What a reconcile came to. */
type Outcome = { readonly result: Result | void } | { readonly error: unknown };

/** Takes watchers from a work queue and reconciles them; what fails comes again, later. */
export class ReconcileLoop {
  readonly #options: ReconcileLoopOptions;
  readonly #queue: WorkQueue<Item>;
  readonly #items = new Map<string, Item>();
  /** Asked for, and queued as soon as those who are to hear of something first have. */
  #asked: Item[] = [];
  #queueing = false;
  #workers: readonly Promise<void>[] = [];
  #stopped = false;
  #nextTurn: Promise<void> | undefined;
  #sliceStart = 0;
  #sinceLooked = 0;

  constructor(options: ReconcileLoopOptions) {
    this.#options = options;
    const { clock, metrics, rateLimiter } = options;
    const limiter = rateLimiter
      ? limitItems(rateLimiter, ({ watcher }) => watcher)
      : limitItems(defaultControllerRateLimiter<string>({ clock }), ({ key }) => key);
    this.#queue = createWorkQueue<Item>({
      clock,
      ...(metrics && { metrics }),
      name: 'depwatch',
      keyOf: (item) => item,
      rateLimiter: {
        ...limiter,
        when: (item) => this.#delay(item, { type: 'retry' }, limiter.when(item)),
      },
    });
  }

  /** Starts to reconcile. */
  start(): void {
    const { maxConcurrentReconciles, tracksReconciles } = this.#options;
    this.#workers = Array.from({ length: maxConcurrentReconciles }, () => {
      const worker = new ReconcileWorker();
      return tracksReconciles ? worker.track(() => this.#work(worker)) : this.#work(worker);
    });
  }

  /** Has a watcher reconciled, at once or after a while; several calls before that become one reconcile. */
  enqueue(key: string, watcher: ObjectIdentifier, cause: Cause, afterMs = 0): void {
    if (this.#stopped) return;
    const item = this.#itemOf(key, watcher);
    if (afterMs > 0) {
      this.#queue.addAfter(item, this.#delay(item, cause, afterMs));
      return;
    }
    this.#ask(item, [cause]);
    // Not sooner: a watcher that asks for itself again and again must leave the event loop to others.
    void this.#turn();
  }

  /** Has everybody reconciled who depends on a watched object. */
  enqueueAll(graph: DependencyGraph, watchedKey: string, cause: Cause): void {
    if (this.#stopped) return;
    const causes = [cause];
    graph.forEachWatcher(watchedKey, (key, watcher) =>
      this.#ask(this.#itemOf(key, watcher), causes),
    );
    this.#afterAnswers();
  }

  /** Drops what is queued, delayed or backed off of a watcher; a running reconcile finishes, and is the last. */
  drop(key: string, watcher: ObjectIdentifier): void {
    const item = this.#itemOf(key, watcher);
    item.causes = undefined;
    item.delayed = undefined;
    this.#queue.remove(item);
    if (item.run) item.run.dropped = true;
    else this.#items.delete(key);
  }

  /** Drops all that is queued and aborts the signals of all that run. No reconcile begins any more. */
  stop(reason: DepwatchError): void {
    this.#stopped = true;
    this.#queue.shutdownNow();
    for (const { run } of this.#items.values()) run?.abort(reason);
    this.#items.clear();
  }

  /** Resolves when, after `stop`, the running reconciles have settled. */
  async settled(): Promise<void> {
    await Promise.all(this.#workers);
  }

  #itemOf(key: string, watcher: ObjectIdentifier): Item {
    let item = this.#items.get(key);
    if (!item) {
      item = { key, watcher, causes: undefined, delayed: undefined, run: undefined };
      this.#items.set(key, item);
    }
    return item;
  }

  /** @param causes one cause, in an array that many may share */
  #ask(item: Item, causes: readonly Cause[]): void {
    const known = item.causes;
    if (!known) {
      item.causes = causes;
      this.#asked.push(item);
    } else if (known.length < causesKept && !known.some((cause) => sameCause(cause, causes[0]!))) {
      // It is asked for or queued already.
      item.causes = [...known, ...causes];
    }
  }

  /**
   * Queues what was asked for once all promise reactions are through: a call that was answered by the same event (an add, a
   * read) has told its caller by then. It takes no turn of the event loop, which would cost more than a small reconcile.
   */
  #afterAnswers(): void {
    if (this.#asked.length === 0 || this.#queueing) return;
    this.#queueing = true;
    // Ticks come before reactions, but one that is asked for by a reaction comes after all of them. (queueMicrotask would
    // make an AsyncResource.)
    void resolved.then(this.#inNextTick);
  }

  readonly #inNextTick = (): void => process.nextTick(this.#queueSoon);

  readonly #queueSoon = (): void => {
    this.#queueing = false;
    this.#queueAsked();
  };

  #queueAsked(): void {
    const asked = this.#asked;
    this.#asked = [];
    // Without a cause it was dropped meanwhile.
    for (const item of asked) if (item.causes) this.#queue.add(item);
  }

  /** The next turn of the event loop, when what was asked for in this one is queued. */
  #turn(): Promise<void> {
    this.#nextTurn ??= new Promise((resolve) =>
      setImmediate(() => {
        this.#nextTurn = undefined;
        this.#sliceStart = this.#options.clock.now();
        this.#queueAsked();
        resolve();
      }),
    );
    return this.#nextTurn;
  }

  async #work(worker: ReconcileWorker): Promise<void> {
    for (;;) {
      if (this.#queue.length > 0 && this.#isTimeToLook()) {
        // Reactions run in between in any case.
        await (this.#sliceIsOver() ? this.#turn() : undefined);
      }
      const item = this.#queue.tryGet() ?? (await this.#queue.get());
      if (!item) return;
      const causes = this.#takeCauses(item);
      // With no cause it was dropped while it was handed over.
      if (causes && !this.#stopped) {
        const run = new ReconcileRun(item.key);
        item.run = run;
        worker.run = run;
        const pending = this.#reconcile(item, run, causes);
        if (pending) await pending;
        worker.run = undefined;
        item.run = undefined;
        if (!item.causes && !item.delayed) this.#items.delete(item.key);
      }
      this.#queue.done(item);
    }
  }

  /** Notes why a watcher is delayed. Of two delays the earlier one counts, as in the queue. */
  #delay(item: Item, cause: Cause, ms: number): number {
    const dueMs = this.#options.clock.now() + ms;
    if (!item.delayed || !(item.delayed.dueMs <= dueMs)) item.delayed = { cause, dueMs };
    return ms;
  }

  #takeCauses(item: Item): readonly Cause[] | undefined {
    const { causes, delayed } = item;
    item.causes = undefined;
    // With no other cause it is here because its delay is over.
    if (!delayed || (causes && delayed.dueMs > this.#options.clock.now())) return causes;
    item.delayed = undefined;
    return causes ? [...causes, delayed.cause] : [delayed.cause];
  }

  /** Whether it is time to look at the clock, which is done only now and then. */
  #isTimeToLook(): boolean {
    this.#sinceLooked = (this.#sinceLooked + 1) % lookEvery;
    return this.#sinceLooked === 0;
  }

  #sliceIsOver(): boolean {
    return this.#options.clock.now() - this.#sliceStart > sliceMs;
  }

  /** @returns undefined when the reconciler was through at once, which costs no promise */
  #reconcile(item: Item, run: ReconcileRun, causes: readonly Cause[]): Promise<void> | undefined {
    const { reconciler, metrics, clock } = this.#options;
    const startedAt = metrics ? clock.now() : 0;
    let returned: Promise<Result | void> | Result | void;
    try {
      returned = reconciler.reconcile(item.watcher, { signal: run.signal, causes });
    } catch (error) {
      this.#settle(item, run, startedAt, { error });
      return undefined;
    }
    if (returned !== undefined) return this.#outcome(item, run, startedAt, returned);
    this.#settle(item, run, startedAt, { result: undefined });
    return undefined;
  }

  /** Waits for what the reconciler returned, within its time. */
  async #outcome(
    item: Item,
    run: ReconcileRun,
    startedAt: number,
    returned: Promise<Result | void> | Result | void,
  ): Promise<void> {
    const { reconcileTimeoutMs, clock } = this.#options;
    let late: DepwatchError | undefined;
    const timer =
      reconcileTimeoutMs === undefined
        ? undefined
        : clock.setTimeout(() => {
            const message = `the reconcile took longer than ${reconcileTimeoutMs} ms`;
            late = new DepwatchError('ERR_ABORTED', message);
            run.abort(late);
          }, reconcileTimeoutMs);
    let outcome: Outcome;
    try {
      outcome = { result: await returned };
      if (late) outcome = { error: late };
    } catch (error) {
      outcome = { error };
    }
    timer?.[Symbol.dispose]();
    this.#settle(item, run, startedAt, outcome);
  }

  #settle(item: Item, run: ReconcileRun, startedAt: number, outcome: Outcome): void {
    const { metrics, clock, settled } = this.#options;
    metrics?.observe('depwatch_reconcile_duration_ms', clock.now() - startedAt);
    metrics?.count('depwatch_reconciles_total', {
      result: 'error' in outcome ? 'error' : 'success',
    });
    settled(run);
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
    try {
      this.#queue.addRateLimited(item);
    } catch (failure) {
      // The rate limiter is the caller's: whatever it does, the watcher must not be forgotten.
      this.#options.logger.error({ error: failure }, 'the rate limiter failed');
      this.enqueue(item.key, item.watcher, { type: 'retry' }, unlimitedRetryMs);
    }
  }
}

/** Whether two causes say the same. The identifiers are those of the graph, which has one for each watched object. */
function sameCause(a: Cause, b: Cause): boolean {
  return a.type === b.type && a.watched === b.watched;
}

/** A rate limiter for queue items that goes by what `of` takes from them. */
function limitItems<T>(limiter: RateLimiter<T>, of: (item: Item) => T): RateLimiter<Item> {
  return {
    when: (item) => limiter.when(of(item)),
    forget: (item) => limiter.forget(of(item)),
    retries: (item) => limiter.retries(of(item)),
  };
}
