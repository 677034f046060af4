import { isDepwatchError } from '@depwatch/core';

interface Failure {
  readonly count: number;
  readonly message: string;
}

/** How often in a row watchers have failed, and with what. The rate limiter's word may be anything. */
export class Failures {
  readonly #inRow = new Map<string, Failure>();

  /** How many watchers failed the last time. */
  get size(): number {
    return this.#inRow.size;
  }

  /** How often in a row a watcher has failed. */
  count(key: string): number {
    return this.#inRow.get(key)?.count ?? 0;
  }

  /** A watcher has failed once more. @returns whether it is another failure than the one before, if there was one */
  add(key: string, error: unknown): boolean {
    const message = textOf(error);
    const before = this.#inRow.get(key);
    this.#inRow.set(key, { count: (before?.count ?? 0) + 1, message });
    return before?.message !== message;
  }

  /** A watcher has succeeded, or is there no longer. */
  delete(key: string): void {
    this.#inRow.delete(key);
  }

  clear(): void {
    this.#inRow.clear();
  }
}

/** Anything may be thrown, also what can't be made a text. */
function textOf(error: unknown): string {
  try {
    return String(error);
  } catch {
    return 'an error without a text';
  }
}

/** Whether it says no more than that an API server can't be reached. */
export function isUnreachable(error: unknown): boolean {
  return isDepwatchError(error, 'ERR_TRANSPORT') && error.reason === 'unreachable';
}
