import { backOffMs, isDepwatchError, type BackOff, type Clock } from '@depwatch/core';

/**
 * When something may be asked for again that has failed: later with each failure in a row, and no sooner than the server
 * asked, but never so late that a replica would be away for long because of it.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #backOff: BackOff;
  readonly #longestAskedMs: number;
  #failures = 0;
  #notBefore = -Infinity;

  /** @param longestAskedMs of what a server asks for, so much is heeded, in milliseconds */
  constructor(clock: Clock, backOff: BackOff, longestAskedMs: number) {
    this.#clock = clock;
    this.#backOff = backOff;
    this.#longestAskedMs = longestAskedMs;
  }

  /** How long to wait before the next time, in milliseconds; 0 where nothing has failed. */
  get waitMs(): number {
    return Math.max(0, this.#notBefore - this.#clock.now());
  }

  failed(error?: unknown): void {
    const asked = isDepwatchError(error) ? (error.retryAfterMs ?? 0) : 0;
    const backOff = backOffMs(this.#failures, this.#backOff, this.#clock.random());
    // On top of it, since all who were told the same would come back together.
    const ms = Math.min(asked, this.#longestAskedMs) + backOff;
    this.#failures += 1;
    this.#notBefore = this.#clock.now() + ms;
  }

  worked(): void {
    this.#failures = 0;
  }
}
