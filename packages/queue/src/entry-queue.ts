import { DepwatchError, invalidInput, type Clock, type RateLimiter } from '@depwatch/core';

import { checkNumber } from './check-number.ts';
import { DeadlineHeap } from './deadline-heap.ts';
import { newEntry, type Entry } from './entry.ts';
import { defaultKeyOf } from './key-of.ts';
import { Line, type Linked } from './line.ts';
import type { WorkQueueOptions } from './options.ts';
import { createQueueMetrics, type QueueMetrics } from './queue-metrics.ts';
import type { WorkQueue } from './work-queue.ts';

/** A consumer that waits in `get`. */
interface Waiter<T> extends Linked<Waiter<T>> {
  readonly resolve: (item: T | undefined) => void;
}

/** Node runs a timer set for longer than this at once. */
const longestTimerMs = 2 ** 31 - 1;

/** How many delayed items one timer queues; the event loop turns before the next, so that a burst stalls nobody. */
const mostPerWake = 10_000;

/** The work queue: what is known of a key is one entry, which stands in the line, among the delayed, or runs. */
export class EntryQueue<T> implements WorkQueue<T> {
  readonly #clock: Clock;
  readonly #rateLimiter: RateLimiter<T>;
  readonly #keyOf: (item: T) => unknown;
  readonly #maxLength: number;
  readonly #metrics: QueueMetrics | undefined;
  readonly #entries = new Map<unknown, Entry<T>>();
  readonly #line = new Line<Entry<T>>();
  readonly #waiters = new Line<Waiter<T>>();
  readonly #delayed = new DeadlineHeap<Entry<T>>();
  readonly #drained = Promise.withResolvers<void>();
  #timer: Disposable | undefined;
  #timerAt = 0;
  #order = 0;
  #running = 0;
  #again = 0;
  #shutDown = false;

  constructor(options: WorkQueueOptions<T>) {
    this.#clock = options.clock;
    this.#rateLimiter = options.rateLimiter;
    this.#keyOf = options.keyOf ?? defaultKeyOf;
    this.#maxLength = checkNumber('maxLength', options.maxLength ?? Infinity, { orInfinity: true });
    this.#metrics = createQueueMetrics(options.metrics, options.name ?? '', options.clock);
  }

  get length(): number {
    return this.#line.length;
  }

  get delayed(): number {
    return this.#delayed.size;
  }

  get running(): number {
    return this.#running;
  }

  get isShutDown(): boolean {
    return this.#shutDown;
  }

  get drained(): Promise<void> {
    return this.#drained.promise;
  }

  add(item: T): void {
    if (this.#shutDown) return;
    const key = this.#keyOf(item);
    const known = this.#entries.get(key);
    if (!known || !(known.queued || known.again)) this.#checkRoom();
    this.#enqueue(known ?? this.#newEntry(key, item), item);
  }

  addAfter(item: T, ms: number): void {
    if (!Number.isFinite(ms)) throw invalidInput(`ms: expected a finite number, got ${ms}`);
    if (this.#shutDown) return;
    if (ms <= 0) {
      this.add(item);
      return;
    }
    const deadlineMs = this.#clock.now() + ms;
    const key = this.#keyOf(item);
    const known = this.#entries.get(key);
    if (known && known.heapIndex >= 0) {
      known.item = item;
      if (deadlineMs >= known.deadlineMs) return;
      known.deadlineMs = deadlineMs;
      known.order = this.#order++;
      this.#delayed.moved(known);
    } else {
      this.#checkRoom();
      const entry = known ?? this.#newEntry(key, item);
      entry.item = item;
      entry.deadlineMs = deadlineMs;
      entry.order = this.#order++;
      this.#delayed.add(entry);
    }
    this.#setTimer();
  }

  addRateLimited(item: T): void {
    if (this.#shutDown) return;
    const ms = this.#rateLimiter.when(item);
    if (!Number.isFinite(ms)) {
      throw invalidInput(`rateLimiter: when() must return a finite number, got ${ms}`);
    }
    this.addAfter(item, ms);
    this.#metrics?.retried();
  }

  forget(item: T): void {
    this.#rateLimiter.forget(item);
  }

  retries(item: T): number {
    return this.#rateLimiter.retries(item);
  }

  tryGet(): T | undefined {
    const entry = this.#line.shift();
    if (!entry) return undefined;
    entry.queued = false;
    this.#start(entry);
    return entry.item;
  }

  get(): Promise<T | undefined> {
    if (this.#line.length > 0) return Promise.resolve(this.tryGet());
    if (this.#shutDown) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#waiters.push({ resolve, previous: undefined, next: undefined });
    });
  }

  done(item: T): void {
    const entry = this.#entries.get(this.#keyOf(item));
    if (!entry?.running) return;
    entry.running = false;
    this.#running -= 1;
    this.#metrics?.done(entry);
    if (entry.again) {
      entry.again = false;
      this.#again -= 1;
      this.#handOut(entry);
    }
    this.#dropIfIdle(entry);
    this.#settleDrained();
  }

  remove(item: T): void {
    const entry = this.#entries.get(this.#keyOf(item));
    if (entry) {
      this.#unqueue(entry);
      if (entry.heapIndex >= 0) this.#delayed.remove(entry);
      this.#dropIfIdle(entry);
      if (this.#delayed.size === 0) this.#clearTimer();
      this.#metrics?.depth(this.#line.length);
      this.#settleDrained();
    }
    this.#rateLimiter.forget(item);
  }

  shutdown(): void {
    if (this.#shutDown) return;
    this.#shutDown = true;
    this.#clearTimer();
    for (const entry of this.#delayed.clear()) this.#dropIfIdle(entry);
    for (let waiter = this.#waiters.shift(); waiter; waiter = this.#waiters.shift()) {
      waiter.resolve(undefined);
    }
    this.#settleDrained();
  }

  shutdownNow(): void {
    this.shutdown();
    for (const entry of this.#entries.values()) {
      this.#unqueue(entry);
      this.#dropIfIdle(entry);
    }
    this.#metrics?.depth(0);
    this.#settleDrained();
  }

  #newEntry(key: unknown, item: T): Entry<T> {
    const entry = newEntry(key, item);
    this.#entries.set(key, entry);
    return entry;
  }

  /** One occurrence more than now must fit. */
  #checkRoom(): void {
    if (this.#line.length + this.#delayed.size + this.#again < this.#maxLength) return;
    throw new DepwatchError(
      'ERR_INVALID_INPUT',
      `maxLength: ${this.#maxLength} items wait already; work faster than you add, or raise the limit`,
      { retryable: true },
    );
  }

  #enqueue(entry: Entry<T>, item: T): void {
    entry.item = item;
    if (entry.queued || entry.again) return;
    this.#metrics?.added(entry);
    if (entry.running) {
      entry.again = true;
      this.#again += 1;
    } else {
      this.#handOut(entry);
    }
  }

  /** To the consumer that has waited longest, or to the end of the line. */
  #handOut(entry: Entry<T>): void {
    const waiter = this.#waiters.shift();
    if (waiter) {
      this.#start(entry);
      waiter.resolve(entry.item);
      return;
    }
    entry.queued = true;
    this.#line.push(entry);
    this.#metrics?.depth(this.#line.length);
  }

  #start(entry: Entry<T>): void {
    entry.running = true;
    this.#running += 1;
    this.#metrics?.started(entry, this.#line.length);
  }

  #unqueue(entry: Entry<T>): void {
    if (entry.queued) this.#line.remove(entry);
    if (entry.again) this.#again -= 1;
    entry.queued = false;
    entry.again = false;
  }

  #dropIfIdle(entry: Entry<T>): void {
    if (!entry.queued && !entry.running && entry.heapIndex < 0) this.#entries.delete(entry.key);
  }

  #settleDrained(): void {
    if (this.#shutDown && this.#line.length === 0 && this.#running === 0) this.#drained.resolve();
  }

  /** Sees to it that the timer runs no later than the earliest deadline. */
  #setTimer(): void {
    const first = this.#delayed.first();
    if (!first || (this.#timer && this.#timerAt <= first.deadlineMs)) return;
    this.#clearTimer();
    const now = this.#clock.now();
    this.#timerAt = Math.min(first.deadlineMs, now + longestTimerMs);
    this.#timer = this.#clock.setTimeout(() => this.#wake(), Math.max(0, this.#timerAt - now));
  }

  #clearTimer(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  #wake(): void {
    this.#timer = undefined;
    // A timer may run a little early by the clock; what is not due then gets a new one.
    const now = this.#clock.now();
    for (let left = mostPerWake; left > 0; left--) {
      const entry = this.#delayed.first();
      if (!entry || entry.deadlineMs > now) break;
      this.#delayed.remove(entry);
      this.#enqueue(entry, entry.item);
    }
    this.#setTimer();
  }
}
