import { expect, test } from 'vitest';

import { scenarios } from '../scenarios/index.ts';

test('the scenarios are known by their ids, and their cases have names of their own', () => {
  const first = Array.from({ length: 10 }, (_, n) => `B${n + 1}`);
  const ids = [...first, 'B1s', 'B7s', 'B11', 'B13', 'B14', 'B15', 'plan-costs'];
  expect(scenarios.map(({ id }) => id)).toEqual(ids);
  // What takes hours is only run by its name.
  expect(scenarios.filter(({ onlyByName }) => onlyByName).map(({ id }) => id)).toEqual([
    'plan-costs',
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
