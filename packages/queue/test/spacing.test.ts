import { describe, expect, it } from 'vitest';

import { createWorkQueue, type WorkQueueOptions } from '@depwatch/queue';
import { createVirtualClock } from '@depwatch/testing';
import { seed } from '../../../tools/random-tests.ts';

/** A queue whose items are taken, and done, as soon as they are there; and when each was. */
function spaced(options: Partial<WorkQueueOptions<string>>) {
  const clock = createVirtualClock();
  const taken: [string, number][] = [];
  const queue = createWorkQueue<string>({
    clock,
    rateLimiter: { when: () => 10, forget: () => {}, retries: () => 0 },
    onQueued: () => {
      const item = queue.tryGet()!;
      taken.push([item, clock.now()]);
      queue.done(item);
    },
    ...options,
  });
  const startedAt = clock.now();
  return { clock, queue, at: () => taken.map(([item, at]) => [item, at - startedAt]) };
}

describe('minIntervalMs', () => {
  it('is the least time between two starts, whatever brings the item; what comes meanwhile is one', async () => {
    const { clock, queue, at } = spaced({ minIntervalMs: 1000 });
    queue.add('a');
    queue.add('a');
    queue.add('a');
    queue.addAfter('a', 400);
    queue.addRateLimited('a');
    await clock.advance(999);
    expect(at()).toEqual([['a', 0]]);
    await clock.advance(5000);
    expect(at()).toEqual([
      ['a', 0],
      ['a', 1000],
    ]);
  });

  it('delays nobody else, and nobody who is late already', async () => {
    const { clock, queue, at } = spaced({ minIntervalMs: 1000 });
    queue.add('a');
    await clock.advance(1500);
    queue.add('a');
    queue.add('b');
    expect(at().slice(1)).toEqual([
      ['a', 1500],
      ['b', 1500],
    ]);
  });

  it('counts from the start, also of what is added while it runs', async () => {
    const { clock, queue } = spaced({ minIntervalMs: 1000, onQueued: () => {} });
    queue.add('a');
    expect(queue.tryGet()).toBe('a');
    await clock.advance(300);
    queue.add('a');
    queue.done('a');
    expect([queue.length, queue.delayed]).toEqual([0, 1]);
    await clock.advance(699);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect([queue.length, queue.delayed]).toEqual([1, 0]);
  });

  it('leaves no timer and no memory of an item behind', async () => {
    const { clock, queue, at } = spaced({ minIntervalMs: 1000 });
    queue.add('a');
    queue.add('b');
    queue.remove('b');
    queue.add('b');
    expect(at()).toHaveLength(3);
    await clock.advance(1000);
    expect(clock.pending).toBe(0);
    queue.add('a');
    queue.add('a');
    queue.shutdown();
    await clock.advance(5000);
    expect([clock.pending, queue.delayed, at().length]).toEqual([0, 0, 4]);
    await queue.drained;
  });
});

describe('settleMs', () => {
  it('waits until no more is added', async () => {
    const { clock, queue, at } = spaced({ settleMs: 500 });
    for (let count = 0; count < 5; count += 1) {
      queue.add('a');
      await clock.advance(400);
    }
    expect(at()).toEqual([]);
    await clock.advance(5000);
    expect(at()).toEqual([['a', 4 * 400 + 500]]);
  });

  it('waits ten times as long at most', async () => {
    const { clock, queue, at } = spaced({ settleMs: 500 });
    for (let count = 0; count < 30; count += 1) {
      queue.add('a');
      await clock.advance(400);
    }
    await clock.advance(500);
    expect(at()).toEqual([
      ['a', 5000],
      ['a', 10_200],
      ['a', 12_100],
    ]);
  });

  it('keeps the notes of all that it waited for', async () => {
    const clock = createVirtualClock();
    const queue = createWorkQueue<string, string>({
      clock,
      rateLimiter: { when: () => 0, forget: () => {}, retries: () => 0 },
      merge: (before, note) => before + note,
      settleMs: 100,
    });
    queue.add('a', 'x');
    queue.add('a', 'y');
    await clock.advance(100);
    const item = queue.tryGet()!;
    expect(queue.noteOf(item)).toBe('xy');
  });

  it('counts what waits against maxLength', () => {
    const { queue } = spaced({ settleMs: 100, maxLength: 1 });
    queue.add('a');
    queue.add('a');
    expect(() => queue.add('b')).toThrow(/maxLength/);
  });
});

it(`is never early, and never late by more than it says, under any adds (DEPWATCH_SEED=${seed})`, async () => {
  const { random } = createVirtualClock({ seed });
  const upTo = (most: number): number => Math.floor(random() * (most + 1));
  for (let round = 0; round < 200; round += 1) {
    const minIntervalMs = upTo(400);
    const settleMs = upTo(400);
    const { clock, queue, at } = spaced({ minIntervalMs, settleMs });
    const added: [string, number][] = [];
    let now = 0;
    for (let count = upTo(40) + 1; count > 0; count -= 1) {
      const afterMs = upTo(300);
      await clock.advance(afterMs);
      now += afterMs;
      const item = random() < 0.5 ? 'a' : 'b';
      queue.add(item);
      added.push([item, now]);
    }
    await clock.advance(20_000);
    expect([clock.pending, queue.delayed]).toEqual([0, 0]);
    for (const name of ['a', 'b']) {
      const starts = at().flatMap(([item, ms]) => (item === name ? [Number(ms)] : []));
      let last = -Infinity;
      for (const start of starts) {
        // One that was added in the millisecond of a start may have been for it.
        const first = added.find(([item, ms]) => item === name && ms > last)?.[1] ?? last;
        expect(start - last).toBeGreaterThanOrEqual(minIntervalMs);
        expect(start).toBeLessThanOrEqual(Math.max(first + 10 * settleMs, last + minIntervalMs));
        last = start;
      }
      const lastAdd = added.findLast(([item]) => item === name);
      if (lastAdd) expect(starts.at(-1)).toBeGreaterThanOrEqual(lastAdd[1]);
    }
  }
});
