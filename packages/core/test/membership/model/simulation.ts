/** Real time, as nobody in it can read it: what is due is run in order. */
export class Simulation {
  now = 0;
  readonly #random: () => number;
  #due: { at: number; order: number; run: () => void }[] = [];
  #order = 0;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  /** Runs something later; the returned function calls it off. */
  after(ms: number, run: () => void): () => void {
    const entry = { at: this.now + Math.max(0, ms), order: this.#order++, run };
    // Few are due at once, so the place is looked for from the end.
    let index = this.#due.length;
    while (index > 0 && this.#due[index - 1]!.at > entry.at) index -= 1;
    this.#due.splice(index, 0, entry);
    return () => {
      entry.run = () => {};
    };
  }

  runUntil(until: number): void {
    for (let next = this.#due[0]; next && next.at <= until; next = this.#due[0]) {
      this.#due.shift();
      this.now = next.at;
      next.run();
    }
    this.now = until;
  }

  random(): number {
    return this.#random();
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.#random();
  }

  chance(share: number): boolean {
    return this.#random() < share;
  }
}

/** Numbers in [0, 1), by Mulberry32 (Tommy Ettinger's 32-bit generator, public domain). */
function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
