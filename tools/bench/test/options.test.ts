import { expect, test } from 'vitest';

import { parseOptions } from '../options.ts';

const parse = (...argv: string[]) => parseOptions(argv, ['B1', 'B4', 'B1s']);

test('the defaults are all scenarios of the quick set, five runs each', () => {
  expect(parse()).toEqual({
    scenarios: [],
    full: false,
    runs: 5,
    out: undefined,
    profile: false,
    build: true,
    as: 'service-account',
    against: undefined,
    only: [],
    help: false,
  });
});

test('scenarios are picked by their ids', () => {
  expect(parse('B1S', 'b1').scenarios).toEqual(['B1s', 'B1']);
  expect(parse('b4', '--full', '--runs', '7', '--out', 'there', '--profile')).toMatchObject({
    scenarios: ['B4'],
    full: true,
    runs: 7,
    out: 'there',
    profile: true,
  });
});

test('contestants are picked by their names', () => {
  expect(parse('--only', 'depwatch,with-metrics').only).toEqual(['depwatch', 'with-metrics']);
});

test('with another checkout sources are compared, so nothing is built', () => {
  const options = parse('--against', '../before', '--as', 'admin');
  expect(options).toMatchObject({ against: '../before', as: 'admin', build: false });
});

test.for([
  [['--as', 'root'], '--as: expected service-account or admin, got root'],
  [['B11'], 'B11: there is no such scenario; there are B1, B4, B1s'],
  [['--runs', '0'], '--runs: expected a whole number above 0, got 0'],
  [['--quick', '--full'], 'exclude each other'],
  [['--fast'], '--fast'],
] as const)('%s is refused', ([argv, message]) => {
  expect(() => parse(...argv)).toThrow(message);
});
