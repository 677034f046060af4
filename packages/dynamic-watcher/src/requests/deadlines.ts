import type { Clock } from '@depwatch/core';

/** Something that has its time. */
export interface Timed {
  /** When its time is over, in milliseconds of the clock; set where its time begins. */
  deadline: number;
  /** Its time is over. */
  expire(): void;
}

/**
 * Times that are equally long. So they are over in the order in which they began, and one timer does for all of them: there
 * may be thousands.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #ms: number;
  /** In the order of their deadlines. */
  readonly #all = new Set<Timed>();
  /** For the first one. */
  #timer: Disposable | undefined;

  /** @param ms how long each has */
  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
  }

  /** Its time begins. */
  add(timed: Timed): void {
    timed.deadline = this.#clock.now() + this.#ms;
    this.#all.add(timed);
    this.#arm();
  }

  /** It needs no more time. */
  delete(timed: Timed): void {
    this.#all.delete(timed);
    if (this.#all.size > 0) return;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  /** The clock's time in so many milliseconds. */
  in(ms: number): number {
    return this.#clock.now() + ms;
  }

  #arm(): void {
    if (this.#timer) return;
    const [first] = this.#all;
    if (!first) return;
    const leftMs = first.deadline - this.#clock.now();
    // A timer that was late itself, or a sum that was rounded up, is beyond what a timer takes.
    const ms = Math.min(Math.max(leftMs, 0), this.#ms);
    this.#timer = this.#clock.setTimeout(() => this.#expire(), ms);
  }

  #expire(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    for (const timed of this.#all) {
      if (timed.deadline > now) break;
      this.#all.delete(timed);
      timed.expire();
    }
    this.#arm();
  }
}
