/** All that the queue knows of one key; it exists while the key is queued, delayed or running. */
export interface Entry<T> {
  readonly key: unknown;
  /** The item as it was last added. */
  item: T;
  /** In the line. */
  queued: boolean;
  /** Handed to a consumer that has not called `done`. */
  running: boolean;
  /** Added while running: to be queued again once done. */
  again: boolean;
  /** When the delay is over, in milliseconds of the clock; valid while `heapIndex` is not -1. */
  deadlineMs: number;
  /** Its place among the delayed ones; -1 when it is not delayed. */
  heapIndex: number;
  /** Which of two equal deadlines was set first. */
  order: number;
  /** When it was added and when it was handed out, for metrics; in milliseconds of the clock. */
  addedAt: number;
  startedAt: number;
  previous: Entry<T> | undefined;
  next: Entry<T> | undefined;
}

export function newEntry<T>(key: unknown, item: T): Entry<T> {
  return {
    key,
    item,
    queued: false,
    running: false,
    again: false,
    deadlineMs: 0,
    heapIndex: -1,
    order: 0,
    addedAt: 0,
    startedAt: 0,
    previous: undefined,
    next: undefined,
  };
}
