import { expect, test } from 'vitest';

import { isDepwatchError, parseLabelSelector } from '../src/index.ts';
import { selectorTable } from './selector-table.ts';

test.each(selectorTable.map(({ text, valid }) => [JSON.stringify(text), valid, text] as const))(
  '%s: %s',
  (_, valid, text) => {
    let refused: unknown;
    try {
      const { canonical } = parseLabelSelector(text);
      expect(parseLabelSelector(canonical).canonical).toBe(canonical);
    } catch (error) {
      refused = error;
    }
    expect(refused === undefined || isDepwatchError(refused, 'ERR_INVALID_INPUT')).toBe(true);
    expect(refused === undefined).toBe(valid);
  },
);

test('the table has each selector once', () => {
  const texts = selectorTable.map(({ text }) => text);
  expect(texts.filter((text, index) => texts.indexOf(text) !== index)).toEqual([]);
});
