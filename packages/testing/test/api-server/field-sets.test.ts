import { expect, it } from 'vitest';

import {
  difference,
  fieldsIn,
  formatPath,
  hasField,
  insertField,
  intersection,
  sortedSet,
  union,
} from '../../src/api-server/apply/field-set.ts';
import type { FieldSet } from '../../src/api-server/apply/field-set.ts';

function setOf(...paths: string[][]): FieldSet {
  const set: FieldSet = {};
  for (const path of paths) insertField(set, path);
  return set;
}

it('writes a field with fields below it as fieldsV1 does, in whatever order they come', () => {
  const written = { 'f:a': { '.': {}, 'f:b': {} } };
  expect(setOf(['f:a'], ['f:a', 'f:b'])).toEqual(written);
  expect(setOf(['f:a', 'f:b'], ['f:a'])).toEqual(written);
  expect(setOf(['f:a', 'f:b'])).toEqual({ 'f:a': { 'f:b': {} } });
});

it('holds a field apart from what is below it', () => {
  const whole = setOf(['f:a']);
  const part = setOf(['f:a', 'f:b']);
  expect(hasField(part, ['f:a'])).toBe(false);
  expect(union(whole, part)).toEqual({ 'f:a': { '.': {}, 'f:b': {} } });
  expect(intersection(whole, part)).toEqual({});
  expect(difference(union(whole, part), whole)).toEqual(part);
  expect(difference(part, whole)).toEqual(part);
});

it('leaves nothing where nothing is left', () => {
  const part = setOf(['f:a', 'f:b', 'f:c']);
  expect(difference(part, part)).toEqual({});
});

it('changes neither of its sets', () => {
  const [a, b] = [setOf(['f:a', 'f:b']), setOf(['f:a'])];
  for (const combine of [union, intersection, difference]) combine(a, b);
  expect([a, b]).toEqual([setOf(['f:a', 'f:b']), setOf(['f:a'])]);
});

it('orders fields before keys before values, and numbers as numbers', () => {
  const set = setOf(
    ['v:"b"'],
    ['k:{"port":443}'],
    ['k:{"port":80}'],
    ['v:"a"'],
    ['f:z'],
    ['k:{"port":80,"protocol":"UDP"}'],
  );
  expect(Object.keys(sortedSet(set))).toEqual([
    'f:z',
    'k:{"port":80}',
    'k:{"port":80,"protocol":"UDP"}',
    'k:{"port":443}',
    'v:"a"',
    'v:"b"',
  ]);
});

it('names paths as conflicts do', () => {
  const path = ['f:spec', 'k:{"name":"c","port":80}', 'f:args', 'v:"x"'];
  expect(formatPath(path)).toBe('.spec[name="c",port=80].args[="x"]');
  expect([...fieldsIn(setOf(path))]).toEqual([path]);
});
