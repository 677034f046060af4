import { DepwatchError } from '@depwatch/core';
import { createVirtualClock } from '@depwatch/testing';
import { expect, test } from 'vitest';
import { Deadlines } from '../src/requests/deadlines.ts';
import { Waiters } from '../src/requests/waiters.ts';

const late = new DepwatchError('ERR_TRANSPORT', 'late', { retryable: true });
const longestTimerMs = 2 ** 31 - 1;

function waiting(timeoutMs: number) {
  const clock = createVirtualClock({ startMs: 0.3 });
  const delays: number[] = [];
  const timing = {
    ...clock,
    now: () => clock.now(),
    setTimeout(run: () => void, ms: number) {
      delays.push(ms);
      return clock.setTimeout(run, ms);
    },
  };
  const deadlines = new Deadlines(timing, timeoutMs);
  const waiters = new Waiters<string>({ late: () => late }, deadlines);
  const others = new Waiters<string>({ late: () => late }, deadlines);
  return { clock, delays, waiters, others };
}

test('the time of each counts from the first request, or from when it came, with one timer for all', async () => {
  const { clock, waiters } = waiting(100);
  const { signal } = new AbortController();
  const outcomes: string[] = [];
  const wait = (name: string) =>
    void waiters.wait(signal).catch(() => outcomes.push(`${name} ${Math.floor(clock.now())}`));
  wait('a');
  await clock.advance(500);
  expect(clock.pending).toBe(0);
  waiters.begin();
  await clock.advance(50);
  wait('b');
  expect(clock.pending).toBe(1);
  await clock.advance(1000);
  expect(outcomes).toEqual(['a 600', 'b 650']);
  expect(clock.pending).toBe(0);
});

test('however many things are waited for, there is one timer, and it goes with the last who waits', async () => {
  const { clock, waiters, others } = waiting(100);
  const { signal } = new AbortController();
  const first = waiters.wait(signal);
  waiters.begin();
  await clock.advance(50);
  others.begin();
  const other = others.wait(signal);
  const another = others.wait(signal);
  expect(clock.pending).toBe(1);
  waiters.resolve('there');
  await expect(first).resolves.toBe('there');
  const outcomes = Promise.allSettled([other, another]);
  await clock.advance(99);
  expect(others.size).toBe(2);
  await clock.advance(1);
  expect(await outcomes).toMatchObject([{ reason: late }, { reason: late }]);
  const last = others.wait(signal);
  others.resolve('there');
  await expect(last).resolves.toBe('there');
  expect(clock.pending).toBe(0);
});

test('who is aborted leaves with the reason, and the last one takes the timer along', async () => {
  const { clock, waiters } = waiting(100);
  const controller = new AbortController();
  const wait = waiters.wait(controller.signal);
  waiters.begin();
  controller.abort(late);
  await expect(wait).rejects.toBe(late);
  await expect(waiters.wait(controller.signal)).rejects.toBe(late);
  expect([clock.pending, waiters.size]).toEqual([0, 0]);
});

test('no timer is set for less than nothing, or for longer than a timer can be set', async () => {
  const { clock, delays, waiters } = waiting(longestTimerMs);
  const { signal } = new AbortController();
  waiters.begin();
  for (let step = 0; step < 20; step += 1) {
    const wait = waiters.wait(signal);
    waiters.resolve('there');
    await wait;
    await clock.advance(1.1);
  }
  expect(delays).toHaveLength(20);
  for (const ms of delays) expect(ms >= 0 && ms <= longestTimerMs).toBe(true);
});
