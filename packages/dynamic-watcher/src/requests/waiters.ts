import type { Clock, DepwatchError } from '@depwatch/core';
import type { Ending, Operation } from '../demand/watcher-lines.ts';

/** What {@link Waiters} wait by. */
export interface WaitersOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** The error of one whose time is over. */
  late(): DepwatchError;
  /** The last one has left, by an end or by the time-out. */
  abandoned?(): void;
}

/**
 * The operations that wait for one thing. Each has its time, which counts from when it came to wait, or from the first
 * request that was sent for the thing where that is later.
 */
export class Waiters<T> {
  readonly #options: WaitersOptions;
  readonly #all = new Set<Waiter<T>>();
  #begunAt: number | undefined;
  /** For the first one, whose time is over first. */
  #timer: Disposable | undefined;

  constructor(options: WaitersOptions) {
    this.#options = options;
  }

  /** Waits until `resolve`, `reject`, the end of the operation or the end of its time. */
  wait(operation: Operation): Promise<T> {
    if (operation.ended) return Promise.reject(operation.ended);
    return new Promise((resolve, reject) => {
      const waiter = new Waiter(this, operation, this.#options.clock.now(), resolve, reject);
      this.#all.add(waiter);
      operation.onEnd(waiter);
      this.#arm();
    });
  }

  /** The first request went out, or is held up since the server can't be reached. */
  begin(): void {
    this.#begunAt ??= this.#options.clock.now();
    this.#arm();
  }

  /** Nobody is kept waiting for a try that comes too late. */
  triesAgainIn(ms: number): void {
    if (this.#begunAt === undefined) return;
    const next = this.#options.clock.now() + ms;
    this.#rejectLate((deadline) => next > deadline);
  }

  resolve(value: T): void {
    for (const waiter of this.#takeAll()) waiter.resolve(value);
  }

  reject(error: DepwatchError): void {
    for (const waiter of this.#takeAll()) waiter.reject(error);
  }

  /** The operation of one has ended. */
  leave(waiter: Waiter<T>, error: DepwatchError): void {
    if (!this.#all.delete(waiter)) return;
    waiter.reject(error);
    if (this.#all.size > 0) return;
    this.#disarm();
    this.#options.abandoned?.();
  }

  #takeAll(): readonly Waiter<T>[] {
    const all = [...this.#all];
    this.#all.clear();
    this.#disarm();
    for (const waiter of all) waiter.operation.offEnd(waiter);
    return all;
  }

  #arm(): void {
    if (this.#timer || this.#begunAt === undefined) return;
    const [first] = this.#all;
    if (!first) return;
    const { clock } = this.#options;
    this.#timer = clock.setTimeout(
      () => {
        this.#timer = undefined;
        const now = clock.now();
        this.#rejectLate((deadline) => now >= deadline);
        this.#arm();
      },
      this.#deadline(first) - clock.now(),
    );
  }

  #disarm(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  #deadline(waiter: Waiter<T>): number {
    return Math.max(this.#begunAt ?? 0, waiter.since) + this.#options.timeoutMs;
  }

  #rejectLate(isLate: (deadline: number) => boolean): void {
    // In the order in which they came, which is that of their deadlines.
    for (const waiter of [...this.#all]) {
      if (!isLate(this.#deadline(waiter))) return;
      waiter.operation.offEnd(waiter);
      this.leave(waiter, this.#options.late());
    }
  }
}

/** One operation that waits. */
class Waiter<T> implements Ending {
  readonly operation: Operation;
  readonly since: number;
  readonly resolve: (value: T) => void;
  readonly reject: (error: DepwatchError) => void;
  readonly #group: Waiters<T>;

  constructor(
    group: Waiters<T>,
    operation: Operation,
    since: number,
    resolve: (value: T) => void,
    reject: (error: DepwatchError) => void,
  ) {
    this.#group = group;
    this.operation = operation;
    this.since = since;
    this.resolve = resolve;
    this.reject = reject;
  }

  end(error: DepwatchError): void {
    this.#group.leave(this, error);
  }
}
