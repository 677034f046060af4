import type { RateLimiter } from '@depwatch/core';
import { createVirtualClock } from '@depwatch/testing';
import { expect, test } from 'vitest';
import { createWorkQueue } from '../src/index.ts';

const rateLimiter: RateLimiter<string> = { when: () => 7, forget() {}, retries: () => 0 };

test('entries has each item once: what runs, what is queued, what is delayed, and until when', () => {
  const clock = createVirtualClock();
  const queue = createWorkQueue<string, string>({ clock, rateLimiter });
  queue.add('a', 'first');
  queue.tryGet();
  queue.addAfter('a', 10, 'again');
  queue.add('b', 'now');
  queue.addAfter('c', 20, 'later');
  expect(queue.entries()).toEqual([
    { item: 'a', running: true, queued: false, dueAt: clock.now() + 10, note: 'again' },
    { item: 'b', running: false, queued: true, note: 'now' },
    { item: 'c', running: false, queued: false, dueAt: clock.now() + 20, note: 'later' },
  ]);
  queue.add('a', 'once more');
  expect(queue.entries()[0]).toMatchObject({ running: true, queued: true, note: 'once more' });
});

test('entries has what the spacing holds, and not what it only remembers', async () => {
  const clock = createVirtualClock();
  const queue = createWorkQueue<string>({ clock, rateLimiter, minIntervalMs: 50 });
  queue.add('a');
  queue.tryGet();
  queue.done('a');
  expect(queue.entries()).toEqual([]);
  queue.add('a');
  expect(queue.entries()).toMatchObject([{ item: 'a', queued: false, dueAt: clock.now() + 50 }]);
  queue.remove('a');
  expect(queue.entries()).toEqual([]);
});

test('addRateLimited returns the delay that the rate limiter chose', () => {
  const queue = createWorkQueue<string>({ clock: createVirtualClock(), rateLimiter });
  expect(queue.addRateLimited('a')).toBe(7);
  queue.shutdown();
  expect(queue.addRateLimited('a')).toBe(0);
});
