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
  /** In the order in which they came. */
  #all: Waiter<T>[] = [];
  #hasBegun = false;

  /** @param deadlines of all who wait for things of this kind, and have as much time */
  constructor(awaited: Awaited, deadlines: Deadlines) {
    this.#awaited = awaited;
    this.#deadlines = deadlines;
  }

  /** How many wait. */
  get size(): number {
    return this.#all.length;
  }

  /**
   * Waits until `resolve`, `reject`, the end of its time or an abort, which rejects with the signal's reason.
   *
   * @param isPatient its time never ends
   */
  wait(signal: CallSignal, isPatient = false): Promise<T> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const waiter = new Waiter(this, signal, isPatient, resolve, reject);
      // One waits for most things, and of those there may be thousands.
      if (this.#all.length === 0) this.#all = [waiter];
      else this.#all.push(waiter);
      signal.addEventListener('abort', waiter);
      if (this.#hasBegun) this.#time(waiter);
    });
  }

  /** The first request went out, or is held up since the server can't be reached. */
  begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    for (const waiter of this.#all) this.#time(waiter);
  }

  /** Nobody is kept waiting for a try that comes too late. */
  triesAgainIn(ms: number): void {
    if (!this.#hasBegun) return;
    const next = this.#deadlines.in(ms);
    for (const waiter of [...this.#all]) if (next > waiter.deadline) waiter.expire();
  }

  resolve(value: T): void {
    for (const waiter of this.#takeAll()) waiter.resolve(value);
  }

  reject(error: DepwatchError): void {
    for (const waiter of this.#takeAll()) waiter.reject(error);
  }

  /** The time of one is over. */
  expire(waiter: Waiter<T>): void {
    this.leave(waiter, this.#awaited.late());
  }

  /** One waits no longer. */
  leave(waiter: Waiter<T>, error: unknown): void {
    const index = this.#all.indexOf(waiter);
    if (index < 0) return;
    this.#all.splice(index, 1);
    this.#end(waiter);
    waiter.reject(error);
    if (this.#all.length === 0) this.#awaited.abandoned?.();
  }

  #time(waiter: Waiter<T>): void {
    if (!waiter.isPatient) this.#deadlines.add(waiter);
  }

  #takeAll(): readonly Waiter<T>[] {
    const all = this.#all;
    this.#all = [];
    for (const waiter of all) this.#end(waiter);
    return all;
  }

  #end(waiter: Waiter<T>): void {
    this.#deadlines.delete(waiter);
    waiter.signal.removeEventListener('abort', waiter);
  }
}

/** Somebody who waits; itself what its signal tells and what has its time, since there may be thousands. */
class Waiter<T> implements Timed, AbortListener {
  deadline = Infinity;
  readonly isPatient: boolean;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
  readonly #waiters: Waiters<T>;
  readonly signal: CallSignal;

  constructor(
    waiters: Waiters<T>,
    signal: CallSignal,
    isPatient: boolean,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ) {
    this.#waiters = waiters;
    this.signal = signal;
    this.isPatient = isPatient;
    this.resolve = resolve;
    this.reject = reject;
  }

  /** Its signal was aborted. */
  handleEvent(): void {
    this.#waiters.leave(this, this.signal.reason);
  }

  expire(): void {
    this.#waiters.expire(this);
  }
}
