import { describe, expect, it } from 'vitest';

import { createWorkQueue, ItemExponentialFailureRateLimiter } from '@depwatch/queue';
import { createVirtualClock } from '@depwatch/testing';

function newQueue() {
  const clock = createVirtualClock();
  const rateLimiter = new ItemExponentialFailureRateLimiter<string>();
  return { clock, queue: createWorkQueue<string>({ clock, rateLimiter }) };
}

describe('delayed adds', () => {
  it('come when their delay has passed, not before', async () => {
    const { clock, queue } = newQueue();
    queue.addAfter('a', 100);
    expect([queue.length, queue.delayed]).toEqual([0, 1]);
    await clock.advance(99);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect([queue.length, queue.delayed, clock.pending]).toEqual([1, 0, 0]);
  });

  it.each([0, -1])('of %s ms come at once', (ms) => {
    const { clock, queue } = newQueue();
    queue.addAfter('a', ms);
    expect([queue.length, queue.delayed, clock.pending]).toEqual([1, 0, 0]);
  });

  it('keep the earliest deadline of an item, whichever came first', async () => {
    const { clock, queue } = newQueue();
    queue.addAfter('a', 100);
    queue.addAfter('a', 50);
    queue.addAfter('b', 60);
    queue.addAfter('b', 120);
    await clock.advance(50);
    expect(queue.length).toBe(1);
    await clock.advance(10);
    expect([queue.length, queue.delayed]).toEqual([2, 0]);
    await clock.advance(100);
    expect(queue.length).toBe(2);
  });

  it('come in the order of their deadlines, then of their calls', async () => {
    const { clock, queue } = newQueue();
    for (const [item, ms] of [
      ['c', 20],
      ['a', 10],
      ['d', 20],
      ['b', 10],
    ] as const) {
      queue.addAfter(item, ms);
    }
    await clock.advance(20);
    const items = [await queue.get(), await queue.get(), await queue.get(), await queue.get()];
    expect(items).toEqual(['a', 'b', 'c', 'd']);
  });

  it('outlive an add, and merge with what is queued', async () => {
    const { clock, queue } = newQueue();
    queue.addAfter('a', 10);
    queue.add('a');
    expect([queue.length, queue.delayed, queue.isDelayed('a')]).toEqual([1, 1, true]);
    expect(queue.isDelayed('another')).toBe(false);
    await clock.advance(10);
    expect([queue.length, queue.delayed, queue.isDelayed('a')]).toEqual([1, 0, false]);
  });

  it('of a running item let it run once more when it is done', async () => {
    const { clock, queue } = newQueue();
    queue.add('a');
    await queue.get();
    queue.addAfter('a', 10);
    await clock.advance(10);
    expect(queue.length).toBe(0);
    queue.done('a');
    expect(queue.length).toBe(1);
  });

  it('go straight to a consumer that waits', async () => {
    const { clock, queue } = newQueue();
    const waiting = queue.get();
    queue.addAfter('a', 10);
    await clock.advance(10);
    expect(await waiting).toBe('a');
  });

  it('use one timer at a time, for the nearest deadline', async () => {
    const { clock, queue } = newQueue();
    queue.addAfter('b', 20);
    queue.addAfter('c', 30);
    queue.addAfter('a', 10);
    expect([clock.pending, clock.nextAt]).toEqual([1, 10]);
    await clock.runNext();
    expect([clock.pending, clock.nextAt]).toEqual([1, 20]);
    queue.shutdown();
    expect(clock.pending).toBe(0);
  });

  it('may be longer than any timer of Node', async () => {
    const { clock, queue } = newQueue();
    const sixtyDaysMs = 60 * 86_400_000;
    queue.addAfter('a', sixtyDaysMs);
    await clock.advance(sixtyDaysMs - 1);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect([queue.length, clock.pending]).toEqual([1, 0]);
  });

  it('wait for the rest where a timer runs early', async () => {
    const { clock, queue } = newQueue();
    const early = {
      ...clock,
      setTimeout: (run: () => void, ms: number) => clock.setTimeout(run, Math.max(ms - 0.5, 0.1)),
    };
    const rateLimiter = new ItemExponentialFailureRateLimiter<string>();
    const impatient = createWorkQueue<string>({ clock: early, rateLimiter });
    queue.addAfter('a', 10);
    impatient.addAfter('a', 10);
    await clock.advance(9.9);
    expect([queue.length, impatient.length]).toEqual([0, 0]);
    await clock.advance(0.2);
    expect([queue.length, impatient.length]).toEqual([1, 1]);
  });

  it('that are due by the ten thousands let the event loop turn between', async () => {
    const { clock, queue } = newQueue();
    for (let item = 0; item < 25_000; item++) queue.addAfter(`item-${item}`, 10);
    const lengths: number[] = [];
    while (await clock.runNext()) lengths.push(queue.length);
    expect([lengths, clock.now()]).toEqual([[10_000, 20_000, 25_000], 10]);
    expect(await queue.get()).toBe('item-0');
  });

  it('by the hundred thousand leave nothing behind when removed in any order', async () => {
    const { clock, queue } = newQueue();
    const items = Array.from({ length: 100_000 }, (_, index) => `item-${index}`);
    for (const item of items) queue.addAfter(item, 1 + Math.floor(clock.random() * 60_000));
    expect([queue.delayed, clock.pending]).toEqual([100_000, 1]);
    const kept = items.filter((_, index) => index % 1_000 === 0);
    for (const [index, item] of items.entries()) if (index % 1_000 !== 0) queue.remove(item);
    expect(queue.delayed).toBe(kept.length);
    await clock.advance(60_000);
    expect([queue.length, queue.delayed, clock.pending]).toEqual([kept.length, 0, 0]);
  });
});

describe('rate-limited adds', () => {
  it('wait as long as the limiter says, longer each time, until forgotten', async () => {
    const { clock, queue } = newQueue();
    const delays: number[] = [];
    for (const failure of [1, 2, 3, 4, 5]) {
      if (failure === 5) queue.forget('a');
      const failedAt = clock.now();
      queue.addRateLimited('a');
      await clock.runNext();
      expect(await queue.get()).toBe('a');
      delays.push(clock.now() - failedAt);
      queue.done('a');
    }
    expect(delays).toEqual([5, 10, 20, 40, 5]);
  });
});
