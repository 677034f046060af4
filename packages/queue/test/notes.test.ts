import { expect, test } from 'vitest';

import { createWorkQueue } from '@depwatch/queue';
import { createVirtualClock } from '@depwatch/testing';

function newQueue(onQueued = (): void => {}) {
  const clock = createVirtualClock();
  const queue = createWorkQueue<string, string>({
    clock,
    rateLimiter: { when: () => 5, forget: () => {}, retries: () => 0 },
    merge: (before, note) => `${before}+${note}`,
    onQueued,
  });
  return { clock, queue };
}

test('what several adds of an item say is merged, and handed out with it once', async () => {
  const { queue } = newQueue();
  queue.add('a', 'one');
  queue.add('a', 'two');
  queue.add('a');
  expect(queue.noteOf('a')).toBeUndefined();
  expect(await queue.get()).toBe('a');
  expect(queue.noteOf('a')).toBe('one+two');
  queue.done('a');
  expect(queue.noteOf('a')).toBeUndefined();
  queue.add('a');
  await queue.get();
  expect(queue.noteOf('a')).toBeUndefined();
});

test('an add while the item runs speaks for the next run alone', () => {
  const { queue } = newQueue();
  queue.add('a', 'one');
  queue.tryGet();
  queue.add('a', 'two');
  expect(queue.noteOf('a')).toBe('one');
  queue.done('a');
  queue.tryGet();
  expect(queue.noteOf('a')).toBe('two');
});

test('a consumer that waits finds the note when it is handed the item', async () => {
  const { queue } = newQueue();
  const waiting = queue.get();
  queue.add('a', 'one');
  await waiting;
  expect(queue.noteOf('a')).toBe('one');
});

test('a run before a delay is over does not take the delayed note along', async () => {
  const { clock, queue } = newQueue();
  queue.addAfter('a', 100, 'late');
  queue.add('a', 'now');
  await clock.advance(50);
  queue.tryGet();
  expect(queue.noteOf('a')).toBe('now');
  queue.done('a');
  await clock.advance(50);
  queue.tryGet();
  expect(queue.noteOf('a')).toBe('late');
});

test('of two delays the earlier one counts, with what it said', async () => {
  const { clock, queue } = newQueue();
  queue.addAfter('a', 100, 'late');
  queue.addRateLimited('a', 'early');
  queue.addAfter('a', 50, 'between');
  await clock.advance(1000);
  queue.tryGet();
  expect(queue.noteOf('a')).toBe('early');
  queue.done('a');
  expect(queue.length).toBe(0);
});

test('removing an item drops what was said of it, queued, delayed or to run again', async () => {
  const { clock, queue } = newQueue();
  queue.add('a', 'queued');
  queue.addAfter('a', 10, 'delayed');
  queue.remove('a');
  queue.add('a', 'new');
  queue.tryGet();
  expect(queue.noteOf('a')).toBe('new');
  queue.add('a', 'again');
  queue.remove('a');
  queue.add('a', 'last');
  queue.done('a');
  queue.tryGet();
  expect(queue.noteOf('a')).toBe('last');
  queue.done('a');
  await clock.advance(10);
  expect([queue.length, queue.delayed]).toEqual([0, 0]);
});

test('the later note counts where nothing merges them', () => {
  const queue = createWorkQueue<string, number>({
    clock: createVirtualClock(),
    rateLimiter: { when: () => 0, forget: () => {}, retries: () => 0 },
  });
  queue.add('a', 1);
  queue.add('a', 2);
  queue.tryGet();
  expect(queue.noteOf('a')).toBe(2);
});

test('a consumer without get is told of each item that enters the line, however it comes there', async () => {
  let told = 0;
  const { clock, queue } = newQueue(() => (told += 1));
  queue.add('a');
  queue.add('a');
  expect(told).toBe(1);
  queue.tryGet();
  queue.add('a');
  expect(told).toBe(1);
  queue.done('a');
  expect(told).toBe(2);
  queue.addAfter('b', 10);
  await clock.advance(10);
  expect(told).toBe(3);
});

test('no delay is over early, though each timer runs up to a millisecond early and delays have fractions', async () => {
  const clock = createVirtualClock({ startMs: 0.123 });
  const early = {
    ...clock,
    setTimeout: (run: () => void, ms: number) =>
      clock.setTimeout(run, Math.max(ms - clock.random(), 0.01)),
  };
  const dueAt = new Map<number, number>();
  const lateBy: number[] = [];
  const queue = createWorkQueue<number>({
    clock: early,
    rateLimiter: { when: () => 0, forget: () => {}, retries: () => 0 },
    onQueued: () => {
      const item = queue.tryGet()!;
      lateBy.push(clock.now() - dueAt.get(item)!);
      queue.done(item);
    },
  });
  for (let item = 0; item < 500; item++) {
    const ms = 0.01 + clock.random() * 50;
    dueAt.set(item, clock.now() + ms);
    queue.addAfter(item, ms);
  }
  await clock.advance(100);
  expect(lateBy).toHaveLength(500);
  expect(Math.min(...lateBy)).toBeGreaterThanOrEqual(0);
});

test('whoever shows what waits is told when a delay is over, with what is known by then', async () => {
  const clock = createVirtualClock();
  const told: unknown[] = [];
  const queue = createWorkQueue<string, string>({
    clock,
    rateLimiter: { when: () => 5, forget: () => {}, retries: () => 0 },
    merge: (before, note) => `${before}+${note}`,
    onDue: (item) => void told.push([item, queue.entries()]),
  });
  queue.add('a', 'now');
  queue.addAfter('a', 100, 'later');
  expect(told).toEqual([]);
  await clock.advance(100);
  expect(told).toEqual([['a', [{ item: 'a', running: false, queued: true, note: 'now+later' }]]]);
});
