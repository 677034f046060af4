import { describe, expect, it } from 'vitest';

import type { ObjectIdentifier, RateLimiter } from '@depwatch/core';
import {
  BucketRateLimiter,
  defaultControllerRateLimiter,
  ItemExponentialFailureRateLimiter,
  MaxOfRateLimiter,
} from '@depwatch/queue';
import { createVirtualClock } from '@depwatch/testing';

const calls = (limiter: RateLimiter<string>, count: number, item = 'one'): number[] =>
  Array.from({ length: count }, () => limiter.when(item));

const invalid = (field: string) =>
  expect.objectContaining({
    code: 'ERR_INVALID_INPUT',
    message: expect.stringMatching(new RegExp(`^${field}: `)) as string,
  }) as Error;

describe('ItemExponentialFailureRateLimiter', () => {
  // The first two rows are client-go's (workqueue/default_rate_limiters_test.go).
  it.each([
    [{ baseDelayMs: 1, maxDelayMs: 1_000 }, [1, 2, 4, 8, 16]],
    [{ baseDelayMs: 1, maxDelayMs: 1_000 * 1_000 }, [1, 2, 4, 8, 16]],
    [{}, [5, 10, 20, 40, 80, 160, 320, 640]],
    [{ maxDelayMs: 30 }, [5, 10, 20, 30, 30, 30]],
    [{ baseDelayMs: 0 }, [0, 0, 0]],
    [{ baseDelayMs: 50, maxDelayMs: 10 }, [10, 10]],
    [{ baseDelayMs: 0.5 }, [0.5, 1, 2]],
  ])('%j waits %j ms', (options, delays) => {
    const limiter = new ItemExponentialFailureRateLimiter<string>(options);
    expect(calls(limiter, delays.length)).toEqual(delays);
    expect(limiter.retries('one')).toBe(delays.length);
  });

  it('reaches 1,000,000 ms at the nineteenth failure and never overflows', () => {
    const limiter = new ItemExponentialFailureRateLimiter<string>();
    const delays = calls(limiter, 10_000);
    expect(delays[17]).toBe(5 * 2 ** 17);
    expect(delays.slice(18).every((ms) => ms === 1_000_000)).toBe(true);
    expect(limiter.retries('one')).toBe(10_000);
    const fromZero = new ItemExponentialFailureRateLimiter<string>({ baseDelayMs: 0 });
    expect(calls(fromZero, 10_000).every((ms) => ms === 0)).toBe(true);
  });

  it('keeps items apart and forgets one at a time', () => {
    const limiter = new ItemExponentialFailureRateLimiter<string>();
    calls(limiter, 3);
    expect([limiter.when('two'), limiter.retries('one'), limiter.retries('two')]).toEqual([
      5, 3, 1,
    ]);
    limiter.forget('one');
    limiter.forget('never seen');
    expect([limiter.retries('one'), limiter.when('one'), limiter.when('two')]).toEqual([0, 5, 10]);
  });

  it('takes equal ObjectIdentifiers for one item, or what keyOf makes equal', () => {
    const limiter = new ItemExponentialFailureRateLimiter();
    const pod: ObjectIdentifier = { version: 'v1', kind: 'Pod', namespace: 'ns', name: 'a' };
    limiter.when(pod);
    expect(limiter.when({ ...pod, group: '' })).toBe(10);
    const byLength = new ItemExponentialFailureRateLimiter<string>({
      keyOf: (item) => item.length,
    });
    byLength.when('ab');
    expect(byLength.retries('cd')).toBe(1);
  });

  it.each([
    ['baseDelayMs', -1],
    ['baseDelayMs', Number.NaN],
    ['baseDelayMs', Infinity],
    ['maxDelayMs', -1],
    ['maxDelayMs', Number.NaN],
    ['maxDelayMs', '5' as unknown as number],
  ])('refuses %s: %s', (field, value) => {
    expect(() => new ItemExponentialFailureRateLimiter({ [field]: value })).toThrow(invalid(field));
  });
});

describe('BucketRateLimiter', () => {
  it('lets 100 through at once, then one each 100 ms', () => {
    const limiter = new BucketRateLimiter<string>({ clock: createVirtualClock() });
    const delays = calls(limiter, 1_000);
    expect(delays.slice(0, 100).every((ms) => ms === 0)).toBe(true);
    expect(delays.slice(100, 105)).toEqual([100, 200, 300, 400, 500]);
    expect(delays[999]).toBe(90_000);
  });

  it('refills by the clock, up to the burst, and pays its reservations first', async () => {
    const clock = createVirtualClock({ startMs: 5_000 });
    const limiter = new BucketRateLimiter<string>({ clock, perSecond: 2, burst: 3 });
    expect(calls(limiter, 5)).toEqual([0, 0, 0, 500, 1_000]);
    await clock.advance(250);
    expect(limiter.when('one')).toBe(1_250);
    await clock.advance(1_750);
    expect(calls(limiter, 3)).toEqual([0, 500, 1_000]);
    await clock.advance(3_600_000);
    expect(calls(limiter, 4)).toEqual([0, 0, 0, 500]);
  });

  it('knows no items', () => {
    const limiter = new BucketRateLimiter<string>({ clock: createVirtualClock(), burst: 1 });
    limiter.when('one');
    limiter.forget('one');
    expect([limiter.retries('one'), limiter.when('two')]).toEqual([0, 100]);
  });

  it('is not misled by a clock that goes back', () => {
    let now = 1_000;
    const limiter = new BucketRateLimiter<string>({ clock: { now: () => now }, burst: 1 });
    expect(limiter.when('one')).toBe(0);
    now = 0;
    expect(limiter.when('one')).toBe(100);
    now = 1_000;
    expect(limiter.when('one')).toBe(200);
  });

  it.each([
    ['perSecond', 0],
    ['perSecond', -1],
    ['perSecond', Number.NaN],
    ['perSecond', Infinity],
    ['burst', 0],
    ['burst', 0.5],
    ['burst', Number.NaN],
  ])('refuses %s: %s', (field, value) => {
    const clock = createVirtualClock();
    expect(() => new BucketRateLimiter({ clock, [field]: value })).toThrow(invalid(field));
  });
});

describe('MaxOfRateLimiter', () => {
  // As client-go's: 5 ms doubling to 3 s, and 1 ms five times, then 3 s.
  it('takes the longest delay and the highest count', () => {
    const limiter = new MaxOfRateLimiter<string>([
      new ItemExponentialFailureRateLimiter<string>({ baseDelayMs: 5, maxDelayMs: 3_000 }),
      { when: () => 12, forget: () => {}, retries: () => 2 },
    ]);
    expect(calls(limiter, 4)).toEqual([12, 12, 20, 40]);
    expect([limiter.retries('one'), limiter.retries('two')]).toEqual([4, 2]);
    limiter.forget('one');
    expect([limiter.retries('one'), limiter.when('one')]).toEqual([2, 12]);
  });

  it('refuses to be of nothing', () => {
    expect(() => new MaxOfRateLimiter([])).toThrow(invalid('limiters'));
  });
});

describe('defaultControllerRateLimiter', () => {
  it('is the longer of 5 ms doubling and 10 a second after 100', async () => {
    const clock = createVirtualClock();
    const limiter = defaultControllerRateLimiter<string>({ clock });
    expect(calls(limiter, 5)).toEqual([5, 10, 20, 40, 80]);
    expect(
      Array.from({ length: 95 }, (_, index) => limiter.when(`other ${index}`)).every(
        (ms) => ms === 5,
      ),
    ).toBe(true);
    expect([limiter.when('new'), limiter.when('new')]).toEqual([100, 200]);
    limiter.forget('one');
    expect(limiter.retries('one')).toBe(0);
    await clock.advance(20_000);
    expect([limiter.when('one'), limiter.when('new')]).toEqual([5, 20]);
  });

  it('goes by the time of the machine when it is given no clock', () => {
    const limiter = defaultControllerRateLimiter<string>();
    const delays = Array.from({ length: 101 }, (_, index) => limiter.when(`item ${index}`));
    expect(delays.slice(0, 100)).toEqual(Array.from({ length: 100 }, () => 5));
    // The bucket is empty now, less what came back while this ran.
    expect(delays[100]).toBeGreaterThan(5);
    expect(delays[100]).toBeLessThanOrEqual(100);
    expect(new BucketRateLimiter<string>().when('one')).toBe(0);
  });

  it('takes keyOf', () => {
    const limiter = defaultControllerRateLimiter<{ id: number }>({
      clock: createVirtualClock(),
      keyOf: ({ id }) => id,
    });
    limiter.when({ id: 1 });
    expect(limiter.retries({ id: 1 })).toBe(1);
  });
});
