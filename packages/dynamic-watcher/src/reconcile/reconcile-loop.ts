import {
  type DepwatchError,
  describeObjectIdentifier,
  outcomeOf,
  succeeded,
  type Cause,
  type Clock,
  type DependencyGraph,
  type Logger,
  type Metrics,
  type ObjectIdentifier,
  type Outcome,
  type Ownership,
  type RateLimiter,
  type Reconciler,
  type Result,
} from '@depwatch/core';
import { createWorkQueue, defaultControllerRateLimiter, type WorkQueue } from '@depwatch/queue';
import type { ReconcileAudience } from '../observe/reconcile-audience.ts';
import { ReconcileReports } from '../observe/reconcile-reports.ts';
import type { ReconcileStatus } from '../public-interface.ts';
import { causesOf, mergeCauses, type Causes } from './causes.ts';
import { Failures, isUnreachable } from './failures.ts';
import { Gate } from './gate.ts';
import { guardLimiter } from './guarded-limiter.ts';
import { Moments } from './moments.ts';
import { ReconcileMetrics } from './reconcile-metrics.ts';
import { ReconcileRun } from './reconcile-run.ts';
import type { LoopListener, Reconciles } from './reconciles.ts';
import { limitTime } from './time-limit.ts';

/** After so long without a pause the loop lets other work of the process run. */
const sliceMs = 10;
/** How many reconciles go by between two looks at the clock. */
const lookEvery = 32;
const retryCauses = causesOf({ type: 'retry' });
const none: Causes = Object.freeze([]);

/** What a reconcile loop is made of. */
export interface ReconcileLoopOptions extends LoopListener {
  readonly reconciler: Reconciler;
  /** Undefined: client-go's default. */
  readonly rateLimiter: RateLimiter<ObjectIdentifier> | undefined;
  /** What metrics call it. */
  readonly name: string;
  readonly maxConcurrentReconciles: number;
  readonly reconcileTimeoutMs: number | undefined;
  readonly minIntervalMs: number;
  readonly settleMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined: nobody wants to know. Whoever gives them ends the reading of gauges, as reconciles may hang for good. */
  readonly metrics: Metrics | undefined;
  /** Who looks on. */
  readonly audience: ReconcileAudience;
  /** Whether reconciles are told apart by `currentReconcile`, for batches that they leave open. */
  readonly tracksReconciles: boolean;
  /** Whether the API server is away, which others tell of. */
  isServerDown?(): boolean;
  /** What reconciles are told of the epoch in which they begin; undefined: nothing. */
  readonly ownership?: Pick<Ownership, 'epoch'> | undefined;
  /** A reconcile starts. @param isDelayed whether its watcher is due later as well */
  started?(run: ReconcileRun, isDelayed: boolean): void;
  /** A reconcile has come to its end, and its watcher is to be due again because it failed, or by its result. */
  asksAgain?(run: ReconcileRun): void;
}

/** A watcher as it is queued. Why it is due, and from when on, is known to the queue. */
interface Item {
  readonly key: string;
  readonly watcher: ObjectIdentifier;
}

/** Takes watchers from a work queue and reconciles them; what fails comes again, later. */
export class ReconcileLoop implements Reconciles {
  readonly #options: ReconcileLoopOptions;
  readonly #queue: WorkQueue<Item, Causes>;
  readonly #gate: Gate;
  readonly #moments: Moments;
  readonly #metrics: ReconcileMetrics | undefined;
  readonly #reports: ReconcileReports;
  readonly #running = new Map<string, ReconcileRun>();
  readonly #failures = new Failures();
  /** How many workers there are; each is made when there is work for it, and ends when there is none. */
  #workers = 0;
  #sliceStart = 0;
  #sinceLooked = 0;

  constructor(options: ReconcileLoopOptions) {
    this.#options = options;
    const { logger, metrics, name, rateLimiter, maxConcurrentReconciles } = options;
    const clock = (this.#moments = new Moments(options.clock));
    this.#reports = new ReconcileReports(options.audience, clock);
    const limiter = rateLimiter
      ? guardLimiter(rateLimiter, ({ watcher }: Item) => watcher, logger)
      : guardLimiter(
          defaultControllerRateLimiter<string>({ clock }),
          ({ key }: Item) => key,
          logger,
        );
    this.#gate = new Gate(
      () => this.#takeUp(),
      () => (this.#sliceStart = clock.now()),
    );
    this.#queue = createWorkQueue<Item, Causes>({
      clock,
      ...(metrics && { metrics }),
      name,
      minIntervalMs: options.minIntervalMs,
      settleMs: options.settleMs,
      keyOf: ({ key }) => key,
      merge: mergeCauses,
      rateLimiter: limiter,
      onQueued: () => {
        if (this.#workers < maxConcurrentReconciles) this.#gate.untilAnswered();
      },
      onDue: (item) => this.#reports.due(item),
    });
    this.#metrics = metrics && this.#report(metrics);
  }

  get isStopped(): boolean {
    return this.#queue.isShutDown;
  }

  enqueue(key: string, watcher: ObjectIdentifier, cause: Cause, afterMs = 0): void {
    const causes = causesOf(cause);
    const item = { key, watcher };
    this.#queue.addAfter(item, afterMs, causes);
    this.#reports.queued(item, causes, afterMs);
    // A watcher that asks for itself again and again must leave the event loop to others.
    if (afterMs <= 0) this.#gate.untilNextTurn();
  }

  /** @param asked told of each watcher that is due, before it is queued */
  enqueueAll<Note>(
    graph: DependencyGraph<Note>,
    watchedKey: string,
    causes: Causes | undefined,
    noted: (note: Note) => Causes | undefined = () => causes,
    asked?: (key: string, watcher: ObjectIdentifier) => void,
  ): void {
    this.#gate.untilAnswered();
    this.#moments.hold();
    graph.forEachWatcher(watchedKey, (key, watcher, note) => {
      const why = note === undefined ? causes : noted(note);
      if (!why) return;
      asked?.(key, watcher);
      const item = { key, watcher };
      this.#queue.add(item, why);
      this.#reports.queued(item, why, 0);
    });
    this.#moments.release();
  }

  drop(key: string, watcher: ObjectIdentifier): void {
    const item = { key, watcher };
    this.#queue.remove(item);
    this.#failures.delete(key);
    const run = this.#running.get(key);
    if (run) run.dropped = true;
    this.#reports.dropped(item);
  }

  /** Drops all that is queued, delayed or backed off, and forgets what has run; what runs goes on. */
  clear(): void {
    this.#queue.clear();
    this.#failures.clear();
  }

  get runs(): Iterable<ReconcileRun> {
    return this.#running.values();
  }

  /** The reconcile of a watcher, while it runs. */
  running(key: string): ReconcileRun | undefined {
    return this.#running.get(key);
  }

  /** Why the reconcile of a watcher runs, while it does. */
  causesOf(key: string, watcher: ObjectIdentifier): Causes {
    return this.#queue.noteOf({ key, watcher }) ?? none;
  }

  stop(reason: DepwatchError): void {
    this.#queue.shutdownNow();
    for (const run of this.#running.values()) run.abort(reason);
  }

  settled(): Promise<void> {
    return this.#queue.drained;
  }

  /** @param isAsked whether a watcher is to be listed, by its key */
  status(isAsked: (key: string) => boolean = () => true): readonly ReconcileStatus[] {
    const all: ReconcileStatus[] = [];
    for (const { item, note, ...place } of this.#queue.entries()) {
      if (!isAsked(item.key)) continue;
      const causes = note ?? none;
      const startedAt = this.#running.get(item.key)?.startedAt;
      all.push({
        watcher: item.watcher,
        ...place,
        ...(startedAt !== undefined && { startedAt }),
        causes,
        attempt: this.#attemptOf(item),
      });
    }
    return all;
  }

  #takeUp(): void {
    const { maxConcurrentReconciles } = this.#options;
    while (
      this.#workers < maxConcurrentReconciles &&
      this.#queue.length > 0 &&
      !this.#gate.closed
    ) {
      void this.#work();
    }
  }

  async #work(): Promise<void> {
    const { tracksReconciles, started, mayBegin } = this.#options;
    this.#workers += 1;
    this.#moments.hold();
    while (this.#mayTake()) {
      const item = this.#queue.tryGet();
      if (!item) break;
      if (mayBegin && !mayBegin(item.key, item.watcher)) {
        this.drop(item.key, item.watcher);
        this.#queue.done(item);
        continue;
      }
      const run = new ReconcileRun(item.key);
      this.#running.set(item.key, run);
      started?.(run, this.#queue.isDelayed(item));
      if (tracksReconciles) run.enter();
      const pending = this.#reconcile(item, run);
      if (pending) {
        await pending;
        this.#moments.hold();
      }
      this.#running.delete(item.key);
      this.#queue.done(item);
    }
    this.#workers -= 1;
    this.#moments.release();
  }

  /** Whether a worker may go on; the clock is looked at only now and then. */
  #mayTake(): boolean {
    this.#sinceLooked = (this.#sinceLooked + 1) % lookEvery;
    if (this.#sinceLooked === 0 && this.#moments.now() - this.#sliceStart > sliceMs) {
      this.#gate.untilNextTurn();
    }
    return !this.#gate.closed;
  }

  /** @returns undefined when the reconciler was through at once, which costs no promise */
  #reconcile(item: Item, run: ReconcileRun): Promise<void> | undefined {
    const { reconciler, ownership } = this.#options;
    const causes = this.#queue.noteOf(item)!;
    const attempt = this.#attemptOf(item);
    if (this.#metrics || this.#reports.wantEnds) run.startedAt = this.#moments.now();
    this.#reports.started(item, causes, attempt);
    this.#moments.release();
    let returned: Promise<Result | void> | Result | void;
    try {
      returned = reconciler.reconcile(item.watcher, {
        signal: run.signal,
        causes,
        attempt,
        ...(ownership && { epoch: ownership.epoch }),
      });
    } catch (error) {
      this.#moments.hold();
      this.#settle(item, run, { error });
      return undefined;
    }
    if (returned !== undefined) return this.#outcome(item, run, returned);
    this.#moments.hold();
    this.#settle(item, run, succeeded);
    return undefined;
  }

  #report(metrics: Metrics): ReconcileMetrics {
    const { name, maxConcurrentReconciles: most } = this.#options;
    const active = (): number => this.#running.size;
    const failing = (): number => this.#failures.size;
    return new ReconcileMetrics(metrics, name, { active, failing, most });
  }

  /** Waits for what the reconciler returned, within its time. */
  async #outcome(
    item: Item,
    run: ReconcileRun,
    returned: Promise<Result | void> | Result | void,
  ): Promise<void> {
    const { reconcileTimeoutMs: limitMs, clock, logger } = this.#options;
    const { watcher } = item;
    let late: DepwatchError | undefined;
    const over = (error: DepwatchError): void => {
      late = error;
      run.abort(late);
      this.#metrics?.timedOut();
    };
    if (limitMs !== undefined && !run.signal.aborted)
      run.limit = limitTime({ limitMs, clock, logger, watcher, over });
    let outcome: Outcome;
    try {
      outcome = outcomeOf(await returned);
      if (late) outcome = { error: late };
    } catch (error) {
      outcome = { error };
    }
    this.#settle(item, run, outcome);
  }

  #settle(item: Item, run: ReconcileRun, outcome: Outcome): void {
    const { settled } = this.#options;
    // Metrics have it timed, and so had those who looked on when it began.
    const tookMs = run.startedAt === undefined ? undefined : this.#moments.now() - run.startedAt;
    this.#metrics?.settled(outcome, tookMs!);
    if (this.#reports.wantEnds) {
      const causes = this.#queue.noteOf(item)!;
      this.#reports.ended(item, tookMs, causes, this.#attemptOf(item), outcome);
    }
    run.settle();
    const goesOn = (): boolean => !this.isStopped && !run.dropped;
    const isDue = goesOn() && this.#goOn(item, run, outcome);
    // A log or a rate limiter may have removed the watcher.
    if (isDue && run.dropped) this.#queue.remove(item);
    settled(run);
  }

  /** @returns whether the watcher is due again */
  #goOn(item: Item, run: ReconcileRun, outcome: Outcome): boolean {
    const { asksAgain } = this.#options;
    if ('error' in outcome) {
      asksAgain?.(run);
      this.#retry(item, outcome.error);
      return true;
    }
    const { afterMs } = outcome;
    this.#failures.delete(item.key);
    this.#queue.forget(item);
    if (afterMs === undefined) return false;
    asksAgain?.(run);
    this.enqueue(item.key, item.watcher, { type: 'requeue' }, afterMs);
    return true;
  }

  #retry(item: Item, error: unknown): void {
    const { logger, isServerDown } = this.#options;
    const isNews = this.#failures.add(item.key, error);
    // That the API server is away is told once, and not of each watcher.
    const isToldOf = isServerDown?.() === true && isUnreachable(error);
    logger[isNews && !isToldOf ? 'error' : 'debug'](
      { watcher: describeObjectIdentifier(item.watcher), error },
      'a reconcile failed and will be tried again',
    );
    const afterMs = this.#queue.addRateLimited(item, retryCauses);
    this.#reports.queued(item, retryCauses, afterMs);
    // A limiter that lets it go on at once must not keep the event loop from others.
    this.#gate.untilNextTurn();
  }

  #attemptOf({ key }: Item): number {
    return this.#failures.count(key) + 1;
  }
}
