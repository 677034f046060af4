import { expect, test } from 'vitest';
import { compareResourceVersions } from '../src/index.ts';

test.each([
  ['9', '10', -1],
  ['10', '9', 1],
  ['18446744073709551615', '18446744073709551614', 1],
  ['7', '7', 0],
  ['7', 'abc', undefined],
  ['', '7', undefined],
  ['07', '7', undefined],
  [undefined, '7', undefined],
])('%s beside %s', (a, b, expected) => {
  const order = compareResourceVersions(a, b);
  expect(order === undefined ? undefined : Math.sign(order)).toBe(expected);
});
