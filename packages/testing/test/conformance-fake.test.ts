import { describe, expect, test } from 'vitest';

import { transportConformance } from '../src/index.ts';
import { fakeHarness } from './fake-harness.ts';

const { cases } = fakeHarness();

describe('the fake transport', () => {
  for (const { name, missing, run } of cases) {
    test(name, async () => {
      expect(missing).toEqual([]);
      await run();
    });
  }
});

test('cases have names of their own', () => {
  const names = cases.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

test('the cases that disturb nobody run at once, and again, on one server', async () => {
  const { harness } = fakeHarness();
  const shared = transportConformance(harness).filter(
    ({ exclusive, missing }) => !exclusive && missing.length === 0,
  );
  for (let round = 0; round < 2; round += 1) {
    const outcomes = await Promise.allSettled(shared.map((one) => one.run()));
    const failed = shared.filter((_, index) => outcomes[index]?.status === 'rejected');
    expect(failed.map(({ name }) => name)).toEqual([]);
  }
});

test('a case that the harness cannot run says what it lacks, and does not run', async () => {
  const { harness } = fakeHarness();
  const { compact: _, ...rest } = harness;
  const lacking = transportConformance(rest).filter(({ missing }) => missing.includes('compact'));
  expect(lacking.map(({ missing }) => missing)).toEqual([['compact'], ['compact']]);
  await expect(lacking[0]?.run()).rejects.toThrow('the harness has no compact');
});
