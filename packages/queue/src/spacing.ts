import { DeadlineHeap, type Deadline } from './deadline-heap.ts';

/** How many times `settleMs` an item that is added again and again waits at most. */
const mostSettles = 10;

/** How a queue spaces what it hands out. */
export interface Spacing {
  readonly minIntervalMs: number;
  readonly settleMs: number;
}

/** What the spacing of one item is reckoned from; in milliseconds of the clock. It stands among the held until it is due. */
export interface Spaced<Member> extends Deadline {
  readonly entry: Member;
  /** When it was handed out last. */
  startedAt: number;
  /** When it was added first and last since then. */
  firstAddAt: number;
  lastAddAt: number;
  /** Whether it waits to be handed out; else it is only remembered for the interval's sake. */
  isWaiting: boolean;
}

export function newSpaced<Member>(entry: Member): Spaced<Member> {
  return {
    entry,
    startedAt: -Infinity,
    firstAddAt: Infinity,
    lastAddAt: -Infinity,
    isWaiting: false,
    deadlineMs: 0,
    order: 0,
    heapIndex: -1,
  };
}

/** It was added. */
export function noteAdd(spaced: Spaced<unknown>, now: number): void {
  spaced.firstAddAt = Math.min(spaced.firstAddAt, now);
  spaced.lastAddAt = now;
}

/** It is handed out. */
export function noteStart(spaced: Spaced<unknown>, now: number): void {
  spaced.startedAt = now;
  spaced.firstAddAt = Infinity;
}

/** From when on it may be handed out. */
export function dueAt(spaced: Spaced<unknown>, { minIntervalMs, settleMs }: Spacing): number {
  const settled = Math.min(spaced.lastAddAt + settleMs, spaced.firstAddAt + mostSettles * settleMs);
  return Math.max(settled, spaced.startedAt + minIntervalMs);
}

/** What was added and isn't due yet, and what has run so lately that it may not run again. */
export class Held<Member> {
  readonly #heap = new DeadlineHeap<Spaced<Member>>();
  #waiting = 0;
  #order = 0;

  /** How many wait to be handed out. */
  get waiting(): number {
    return this.#waiting;
  }

  get size(): number {
    return this.#heap.size;
  }

  /** The one that is due first. */
  first(): Spaced<Member> | undefined {
    return this.#heap.first();
  }

  hold(spaced: Spaced<Member>, untilMs: number, { isWaiting }: { isWaiting: boolean }): void {
    this.release(spaced);
    spaced.isWaiting = isWaiting;
    if (isWaiting) this.#waiting += 1;
    spaced.deadlineMs = untilMs;
    spaced.order = this.#order++;
    this.#heap.add(spaced);
  }

  /** @returns whether it waited to be handed out */
  release(spaced: Spaced<Member>): boolean {
    const { isWaiting } = spaced;
    if (spaced.heapIndex >= 0) this.#heap.remove(spaced);
    if (isWaiting) this.#waiting -= 1;
    spaced.isWaiting = false;
    return isWaiting;
  }

  /** Releases all. */
  clear(): readonly Spaced<Member>[] {
    const all = this.#heap.clear();
    for (const spaced of all) spaced.isWaiting = false;
    this.#waiting = 0;
    return all;
  }
}
