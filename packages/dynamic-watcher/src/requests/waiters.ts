import type { DepwatchError } from '@depwatch/core';
import type { AbortListener, CallSignal } from './call-signal.ts';
import type { Deadlines, Timed } from './deadlines.ts';

/** What is waited for. */
export interface Awaited {
  /** The error of one whose time is over. */
  late(): DepwatchError;
  /** The last one has left, by its signal or by the time-out. */
  abandoned?(): void;
}

/**
 * Those who wait for one thing. Each has its time, which counts from when it came to wait, or from the first request that
 * was sent for the thing where that is later.
 */
export class Waiters<T> {
  readonly #awaited: Awaited;
  readonly #deadlines: Deadlines;
  /** In the order in which they came, which is that of their deadlines. */
  readonly #all = new Set<Waiter<T>>();
  #hasBegun = false;

  /** @param deadlines of all who wait for things of this kind, and have as much time */
  constructor(awaited: Awaited, deadlines: Deadlines) {
    this.#awaited = awaited;
    this.#deadlines = deadlines;
  }

  /** How many wait. */
  get size(): number {
    return this.#all.size;
  }

  /**
   * Waits until `resolve`, `reject`, the end of its time or an abort, which rejects with the signal's reason.
   *
   * @param signal of a call, and gone with it: it keeps its listener
   */
  wait(signal: CallSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const waiter = new Waiter(this, signal, resolve, reject);
      this.#all.add(waiter);
      signal.addEventListener('abort', waiter);
      if (this.#hasBegun) this.#deadlines.add(waiter);
    });
  }

  /** The first request went out, or is held up since the server can't be reached. */
  begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    for (const waiter of this.#all) this.#deadlines.add(waiter);
  }

  /** Nobody is kept waiting for a try that comes too late. */
  triesAgainIn(ms: number): void {
    if (!this.#hasBegun) return;
    const next = this.#deadlines.in(ms);
    for (const waiter of this.#all) {
      if (next <= waiter.deadline) return;
      waiter.expire();
    }
  }

  resolve(value: T): void {
    for (const waiter of this.#all) waiter.resolve(value);
    this.#clear();
  }

  reject(error: DepwatchError): void {
    for (const waiter of this.#all) waiter.reject(error);
    this.#clear();
  }

  /** The time of one is over. */
  expire(waiter: Waiter<T>): void {
    this.leave(waiter, this.#awaited.late());
  }

  /** One waits no longer. */
  leave(waiter: Waiter<T>, error: unknown): void {
    if (!this.#all.delete(waiter)) return;
    this.#deadlines.delete(waiter);
    waiter.reject(error);
    if (this.#all.size === 0) this.#awaited.abandoned?.();
  }

  #clear(): void {
    for (const waiter of this.#all) this.#deadlines.delete(waiter);
    this.#all.clear();
  }
}

/** Somebody who waits; itself what its signal tells and what has its time, since there may be thousands. */
class Waiter<T> implements Timed, AbortListener {
  deadline = Infinity;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
  readonly #waiters: Waiters<T>;
  readonly #signal: CallSignal;

  constructor(
    waiters: Waiters<T>,
    signal: CallSignal,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ) {
    this.#waiters = waiters;
    this.#signal = signal;
    this.resolve = resolve;
    this.reject = reject;
  }

  /** Its signal was aborted. */
  handleEvent(): void {
    this.#waiters.leave(this, this.#signal.reason);
  }

  expire(): void {
    this.#waiters.expire(this);
  }
}
