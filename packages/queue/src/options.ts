import type { Clock, Metrics, RateLimiter } from '@depwatch/core';

/** Options of `createWorkQueue`. */
export interface WorkQueueOptions<T> {
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
   * Told of the gauge `workqueue_depth`, the counters `workqueue_adds_total` and `workqueue_retries_total`, and the
   * histograms `workqueue_queue_duration_ms` (from add to get) and `workqueue_work_duration_ms` (from get to done): the
   * metrics of client-go, in milliseconds, each with the label `name`. What it throws is ignored.
   *
   * @default none
   */
  metrics?: Metrics;
  /**
   * The label `name` of the metrics.
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
