import {
  DepwatchError,
  checkMethods,
  checkRecord,
  invalidInput,
  wrongType,
  type Clock,
  type RateLimiter,
} from '@depwatch/core';

import { checkNumber } from './check-number.ts';
import { DeadlineHeap } from './deadline-heap.ts';
import { isKnown, newEntry, told, type Entry } from './entry.ts';
import { defaultKeyOf } from './key-of.ts';
import { Line } from './line.ts';
import type { WorkQueueOptions } from './options.ts';
import { QueueMetrics } from './queue-metrics.ts';
import { dueAt, Held, newSpaced, noteAdd, noteStart, type Spacing } from './spacing.ts';
import type { WorkQueue, WorkQueueEntry } from './work-queue.ts';

/** Node runs a timer set for longer than this at once. */
const longestTimerMs = 2 ** 31 - 1;

/** How many delayed items one timer queues; the event loop turns before the next, so that a burst stalls nobody. */
const mostPerWake = 10_000;

/** The work queue: what is known of a key is one entry, which stands in the line, among the delayed or the held, or runs. */
export class EntryQueue<T, N> implements WorkQueue<T, N> {
  readonly #clock: Clock;
  readonly #rateLimiter: RateLimiter<T>;
  readonly #keyOf: (item: T) => unknown;
  readonly #merge: (before: N, note: N) => N;
  readonly #onQueued: (() => void) | undefined;
  readonly #onDue: ((item: T) => void) | undefined;
  readonly #maxLength: number;
  readonly #metrics: QueueMetrics | undefined;
  /** Undefined: what is added may be handed out at once. */
  readonly #spacing: Spacing | undefined;
  readonly #entries = new Map<unknown, Entry<T, N>>();
  readonly #line = new Line<Entry<T, N>>();
  /** Consumers that wait in `get`. */
  readonly #waiters: ((item: T | undefined) => void)[] = [];
  readonly #delayed = new DeadlineHeap<Entry<T, N>>();
  readonly #held = new Held<Entry<T, N>>();
  readonly #drained = Promise.withResolvers<void>();
  #timer: Disposable | undefined;
  #timerAt = 0;
  #order = 0;
  #running = 0;
  #again = 0;
  #shutDown = false;

  constructor(options: WorkQueueOptions<T, N>) {
    checkRecord('options', options, 'an object with clock and rateLimiter');
    checkMethods('clock', options.clock, ['now', 'setTimeout']);
    checkMethods('rateLimiter', options.rateLimiter, ['when', 'forget', 'retries']);
    this.#clock = options.clock;
    this.#rateLimiter = options.rateLimiter;
    this.#keyOf = options.keyOf ?? defaultKeyOf;
    this.#merge = options.merge ?? ((_before, note) => note);
    this.#onQueued = options.onQueued;
    this.#onDue = options.onDue;
    this.#maxLength = checkNumber('maxLength', options.maxLength ?? Infinity, { orInfinity: true });
    const { metrics, name = '', clock } = options;
    const state = { line: this.#line, entries: () => this.#entries.values() };
    // Without one, a queue reads no clock.
    if (metrics) this.#metrics = new QueueMetrics(metrics, name, clock, state);
    const minIntervalMs = checkNumber('minIntervalMs', options.minIntervalMs ?? 0, {
      orZero: true,
    });
    const settleMs = checkNumber('settleMs', options.settleMs ?? 0, { orZero: true });
    if (minIntervalMs > 0 || settleMs > 0) this.#spacing = { minIntervalMs, settleMs };
  }

  get length(): number {
    return this.#line.length;
  }

  get delayed(): number {
    return this.#delayed.size + this.#held.waiting;
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

  add(item: T, note?: N): void {
    if (this.#shutDown) return;
    const key = this.#keyOf(item);
    const known = this.#entries.get(key);
    if (!known || !isDue(known)) this.#checkRoom();
    this.#enqueue(known ?? this.#newEntry(key, item), item, note);
  }

  addAfter(item: T, ms: number, note?: N): void {
    if (!Number.isFinite(ms)) throw wrongType('ms', 'a finite number', ms);
    if (this.#shutDown) return;
    if (ms <= 0) {
      this.add(item, note);
      return;
    }
    const deadlineMs = this.#clock.now() + ms;
    const key = this.#keyOf(item);
    const known = this.#entries.get(key);
    if (known && known.heapIndex >= 0) {
      known.item = item;
      if (deadlineMs >= known.deadlineMs) return;
      known.deadlineMs = deadlineMs;
      known.delayedNote = note;
      known.order = this.#order++;
      this.#delayed.moved(known);
    } else {
      this.#checkRoom();
      const entry = known ?? this.#newEntry(key, item);
      entry.item = item;
      entry.deadlineMs = deadlineMs;
      entry.delayedNote = note;
      entry.order = this.#order++;
      this.#delayed.add(entry);
    }
    this.#setTimer();
  }

  addRateLimited(item: T, note?: N): number {
    if (this.#shutDown) return 0;
    const ms = this.#rateLimiter.when(item);
    if (!Number.isFinite(ms)) {
      throw invalidInput(`rateLimiter: when() must return a finite number, got ${ms}`);
    }
    this.addAfter(item, ms, note);
    this.#metrics?.retried();
    return ms;
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
    this.#start(entry);
    return entry.item;
  }

  get(): Promise<T | undefined> {
    if (this.#line.length > 0) return Promise.resolve(this.tryGet());
    if (this.#shutDown) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
    });
  }

  noteOf(item: T): N | undefined {
    return this.#entries.get(this.#keyOf(item))?.taken;
  }

  done(item: T): void {
    const entry = this.#entries.get(this.#keyOf(item));
    if (!entry?.running) return;
    entry.running = false;
    entry.taken = undefined;
    this.#running -= 1;
    this.#metrics?.done(entry);
    if (entry.again) {
      entry.again = false;
      this.#again -= 1;
      this.#place(entry);
    }
    this.#dropIfIdle(entry);
    this.#settleDrained();
  }

  remove(item: T): void {
    const entry = this.#entries.get(this.#keyOf(item));
    if (entry) {
      this.#unqueue(entry);
      if (entry.heapIndex >= 0) this.#undelay(entry);
      // One that comes back with this key is another one, whose interval is its own.
      entry.spaced = undefined;
      this.#dropIfIdle(entry);
      if (this.#delayed.size + this.#held.size === 0) this.#clearTimer();
      this.#settleDrained();
    }
    this.#rateLimiter.forget(item);
  }

  clear(): void {
    for (const { item } of this.#entries.values()) this.remove(item);
  }

  isDelayed(item: T): boolean {
    const entry = this.#entries.get(this.#keyOf(item));
    return entry !== undefined && entry.heapIndex >= 0;
  }

  entries(): readonly WorkQueueEntry<T, N>[] {
    return [...this.#entries.values()].filter(isKnown).map(told);
  }

  shutdown(): void {
    if (this.#shutDown) return;
    this.#shutDown = true;
    this.#clearTimer();
    for (const entry of this.#delayed.clear()) {
      entry.delayedNote = undefined;
      this.#dropIfIdle(entry);
    }
    for (const { entry } of this.#held.clear()) {
      entry.spaced = undefined;
      this.#dropIfIdle(entry);
    }
    for (const resolve of this.#waiters.splice(0)) resolve(undefined);
    this.#settleDrained();
  }

  shutdownNow(): void {
    this.shutdown();
    for (const entry of this.#entries.values()) {
      this.#unqueue(entry);
      this.#dropIfIdle(entry);
    }
    this.#settleDrained();
  }

  #newEntry(key: unknown, item: T): Entry<T, N> {
    const entry = newEntry<T, N>(key, item);
    this.#entries.set(key, entry);
    return entry;
  }

  /** One occurrence more than now must fit. */
  #checkRoom(): void {
    if (this.#line.length + this.delayed + this.#again < this.#maxLength) return;
    throw new DepwatchError(
      'ERR_INVALID_INPUT',
      `maxLength: ${this.#maxLength} items wait already; work faster than you add, or raise the limit`,
      { retryable: true },
    );
  }

  #enqueue(entry: Entry<T, N>, item: T, note: N | undefined): void {
    entry.item = item;
    if (note !== undefined) {
      entry.note = entry.note === undefined ? note : this.#merge(entry.note, note);
    }
    if (this.#spacing) noteAdd((entry.spaced ??= newSpaced(entry)), this.#clock.now());
    if (isDue(entry)) return;
    this.#metrics?.added(entry);
    if (entry.running) {
      entry.again = true;
      this.#again += 1;
    } else {
      this.#place(entry);
    }
  }

  /** Hands it out, or holds it until the spacing allows that. */
  #place(entry: Entry<T, N>): void {
    const { spaced } = entry;
    const due = spaced ? dueAt(spaced, this.#spacing!) : 0;
    if (!spaced || this.#shutDown || due <= this.#clock.now()) return this.#handOut(entry);
    this.#held.hold(spaced, due, { isWaiting: true });
    this.#setTimer();
  }

  /** To the consumer that has waited longest, or to the end of the line. */
  #handOut(entry: Entry<T, N>): void {
    if (this.#waiters.length > 0) {
      this.#start(entry);
      this.#waiters.shift()!(entry.item);
      return;
    }
    this.#line.push(entry);
    this.#onQueued?.();
  }

  #start(entry: Entry<T, N>): void {
    entry.running = true;
    entry.taken = entry.note;
    entry.note = undefined;
    if (entry.spaced) noteStart(entry.spaced, this.#clock.now());
    this.#running += 1;
    this.#metrics?.started(entry);
  }

  #unqueue(entry: Entry<T, N>): void {
    if (entry.queued) this.#line.remove(entry);
    if (entry.spaced) this.#held.release(entry.spaced);
    if (entry.again) this.#again -= 1;
    entry.again = false;
    entry.note = undefined;
  }

  /** @returns what the delayed add said */
  #undelay(entry: Entry<T, N>): N | undefined {
    this.#delayed.remove(entry);
    const note = entry.delayedNote;
    entry.delayedNote = undefined;
    return note;
  }

  #dropIfIdle(entry: Entry<T, N>): void {
    if (entry.queued || entry.running || entry.heapIndex >= 0) return;
    const { spaced } = entry;
    if (spaced && !this.#shutDown) {
      if (spaced.isWaiting) return;
      const freeAt = spaced.startedAt + this.#spacing!.minIntervalMs;
      if (freeAt > this.#clock.now()) {
        this.#held.hold(spaced, freeAt, { isWaiting: false });
        return this.#setTimer();
      }
    }
    this.#entries.delete(entry.key);
  }

  #settleDrained(): void {
    if (!this.#shutDown || this.#line.length > 0 || this.#running > 0) return;
    this.#metrics?.end();
    this.#drained.resolve();
  }

  /** Sees to it that the timer runs no later than the earliest deadline. */
  #setTimer(): void {
    const dueMs = Math.min(
      this.#delayed.first()?.deadlineMs ?? Infinity,
      this.#held.first()?.deadlineMs ?? Infinity,
    );
    if (dueMs === Infinity || (this.#timer && this.#timerAt <= dueMs)) return;
    this.#clearTimer();
    const now = this.#clock.now();
    this.#timerAt = Math.min(dueMs, now + longestTimerMs);
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
      this.#enqueue(entry, entry.item, this.#undelay(entry));
      this.#onDue?.(entry.item);
    }
    for (let left = mostPerWake; left > 0; left--) {
      const spaced = this.#held.first();
      if (!spaced || spaced.deadlineMs > now) break;
      if (!this.#held.release(spaced)) {
        this.#dropIfIdle(spaced.entry);
        continue;
      }
      // Further adds may have put it off meanwhile.
      this.#place(spaced.entry);
      this.#onDue?.(spaced.entry.item);
    }
    this.#setTimer();
  }
}

/** Whether a further add changes nothing: it is to be handed out already. */
function isDue({ queued, again, spaced }: Entry<unknown, unknown>): boolean {
  return queued || again || (spaced?.isWaiting ?? false);
}
