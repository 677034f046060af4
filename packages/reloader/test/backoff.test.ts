import { expect, test } from 'vitest';

import { createBackoff } from '../src/backoff.ts';

test('waits double from 0.1 s to 30 s, for each item on its own, until it is forgotten', () => {
  const backoff = createBackoff(
    (item: { name: string }) => item.name,
    () => 0,
  );
  const waits = Array.from({ length: 11 }, () => backoff.when({ name: 'a' }));
  expect(waits).toStrictEqual([
    100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000,
  ]);
  expect(backoff.retries({ name: 'a' })).toBe(11);
  expect(backoff.when({ name: 'b' })).toBe(100);
  backoff.forget({ name: 'a' });
  expect(backoff.when({ name: 'a' })).toBe(100);
});

test('chance adds up to a quarter', () => {
  const backoff = createBackoff(String, () => 0.999);
  expect(backoff.when('a')).toBeCloseTo(125, 0);
});
