import {
  DepwatchError,
  guardLogger,
  guardMetrics,
  invalidInput,
  silentLogger,
  type Logger,
  type ObjectIdentifier,
  type Ownership,
  type Reconciler,
} from '@depwatch/core';
import { forMembers } from '../observe/reconcile-audience.ts';
import type { ReconcileGroupOptions } from '../options.ts';
import { systemClock } from '../system-clock.ts';
import { Attribution } from './attribution.ts';
import { GroupMember, type JoiningMember } from './group-member.ts';
import { ReconcileLoop } from './reconcile-loop.ts';
import type { ReconcileRun } from './reconcile-run.ts';
import type { Reconciles } from './reconciles.ts';
import { settledWithin } from './settled-within.ts';
import { holdReconciler, releaseReconciler } from './shared-reconcilers.ts';

/**
 * One loop for several dynamic watchers, of several clusters or service accounts say: one watcher never runs twice at once,
 * over all of them. Each is given the group as `reconcileGroup`. A dynamic watcher that stops leaves the others alone; what
 * only it had asked for, requeues and retries included, is dropped or aborted, and its `stopped` waits for that. What
 * another one has asked for as well, or has the watcher depend on something, goes on for that one.
 */
export interface ReconcileGroup extends AsyncDisposable {
  /**
   * Ends it for good: no reconcile begins any more, the signals of all that run are aborted, and the reconciler's `stopped()`
   * is called. The dynamic watchers go on watching; stop them, too. It may be called again.
   */
  stop(): Promise<void>;
  /** Resolves once it has stopped and the running reconciles have settled, or `stopTimeoutMs` passed. Never rejects. */
  readonly stopped: Promise<void>;
}

/** The group that dynamic watchers join. */
export class LoopGroup implements ReconcileGroup {
  readonly stopped: Promise<void>;
  /** Which watchers are this replica's; undefined: all. */
  readonly ownership: Ownership | undefined;
  readonly #loop: ReconcileLoop;
  readonly #members = new Set<GroupMember>();
  readonly #attribution = new Attribution<GroupMember>();
  readonly #reconciler: Reconciler;
  readonly #logger: Logger;
  readonly #stopNow: () => void;

  constructor(options: ReconcileGroupOptions) {
    const { reconciler, clock = systemClock, stopTimeoutMs = 30_000 } = options;
    this.#logger = guardLogger(options.logger ?? silentLogger);
    this.ownership = options.ownership;
    this.#reconciler = typeof reconciler === 'function' ? { reconcile: reconciler } : reconciler;
    const over = new AbortController();
    this.#loop = new ReconcileLoop({
      reconciler: this.#reconciler,
      rateLimiter: options.rateLimiter,
      name: options.name ?? 'depwatch',
      maxConcurrentReconciles: options.maxConcurrentReconciles ?? 1,
      reconcileTimeoutMs: options.reconcileTimeoutMs,
      minIntervalMs: options.minIntervalMs ?? 0,
      settleMs: options.settleMs ?? 0,
      clock,
      logger: this.#logger,
      metrics: options.metrics && guardMetrics(options.metrics, over.signal),
      tracksReconciles: true,
      ownership: this.ownership,
      mayBegin: this.ownership && ((key, watcher) => this.#mayBegin(key, watcher)),
      audience: forMembers(this.#members, this.#attribution),
      started: ({ key }, isDelayed) => this.#attribution.started(key, isDelayed),
      asksAgain: ({ key }) => this.#attribution.asksAgain(key),
      settled: (run) => this.#settled(run),
    });
    holdReconciler(this.#reconciler);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#stopNow = resolve;
    this.stopped = promise
      .then(() => settledWithin(this.#loop, clock, stopTimeoutMs, this.#logger))
      .then(() => over.abort());
  }

  /** How many watchers are queued, delayed or running. */
  get size(): number {
    return this.#attribution.size;
  }

  /** A dynamic watcher starts. @throws DepwatchError ERR_INVALID_INPUT once the group has stopped */
  join(member: JoiningMember): Reconciles {
    if (this.#loop.isStopped)
      throw invalidInput('reconcileGroup: it has stopped; create another one');
    return new GroupMember({
      loop: this.#loop,
      members: this.#members,
      attribution: this.#attribution,
      ...member,
    });
  }

  async stop(): Promise<void> {
    if (this.#loop.isStopped) return;
    this.#attribution.stop();
    this.#loop.stop(new DepwatchError('ERR_NOT_STARTED', 'the reconcile group was stopped'));
    releaseReconciler(this.#reconciler, this.#logger);
    this.#stopNow();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.stopped;
  }

  /** Whether it is this replica's is the same for all who asked, who have to know that it was due. */
  #mayBegin(key: string, watcher: ObjectIdentifier): boolean {
    const asked = this.#attribution.waiting(key);
    const may = asked.map((member) => member.mayBegin(key, watcher)).every(Boolean);
    if (!may) for (const member of asked) member.dropped(watcher);
    if (!may) this.#attribution.refused(key);
    return may;
  }

  #settled(run: ReconcileRun): void {
    this.#attribution.settled(run.key);
    for (const member of this.#members) member.runSettled(run);
  }
}
