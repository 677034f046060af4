import { describe, expect, it } from 'vitest';

import { createVirtualClock } from '@depwatch/testing';

describe('virtual clock', () => {
  it('stands still until told to go on', async () => {
    const clock = createVirtualClock({ startMs: 1_000 });
    expect(clock.now()).toBe(1_000);
    await clock.advance(250);
    expect(clock.now()).toBe(1_250);
  });

  it('runs due timers in the order of time, then of creation', async () => {
    const clock = createVirtualClock();
    const ran: string[] = [];
    const note = (name: string) => () => void ran.push(`${name}@${clock.now()}`);
    clock.setTimeout(note('late'), 30);
    clock.setTimeout(note('b'), 10);
    clock.setTimeout(note('c'), 10);
    clock.setTimeout(note('never'), 31);
    clock.setTimeout(note('a'), 5);
    await clock.advance(30);
    expect(ran).toEqual(['a@5', 'b@10', 'c@10', 'late@30']);
    expect([clock.pending, clock.nextAt]).toEqual([1, 31]);
  });

  it('never runs a timer within setTimeout, not even one of 0 ms or less', async () => {
    const clock = createVirtualClock();
    let ran = 0;
    clock.setTimeout(() => (ran += 1), 0);
    clock.setTimeout(() => (ran += 1), -5);
    expect(ran).toBe(0);
    await clock.advance(0);
    expect(ran).toBe(2);
  });

  it('runs what was set after promises and immediates within the same advance', async () => {
    const clock = createVirtualClock();
    const ran: number[] = [];
    const loop = async (): Promise<void> => {
      for (let round = 0; round < 5; round++) {
        await new Promise<void>((resolve) => void clock.setTimeout(resolve, 10));
        await Promise.resolve();
        await new Promise<void>((resolve) => void setImmediate(resolve));
        ran.push(clock.now());
      }
    };
    const done = loop();
    await clock.advance(50);
    expect(ran).toEqual([10, 20, 30, 40, 50]);
    await done;
  });

  it('cancels by disposal, once and after the run', async () => {
    const clock = createVirtualClock();
    let ran = 0;
    const first = clock.setTimeout(() => (ran += 1), 1);
    const second = clock.setTimeout(() => (ran += 1), 1);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    second[Symbol.dispose]();
    expect([ran, clock.pending, clock.nextAt]).toEqual([1, 0, undefined]);
  });

  it('runs one timer at a time with runNext', async () => {
    const clock = createVirtualClock();
    const ran: number[] = [];
    clock.setTimeout(() => void ran.push(clock.now()), 7);
    clock.setTimeout(() => void ran.push(clock.now()), 3_600_000);
    expect(await clock.runNext()).toBe(true);
    expect(ran).toEqual([7]);
    expect(await clock.runNext()).toBe(true);
    expect(ran).toEqual([7, 3_600_000]);
    expect(await clock.runNext()).toBe(false);
  });

  it('takes calls of advance in their order', async () => {
    const clock = createVirtualClock();
    const ran: number[] = [];
    clock.setTimeout(() => void ran.push(clock.now()), 15);
    await Promise.all([clock.advance(10), clock.advance(10)]);
    expect([clock.now(), ran]).toEqual([20, [15]]);
  });

  it('rejects with what a callback throws, and goes on afterwards', async () => {
    const clock = createVirtualClock();
    clock.setTimeout(() => {
      throw new Error('from a timer');
    }, 5);
    await expect(clock.advance(10)).rejects.toThrow('from a timer');
    expect([clock.now(), clock.pending]).toEqual([5, 0]);
    await clock.advance(10);
    expect(clock.now()).toBe(15);
  });

  it('refuses what real timers would make 1 ms of', async () => {
    const clock = createVirtualClock();
    expect(() => clock.setTimeout(() => {}, Number.NaN)).toThrow(RangeError);
    expect(() => clock.setTimeout(() => {}, 2 ** 31)).toThrow(RangeError);
    await expect(clock.advance(-1)).rejects.toThrow(RangeError);
    await expect(clock.advance(Number.NaN)).rejects.toThrow(RangeError);
  });

  it('keeps the order of many timers of which most are cancelled', async () => {
    const clock = createVirtualClock({ seed: 7 });
    const expected: { at: number; order: number }[] = [];
    const ran: { at: number; order: number }[] = [];
    for (let order = 0; order < 2_000; order++) {
      const timer = { at: Math.floor(clock.random() * 50), order };
      const handle = clock.setTimeout(() => void ran.push(timer), timer.at);
      if (clock.random() < 0.8) handle[Symbol.dispose]();
      else expected.push(timer);
    }
    expect(clock.pending).toBe(expected.length);
    await clock.advance(50);
    expect(ran).toEqual(expected.sort((a, b) => a.at - b.at || a.order - b.order));
  });

  it('gives the same numbers for the same seed, in [0, 1)', () => {
    const numbers = (seed?: number): number[] => {
      const clock = createVirtualClock(seed === undefined ? {} : { seed });
      return Array.from({ length: 1_000 }, () => clock.random());
    };
    expect(numbers(42)).toEqual(numbers(42));
    expect(numbers(42)).not.toEqual(numbers(43));
    expect(numbers().every((number) => number >= 0 && number < 1)).toBe(true);
    const mean = numbers().reduce((sum, number) => sum + number) / 1_000;
    expect(mean).toBeGreaterThan(0.45);
    expect(mean).toBeLessThan(0.55);
  });
});
