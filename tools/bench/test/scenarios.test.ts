import { expect, test } from 'vitest';

import { scenarios } from '../scenarios/index.ts';

test('the scenarios are known by their ids, and their cases have names of their own', () => {
  expect(scenarios.map(({ id }) => id)).toEqual([
    ...Array.from({ length: 10 }, (_, n) => `B${n + 1}`),
    'B15',
  ]);
  for (const full of [false, true]) {
    const labels = scenarios.flatMap(({ id, cases }) =>
      cases(full).map(({ label, contestants }) => {
        expect(contestants[0]).toBe('depwatch');
        return `${id} ${label}`;
      }),
    );
    expect(new Set(labels).size).toBe(labels.length);
  }
});
