import { now } from '../meter.ts';

/** Notes who was told of a change, until everybody has been. */
export class RollCall {
  readonly #told: Uint8Array;
  #missing: number;
  #everybody = Promise.withResolvers<number>();

  constructor(size: number) {
    this.#told = new Uint8Array(size);
    this.#missing = size;
  }

  /** Resolves when everybody has been told since the last {@link reset}, to that time. */
  get everybody(): Promise<number> {
    return this.#everybody.promise;
  }

  mark(index: number): void {
    if (this.#told[index]) return;
    this.#told[index] = 1;
    this.#missing -= 1;
    if (this.#missing === 0) this.#everybody.resolve(now());
  }

  reset(): void {
    this.#told.fill(0);
    this.#missing = this.#told.length;
    this.#everybody = Promise.withResolvers();
  }
}
