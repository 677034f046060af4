import { EntryQueue } from './entry-queue.ts';
import type { WorkQueueOptions } from './options.ts';

/** What a work queue knows of an item. */
export interface WorkQueueEntry<T, N = never> {
  readonly item: T;
  /** Whether it is handed out, and not done yet. */
  readonly running: boolean;
  /** Whether it stands in the line, or is to once it is done. */
  readonly queued: boolean;
  /** Until when it is delayed, in milliseconds on the clock's scale. */
  readonly dueAt?: number;
  /** What the adds said: those that it waits for, or else those that it runs for. */
  readonly note: N | undefined;
}

/**
 * A line of items to work on; see the package's README for its contract. "Item" below means all items with one key.
 *
 * @typeParam N what an add may say about itself; `noteOf` tells the consumer
 */
export interface WorkQueue<T, N = never> {
  /**
   * Queues the item at the end of the line, unless it is there already; while it runs, marks it to be queued again once
   * done. After a shutdown it does nothing. Its note is merged with those of the adds since the item was last handed out.
   *
   * @throws DepwatchError ERR_INVALID_INPUT, retryable, when `maxLength` is reached
   */
  add(item: T, note?: N): void;
  /**
   * As `add`, once `ms` milliseconds have passed; at once for 0 or less. An item that is delayed already keeps the
   * earlier of the two deadlines, and the note of that add. An `add` meanwhile does not end the delay, nor does a run
   * before the delay is over take its note along.
   *
   * @throws DepwatchError ERR_INVALID_INPUT when `ms` is no finite number, or (retryable) when `maxLength` is reached
   */
  addAfter(item: T, ms: number, note?: N): void;
  /**
   * `addAfter` with the delay that the rate limiter chooses; counts as a failure of the item. Throws as `addAfter` does.
   *
   * @returns the delay, in milliseconds; 0 after a shutdown
   */
  addRateLimited(item: T, note?: N): number;
  /** Ends the rate limiter's history of the item: it succeeded, or is given up. */
  forget(item: T): void;
  /** How often the item has failed, as the rate limiter counts. */
  retries(item: T): number;
  /**
   * The next item, which runs from then on, until `done`. Consumers that wait are served in the order of their calls; an
   * item added while one waits is handed over at once, and counts as running before the consumer's code goes on.
   *
   * @returns undefined once the queue is shut down and empty; never rejects
   */
  get(): Promise<T | undefined>;
  /** As `get`, for an item that is queued already: it costs no promise. @returns undefined when nothing is queued */
  tryGet(): T | undefined;
  /** What the adds said that an item runs for, merged; undefined when none said anything, or when it does not run. */
  noteOf(item: T): N | undefined;
  /** Ends the run of an item that `get` or `tryGet` returned. For an item that does not run it does nothing. */
  done(item: T): void;
  /**
   * Drops the item wherever it waits, its delay, its mark to run again, its notes and its rate limiter history. One that runs is
   * only kept from running again.
   */
  remove(item: T): void;
  /** `remove` for all items that it knows of; it forgets when they were handed out last, too. */
  clear(): void;
  /** Whether the item waits for a delay to pass, perhaps while it is queued or runs. */
  isDelayed(item: T): boolean;
  /** Every item that is queued, delayed or running, each once, as of now. The spacing's hold counts as a delay. */
  entries(): readonly WorkQueueEntry<T, N>[];
  /** How many items are queued. */
  readonly length: number;
  /** How many items wait for their delay to pass. */
  readonly delayed: number;
  /** How many items run. */
  readonly running: number;
  /** Whether the queue has been shut down. */
  readonly isShutDown: boolean;
  /**
   * Resolves once the queue is shut down, nothing is queued and nothing runs, that is when each item handed out is done;
   * never rejects.
   */
  readonly drained: Promise<void>;
  /**
   * Takes no more adds and drops what is delayed. What is queued can still be got, and so can what runs and was added
   * again before; consumers that wait get undefined. No timer remains. Calling it again does nothing.
   */
  shutdown(): void;
  /** As `shutdown`, and drops what is queued or to run again, too. */
  shutdownNow(): void;
}

/**
 * A work queue with the contract of client-go's `util/workqueue` (its queue, delaying queue and rate limiting queue in
 * one). No operation costs more than O(log n) of the delayed items; there is at most one timer.
 *
 * @throws DepwatchError ERR_INVALID_INPUT when `maxLength` is not above 0
 */
export function createWorkQueue<T, N = never>(options: WorkQueueOptions<T, N>): WorkQueue<T, N> {
  return new EntryQueue(options);
}
