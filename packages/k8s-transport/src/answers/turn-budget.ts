/** Something that goes on in a later turn. */
export interface Resumable {
  go(): void;
}

/** A few milliseconds of JSON.parse. */
const bytesPerTurn = 512 * 1024;

/**
 * Keeps the event loop free: all watches together decode so many bytes in one of its turns, and go on in the next.
 */
export class TurnBudget {
  readonly #waiting = new Set<Resumable>();
  #left = bytesPerTurn;
  #scheduled = false;

  /** Whether so many bytes may be decoded now; the last ones allowed may exceed what is left. */
  spend(bytes: number): boolean {
    if (this.#left <= 0) return false;
    this.#left -= bytes;
    // Small events don't buy a turn each: what they leave is made up for now and then.
    if (this.#left < bytesPerTurn / 2) this.#schedule();
    return true;
  }

  /** Has it go on in a later turn that has something left. */
  later(waiting: Resumable): void {
    this.#waiting.add(waiting);
    this.#schedule();
  }

  /** Takes back what {@link later} was given. */
  cancel(waiting: Resumable): void {
    this.#waiting.delete(waiting);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#nextTurn);
  }

  readonly #nextTurn = (): void => {
    this.#scheduled = false;
    this.#left = bytesPerTurn;
    for (const waiting of this.#waiting) {
      if (this.#left <= 0) return this.#schedule();
      this.#waiting.delete(waiting);
      waiting.go();
    }
  };
}
