import { expect, test } from 'vitest';

import { quantile, rotate, summarize } from '../statistics.ts';

test('quantiles are interpolated', () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(quantile([10, 20, 30], 0.25)).toBe(15);
  expect(quantile([7], 0.99)).toBe(7);
  expect(() => quantile([], 0.5)).toThrow('no values');
});

test('a summary has the median, the quartiles and the extremes', () => {
  expect(summarize([5, 1, 4, 2, 3])).toEqual({ n: 5, median: 3, q1: 2, q3: 4, min: 1, max: 5 });
});

test('each item comes first in its round', () => {
  const rounds = [0, 1, 2, 3].map((round) => rotate(['a', 'b', 'c'], round).join(''));
  expect(rounds).toEqual(['abc', 'bca', 'cab', 'abc']);
  expect(rotate([], 1)).toEqual([]);
});
