import { expect, test } from 'vitest';

import { readOptIn } from '../src/opt-in.ts';

test.each([
  [undefined, false, 'off', []],
  [undefined, true, 'auto', []],
  ['', true, 'auto', []],
  [' ', false, 'off', []],
  ['auto', false, 'auto', []],
  [' auto ', false, 'auto', []],
  ['off', true, 'off', []],
  [' off ,', true, 'off', []],
  ['auto, secret/x', false, 'auto', ['secret/x']],
  ['configmap/a', false, 'listed', ['configmap/a']],
  ['configmap/a, secret/b ,', true, 'listed', ['configmap/a', 'secret/b']],
  ['secret/constructor', false, 'listed', ['secret/constructor']],
])('readOptIn(%j, all: %j) is %s %j', (value, all, mode, listed) => {
  const optIn = readOptIn(value, all);
  expect(optIn.mode).toBe(mode);
  expect([...optIn.listed]).toStrictEqual(listed);
  expect(optIn.problems).toStrictEqual([]);
});

test.each([
  'true',
  'AUTO',
  'configmap',
  'configmap/',
  'ConfigMap/a',
  'pod/a',
  'secret/__proto__',
  'secret/../x',
  'secret/a\nb',
])('%j is told of and makes nothing roll, not even with --all', (value) => {
  for (const all of [true, false]) {
    const optIn = readOptIn(value, all);
    expect(optIn.mode).toBe('listed');
    expect(optIn.listed.size).toBe(0);
    expect(optIn.problems).toHaveLength(1);
    expect(optIn.problems[0]).toContain(JSON.stringify(value));
  }
});

test('"off" among others is told of, and what is right beside it counts', () => {
  const optIn = readOptIn('off, secret/a', true);
  expect(optIn).toMatchObject({ mode: 'listed', listed: new Set(['secret/a']) });
  expect(optIn.problems).toStrictEqual(['depwatch.dev/reload: "off" has to stand alone']);
});

test('what is right in a list counts beside what is wrong', () => {
  const optIn = readOptIn('secret/a,oops,configmap/b', false);
  expect([...optIn.listed]).toStrictEqual(['secret/a', 'configmap/b']);
  expect(optIn.problems).toHaveLength(1);
});
