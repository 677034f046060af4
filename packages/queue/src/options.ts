import type { Clock, Metrics, RateLimiter } from '@depwatch/core';

/** Options of `createWorkQueue`. */
export interface WorkQueueOptions<T, N = never> {
  /** Time, for delayed adds. */
  clock: Clock;
  /** How long `addRateLimited` waits; `defaultControllerRateLimiter({ clock })` is what Kubernetes controllers use. */
  rateLimiter: RateLimiter<T>;
  /**
   * What makes two items the same, compared as a Map compares its keys.
   *
   * @default the item itself; for an ObjectIdentifier its `objectIdentifierKey`
   */
  keyOf?: (item: T) => unknown;
  /**
   * Makes one note of two, where an item is added again before it is worked on.
   *
   * @default the later note
   */
  merge?: (before: N, note: N) => N;
  /**
   * Called each time an item enters the line (so not when it goes straight to a consumer that waits in `get`), within the
   * add, the `done` or the timer that brings it there: where consumers that use `tryGet` alone begin. It must not throw.
   *
   * @default none
   */
  onQueued?: () => void;
  /**
   * Called each time a delay of an item is over, or the time for which its spacing held it, after it was queued or is held again,
   * within the timer: where somebody shows what waits. It must not throw.
   *
   * @default none
   */
  onDue?: (item: T) => void;
  /**
   * The least time between two moments at which one item is handed out, in milliseconds; what is added meanwhile waits, and
   * becomes one. It holds for whatever brings the item: an add, a delay that is over, a failure.
   *
   * @default 0
   */
  minIntervalMs?: number;
  /**
   * How long an item waits for further adds before it is handed out, in milliseconds, counted from the last add; in all at
   * most ten times as long.
   *
   * @default 0
   */
  settleMs?: number;
  /**
   * Told of what client-go tells of its queues, with the labels `name` and `controller`, as controller-runtime has them. Gauges,
   * which are read until the queue is drained: `workqueue_depth`, `workqueue_unfinished_work_seconds` and
   * `workqueue_longest_running_processor_seconds`. Counters: `workqueue_adds_total` and `workqueue_retries_total`. Histograms:
   * `workqueue_queue_duration_seconds` (from add to get) and `workqueue_work_duration_seconds` (from get to done). What it
   * throws is ignored.
   *
   * @default none
   */
  metrics?: Metrics;
  /**
   * The labels `name` and `controller` of the metrics.
   *
   * @default ""
   */
  name?: string;
  /**
   * How many items may wait at once: queued, delayed, or to be queued again once done.
   *
   * @default Infinity
   */
  maxLength?: number;
}
