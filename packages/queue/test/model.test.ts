import { expect, it } from 'vitest';

import { createWorkQueue, ItemExponentialFailureRateLimiter } from '@depwatch/queue';
import { createVirtualClock } from '@depwatch/testing';
import { seeds } from '../../../tools/random-tests.ts';

/** What a work queue is to do, written for being read: arrays that are searched. */
class Model {
  now = 0;
  line: number[] = [];
  running: number[] = [];
  again: number[] = [];
  delayed: { item: number; at: number; note: number[] }[] = [];
  /** What the adds said, by item: not handed out yet, and what runs. */
  notes = new Map<number, number[]>();
  taken = new Map<number, number[]>();
  waiting = 0;
  shutDown = false;
  failures = new Map<number, number>();
  /** What consumers have been given, in the order of their calls; undefined for the end. */
  got: (number | undefined)[] = [];

  add(item: number, note: number[]): void {
    if (this.shutDown) return;
    this.notes.set(item, [...(this.notes.get(item) ?? []), ...note]);
    if (this.line.includes(item) || this.again.includes(item)) return;
    if (this.running.includes(item)) this.again.push(item);
    else this.handOut(item);
  }

  addAfter(item: number, ms: number, note: number[]): void {
    if (this.shutDown) return;
    if (ms <= 0) {
      this.add(item, note);
      return;
    }
    const at = this.now + ms;
    const known = this.delayed.find((other) => other.item === item);
    if (known && known.at <= at) return;
    this.delayed = this.delayed.filter((other) => other !== known);
    this.delayed.push({ item, at, note });
  }

  addRateLimited(item: number, note: number[]): void {
    if (this.shutDown) return;
    const failures = this.failures.get(item) ?? 0;
    this.failures.set(item, failures + 1);
    this.addAfter(item, 5 * 2 ** failures, note);
  }

  get(): void {
    const item = this.line.shift();
    if (item !== undefined) this.start(item);
    else if (this.shutDown) this.got.push(undefined);
    else this.waiting += 1;
  }

  tryGet(): number | undefined {
    const item = this.line.shift();
    if (item !== undefined) this.run(item);
    return item;
  }

  done(item: number): void {
    if (!this.running.includes(item)) return;
    this.running = without(this.running, item);
    this.taken.delete(item);
    const again = this.again.includes(item);
    this.again = without(this.again, item);
    if (again) this.handOut(item);
  }

  remove(item: number): void {
    this.line = without(this.line, item);
    this.again = without(this.again, item);
    this.delayed = this.delayed.filter((other) => other.item !== item);
    this.failures.delete(item);
    this.notes.delete(item);
  }

  advance(ms: number): void {
    this.now += ms;
    const due = this.delayed.filter(({ at }) => at <= this.now).sort((a, b) => a.at - b.at);
    this.delayed = this.delayed.filter(({ at }) => at > this.now);
    for (const { item, note } of due) this.add(item, note);
  }

  shutdown(): void {
    this.shutDown = true;
    this.delayed = [];
    for (; this.waiting > 0; this.waiting--) this.got.push(undefined);
  }

  shutdownNow(): void {
    this.shutdown();
    this.line = [];
    this.again = [];
    this.notes.clear();
  }

  private handOut(item: number): void {
    if (this.waiting === 0) {
      this.line.push(item);
      return;
    }
    this.waiting -= 1;
    this.start(item);
  }

  private start(item: number): void {
    this.run(item);
    this.got.push(item);
  }

  private run(item: number): void {
    this.running.push(item);
    this.taken.set(item, this.notes.get(item)!);
    this.notes.delete(item);
  }
}

const without = (items: number[], item: number): number[] =>
  items.filter((other) => other !== item);

/** One random schedule of a queue and its model. */
async function run(seed: number): Promise<void> {
  const clock = createVirtualClock({ seed });
  const rateLimiter = new ItemExponentialFailureRateLimiter<number>();
  const queue = createWorkQueue<number, number[]>({
    clock,
    rateLimiter,
    merge: (before, note) => [...before, ...note],
  });
  const model = new Model();
  const got: (number | undefined)[] = [];
  const log: string[] = [];
  const below = (end: number): number => Math.floor(clock.random() * end);
  const keys = 1 + below(8);
  const shutsDown = clock.random() < 0.5;

  for (let step = 0; step < 150; step++) {
    const item = below(keys);
    const ms = below(40) - 2;
    const note = [step];
    const steps: [name: string, act: () => unknown][] = [
      [`add ${item}`, () => (model.add(item, note), queue.add(item, note))],
      [`add ${item}`, () => (model.add(item, note), queue.add(item, note))],
      [
        `addAfter ${item} ${ms}`,
        () => (model.addAfter(item, ms, note), queue.addAfter(item, ms, note)),
      ],
      [
        `addRateLimited ${item}`,
        () => (model.addRateLimited(item, note), queue.addRateLimited(item, note)),
      ],
      ['get', () => (model.get(), void queue.get().then((next) => got.push(next)))],
      ['get', () => (model.get(), void queue.get().then((next) => got.push(next)))],
      ['tryGet', () => expect(queue.tryGet(), `seed ${seed}`).toBe(model.tryGet())],
      [`done ${item}`, () => (model.done(item), queue.done(item))],
      [`done ${item}`, () => (model.done(item), queue.done(item))],
      [`forget ${item}`, () => (model.failures.delete(item), queue.forget(item))],
      [`remove ${item}`, () => (model.remove(item), queue.remove(item))],
      [`advance ${ms + 2}`, () => (model.advance(ms + 2), clock.advance(ms + 2))],
    ];
    if (shutsDown && step > 100) {
      steps.push(['shutdown', () => (model.shutdown(), queue.shutdown())]);
      steps.push(['shutdownNow', () => (model.shutdownNow(), queue.shutdownNow())]);
    }
    const [name, act] = steps[below(steps.length)]!;
    log.push(name);
    await act();
    // What the queue resolves arrives within a microtask or two.
    for (let turn = 0; turn < 4; turn++) await Promise.resolve();
    expect(
      {
        got,
        length: queue.length,
        delayed: queue.delayed,
        running: queue.running,
        notes: model.running.map((other) => queue.noteOf(other)),
        retries: queue.retries(item),
        timers: clock.pending,
      },
      `seed ${seed} after ${log.join(', ')}`,
    ).toEqual({
      got: model.got,
      length: model.line.length,
      delayed: model.delayed.length,
      running: model.running.length,
      notes: model.running.map((other) => model.taken.get(other)),
      retries: model.failures.get(item) ?? 0,
      timers: model.delayed.length > 0 ? 1 : 0,
    });
    expect(model.running.length, 'no key runs twice at once').toBe(new Set(model.running).size);
  }

  queue.shutdownNow();
  for (let item = 0; item < keys; item++) queue.done(item);
  await queue.drained;
  expect([queue.length, queue.delayed, queue.running, clock.pending]).toEqual([0, 0, 0, 0]);
}

const drawn = seeds(200);

it(`does what the model does, over ${drawn.length} random schedules (DEPWATCH_SEED=${drawn[0]})`, async () => {
  for (const seed of drawn) await run(seed);
});
