import { DepwatchError } from '@depwatch/core';

/** Tells when the first lists are in and each of their objects was reconciled once, or failed. */
export class Readiness {
  readonly ready: Promise<void>;
  readonly #resolve: () => void;
  readonly #reject: (error: DepwatchError) => void;
  /** What was reconciled before it was known what there is; then undefined. */
  #early: Set<string> | undefined = new Set();
  /** What is to be reconciled still. */
  #pending: Set<string> | undefined;

  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Whoever doesn't ask need not hear of a stop.
    promise.catch(() => {});
    this.ready = promise;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Whether it is not known yet what there is. */
  get isWaiting(): boolean {
    return this.#early !== undefined;
  }

  /** The lists are in, and show objects with these keys. */
  listed(keys: Iterable<string>): void {
    const early = this.#early;
    if (!early) return;
    this.#early = undefined;
    this.#pending = new Set([...keys].filter((key) => !early.has(key)));
    this.#check();
  }

  /** An object was reconciled, or failed. */
  reconciled(key: string): void {
    this.#early?.add(key);
    if (this.#pending?.delete(key)) this.#check();
  }

  /** It will never be. */
  stopped(): void {
    this.#reject(
      new DepwatchError('ERR_NOT_STARTED', 'the controller was stopped before it was ready'),
    );
  }

  #check(): void {
    if (this.#pending?.size !== 0) return;
    this.#pending = undefined;
    this.#resolve();
  }
}
