import type { ReconcileItem, Result } from '@depwatch/core';
import { defer, filter, finalize, map, mergeMap, type MonoTypeOperatorFunction } from 'rxjs';

import { claim, type Claim } from './delivery.ts';
import type { ReconcileEachOptions } from './options.ts';

/**
 * Does the work of each item, and says what became of it: the item is claimed as it comes in, done with what `work`
 * returns, and failed with what it throws, so that its watcher is tried again. Errors of `work` never end the stream.
 * What is emitted are the items whose work succeeded, when it has.
 *
 * `work` is given the item with a signal that is also aborted when the subscription ends; the item is failed then, at
 * once. An item whose signal was aborted while it waited for its turn is failed and not worked on.
 *
 * The claim is made within the emission, so whatever stands between the observable and this operator must pass items on
 * in the same call: behind a `delay` or an `observeOn` it comes too late, unless items are acknowledged by hand.
 *
 * @throws RangeError when the concurrency is not a whole number above 0 or Infinity
 */
export function reconcileEach<T extends ReconcileItem>(
  work: (item: T) => Promise<Result | void> | Result | void,
  { concurrency = Infinity }: ReconcileEachOptions = {},
): MonoTypeOperatorFunction<T> {
  if (!(concurrency === Infinity || (Number.isInteger(concurrency) && concurrency > 0)))
    throw new RangeError(`concurrency: expected a whole number above 0, got ${concurrency}`);
  return (source) =>
    defer(() => {
      const tasks = new Set<Task<T>>();
      return source.pipe(
        map((item) => new Task(item, tasks)),
        mergeMap(async (task) => ((await task.run(work)) ? task.item : undefined), concurrency),
        filter((item) => item !== undefined),
        finalize(() => {
          for (const task of tasks) task.cancel();
        }),
      );
    });
}

/** An item that is to be worked on. */
class Task<T extends ReconcileItem> {
  readonly item: T;
  readonly #claim: Claim;
  readonly #open: Set<Task<T>>;
  readonly #cancelled = new AbortController();

  /** @param open holds it until its work is done */
  constructor(item: T, open: Set<Task<T>>) {
    this.item = item;
    this.#claim = claim(item);
    this.#open = open.add(this);
  }

  /** Whether the work succeeded. */
  async run(work: (item: T) => Promise<Result | void> | Result | void): Promise<boolean> {
    const signal = AbortSignal.any([this.item.signal, this.#cancelled.signal]);
    try {
      signal.throwIfAborted();
      const result = await work({ ...this.item, signal });
      this.#claim.done(result ?? undefined);
      return true;
    } catch (error) {
      this.#claim.fail(error);
      return false;
    } finally {
      this.#open.delete(this);
    }
  }

  cancel(): void {
    const reason = new Error('unsubscribed before the work was done');
    this.#cancelled.abort(reason);
    this.#claim.fail(reason);
  }
}
