import type { Spaced } from './spacing.ts';
import type { WorkQueueEntry } from './work-queue.ts';

/** All that the queue knows of one key; it exists while the key is queued, delayed, held or running. */
export interface Entry<T, N> {
  readonly key: unknown;
  /** The item as it was last added. */
  item: T;
  /** What the adds said since it was last handed out. */
  note: N | undefined;
  /** In the line, which keeps this. */
  queued: boolean;
  /** Handed to a consumer that has not called `done`. */
  running: boolean;
  /** What the adds had said when it was handed out. */
  taken: N | undefined;
  /** Added while running: to be queued again once done. */
  again: boolean;
  /** When the delay is over, in milliseconds of the clock; valid while `heapIndex` is not -1. */
  deadlineMs: number;
  /** What the delayed add said; it counts once the delay is over. */
  delayedNote: N | undefined;
  /** Its place among the delayed ones; -1 when it is not delayed. */
  heapIndex: number;
  /** Which of two equal deadlines was set first. */
  order: number;
  /** Where the queue spaces what it hands out: what is known for that. */
  spaced: Spaced<Entry<T, N>> | undefined;
  /** When it was added and when it was handed out, for metrics; in milliseconds of the clock. */
  addedAt: number;
  startedAt: number;
}

export function newEntry<T, N>(key: unknown, item: T): Entry<T, N> {
  return {
    key,
    item,
    note: undefined,
    queued: false,
    running: false,
    taken: undefined,
    again: false,
    deadlineMs: 0,
    delayedNote: undefined,
    heapIndex: -1,
    order: 0,
    spaced: undefined,
    addedAt: 0,
    startedAt: 0,
  };
}

/** Whether it is queued, delayed or running, and not only remembered for the sake of the spacing. */
export function isKnown<T, N>({ running, again, queued, heapIndex, spaced }: Entry<T, N>): boolean {
  return running || again || queued || heapIndex >= 0 || spaced?.isWaiting === true;
}

/** What is told of an entry. */
export function told<T, N>(entry: Entry<T, N>): WorkQueueEntry<T, N> {
  const { item, running, again, note, delayedNote, taken, spaced } = entry;
  const delayed = entry.heapIndex >= 0 ? entry.deadlineMs : Infinity;
  const held = spaced?.isWaiting ? spaced.deadlineMs : Infinity;
  const dueAt = Math.min(delayed, held);
  return {
    item,
    running,
    queued: entry.queued || again,
    ...(dueAt < Infinity && { dueAt }),
    note: note ?? delayedNote ?? taken,
  };
}
