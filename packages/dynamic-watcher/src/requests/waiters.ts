import type { Clock, DepwatchError } from '@depwatch/core';

/** What {@link Waiters} wait by. */
export interface WaitersOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** The error of one whose time is over. */
  late(): DepwatchError;
  /** The last one has left, by its signal or by the time-out. */
  abandoned?(): void;
}

interface Waiter<T> {
  readonly since: number;
  resolve(value: T): void;
  reject(error: unknown): void;
}

/**
 * Those who wait for one thing. Each has its time, which counts from when it came to wait, or from the first request that
 * was sent for the thing where that is later.
 */
export class Waiters<T> {
  readonly #options: WaitersOptions;
  /** In the order in which they came, which is that of their deadlines. */
  readonly #all = new Set<Waiter<T>>();
  #begunAt: number | undefined;
  /** For the first one, whose time is over first. */
  #timer: Disposable | undefined;

  constructor(options: WaitersOptions) {
    this.#options = options;
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
  wait(signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const waiter = { since: this.#options.clock.now(), resolve, reject };
      this.#all.add(waiter);
      signal.addEventListener('abort', () => this.#leave(waiter, signal.reason));
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

  #takeAll(): readonly Waiter<T>[] {
    const all = [...this.#all];
    this.#all.clear();
    this.#disarm();
    return all;
  }

  #leave(waiter: Waiter<T>, error: unknown): void {
    if (!this.#all.delete(waiter)) return;
    waiter.reject(error);
    if (this.#all.size > 0) return;
    this.#disarm();
    this.#options.abandoned?.();
  }

  #arm(): void {
    if (this.#timer || this.#begunAt === undefined) return;
    const [first] = this.#all;
    if (!first) return;
    const { clock, timeoutMs } = this.#options;
    const leftMs = this.#deadline(first) - clock.now();
    this.#timer = clock.setTimeout(
      () => {
        this.#timer = undefined;
        const now = clock.now();
        this.#rejectLate((deadline) => now >= deadline);
        this.#arm();
      },
      // A timer that was late itself, or a sum that was rounded up, is beyond what a timer takes.
      Math.min(Math.max(leftMs, 0), timeoutMs),
    );
  }

  #disarm(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  #deadline({ since }: Waiter<T>): number {
    return Math.max(this.#begunAt ?? 0, since) + this.#options.timeoutMs;
  }

  #rejectLate(isLate: (deadline: number) => boolean): void {
    for (const waiter of [...this.#all]) {
      if (!isLate(this.#deadline(waiter))) return;
      this.#leave(waiter, this.#options.late());
    }
  }
}
