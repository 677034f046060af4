import { expect, test } from 'vitest';
import { backOffMs } from '../src/index.ts';

const backOff = { baseMs: 800, maxMs: 30_000 };

test('it doubles up to the maximum, and is never below half nor above the whole', () => {
  const longest = [0, 1, 2, 3, 4, 5, 6, 1e9].map((failures) => backOffMs(failures, backOff, 1));
  expect(longest).toEqual([800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
  expect(backOffMs(0, backOff, 0)).toBe(400);
  expect(backOffMs(50, backOff, 0)).toBe(15_000);
  expect(backOffMs(5000, { baseMs: 0, maxMs: 10 }, 0.5)).toBe(0);
});
