import { DepwatchError } from '@depwatch/core';

/** Tells when the first lists are in and each of their objects was reconciled once, or failed. */
export class Readiness {
  readonly ready: Promise<void>;
  readonly #resolve: () => void;
  readonly #reject: (error: DepwatchError) => void;
  /** What was reconciled. */
  readonly #reconciled = new Set<string>();
  /** What is to be reconciled still; undefined while it is not known what there is. */
  #pending: Set<string> | undefined;
  #isWaiting = true;

  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Whoever doesn't ask need not hear of a stop.
    promise.catch(() => {});
    this.ready = promise;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Whether it isn't ready yet. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** The lists are in; of what they show, what has these keys is to be reconciled by now. */
  listed(keys: Iterable<string>): void {
    if (!this.#isWaiting) return;
    this.#pending = new Set(keys);
    for (const key of this.#reconciled) this.#pending.delete(key);
    this.#check();
  }

  /** An object was reconciled, or failed. */
  reconciled(key: string): void {
    if (!this.#isWaiting) return;
    this.#reconciled.add(key);
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
    this.#isWaiting = false;
    this.#pending = undefined;
    this.#reconciled.clear();
    this.#resolve();
  }
}
