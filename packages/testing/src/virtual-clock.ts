import { setImmediate as nextTurn } from 'node:timers/promises';

import type { Clock } from '@depwatch/core';

/** Options of {@link createVirtualClock}. */
export interface VirtualClockOptions {
  /**
   * Where the sequence of `random()` starts; equal seeds give equal sequences.
   *
   * @default 1
   */
  seed?: number;
  /**
   * What `now()` says at first, in milliseconds.
   *
   * @default 0
   */
  startMs?: number;
}

/**
 * A {@link Clock} that stands still until it is told to go on, so that a test runs hours in milliseconds and the same
 * way each time.
 */
export interface VirtualClock extends Clock {
  /**
   * Lets `ms` milliseconds pass: runs each timer that becomes due, in the order of their times, then of their creation.
   * Before the first, after each and at the end it waits until promise jobs and `setImmediate` callbacks have settled,
   * so that a timer which what ran sets runs in the same call where it becomes due in time. Calls queue up.
   *
   * @returns a promise that rejects with what a timer's callback throws; the clock then stands at that timer's time
   */
  advance(ms: number): Promise<void>;
  /** Goes to the time of the next timer and runs that timer alone; false when there is none. */
  runNext(): Promise<boolean>;
  /** How many timers wait: 0 proves that nothing was left behind. */
  readonly pending: number;
  /** When the next timer is due, on the scale of `now()`; undefined when there is none. */
  readonly nextAt: number | undefined;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  /** Undefined once it has run or was cancelled. */
  run: (() => void) | undefined;
}

/** A promise that is kept may set off another, and that one a callback: so many turns of the event loop pass between timers. */
const turnsToSettle = 3;

/** Node runs a timer set for longer than this at once (after 1 ms, with a warning). */
const longestTimerMs = 2 ** 31 - 1;

/**
 * A {@link VirtualClock}. What Node's timers would silently make 1 ms of (NaN, more than 2^31 - 1 ms) it refuses with a
 * RangeError; a negative time counts as 0.
 */
export function createVirtualClock(options: VirtualClockOptions = {}): VirtualClock {
  const { seed = 1, startMs = 0 } = options;
  const random = randomFrom(seed);
  const timers = new TimerHeap();
  let now = startMs;
  let created = 0;
  let line: Promise<unknown> = Promise.resolve();

  const runDue = async (until: number): Promise<boolean> => {
    await settle();
    const timer = timers.take(until);
    if (!timer) return false;
    now = Math.max(now, timer.at);
    const { run } = timer;
    timer.run = undefined;
    run?.();
    await settle();
    return true;
  };
  const inLine = <R>(work: () => Promise<R>): Promise<R> => {
    const result = line.then(work);
    line = result.catch(() => {});
    return result;
  };

  return {
    now: () => now,
    random,
    setTimeout: (run, ms) => {
      if (!(ms <= longestTimerMs)) {
        throw new RangeError(`setTimeout: ms must be at most ${longestTimerMs}, got ${ms}`);
      }
      const timer: Timer = { at: now + Math.max(0, ms), order: created++, run };
      timers.add(timer);
      return {
        [Symbol.dispose]: () => {
          if (!timer.run) return;
          timer.run = undefined;
          timers.cancelled();
        },
      };
    },
    advance: (ms) =>
      inLine(async () => {
        if (!(ms >= 0 && ms < Infinity)) {
          throw new RangeError(`advance: ms must be finite and not negative, got ${ms}`);
        }
        const until = now + ms;
        while (await runDue(until));
        now = until;
      }),
    runNext: () => inLine(() => runDue(Infinity)),
    get pending() {
      return timers.size;
    },
    get nextAt() {
      return timers.first()?.at;
    },
  };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < turnsToSettle; turn++) await nextTurn();
}

/** Numbers in [0, 1), by Mulberry32 (Tommy Ettinger's 32-bit generator, public domain). */
function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Timers in the order in which they are due; a binary heap whose cancelled timers go when they come up or are many. */
class TimerHeap {
  #timers: Timer[] = [];
  #dead = 0;

  get size(): number {
    return this.#timers.length - this.#dead;
  }

  add(timer: Timer): void {
    this.#timers.push(timer);
    this.#rise(this.#timers.length - 1);
  }

  /** The first timer, left where it is. */
  first(): Timer | undefined {
    while (this.#timers[0] && !this.#timers[0].run) {
      this.#removeFirst();
      this.#dead -= 1;
    }
    return this.#timers[0];
  }

  /** Takes the first timer out when it is due. */
  take(until: number): Timer | undefined {
    const timer = this.first();
    if (!timer || timer.at > until) return undefined;
    this.#removeFirst();
    return timer;
  }

  /** One of the timers has lost its callback. */
  cancelled(): void {
    this.#dead += 1;
    if (this.#dead < 64 || this.#dead * 2 < this.#timers.length) return;
    // An array in order is a heap.
    this.#timers = this.#timers
      .filter((timer) => timer.run)
      .sort((a, b) => (before(a, b) ? -1 : 1));
    this.#dead = 0;
  }

  #removeFirst(): void {
    const last = this.#timers.pop()!;
    if (this.#timers.length === 0) return;
    this.#timers[0] = last;
    this.#sink(0);
  }

  #rise(index: number): void {
    const timers = this.#timers;
    const timer = timers[index]!;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(timer, timers[parent]!)) break;
      timers[index] = timers[parent]!;
      index = parent;
    }
    timers[index] = timer;
  }

  #sink(index: number): void {
    const timers = this.#timers;
    const timer = timers[index]!;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= timers.length) break;
      if (child + 1 < timers.length && before(timers[child + 1]!, timers[child]!)) child += 1;
      if (!before(timers[child]!, timer)) break;
      timers[index] = timers[child]!;
      index = child;
    }
    timers[index] = timer;
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
