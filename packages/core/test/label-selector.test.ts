import { describe, expect, test } from 'vitest';
import { matchesLabelSelector, parseLabelSelector } from '../src/index.ts';

describe('canonical form', () => {
  test.each([
    ['', ''],
    [' \t', ''],
    ['a=b', 'a=b'],
    ['a==b', 'a=b'],
    ['a in (b)', 'a=b'],
    ['a in (c, b,b)', 'a in (b,c)'],
    ['a in ()', 'a='],
    ['a=', 'a='],
    ['a in (,)', 'a='],
    ['a in (b,)', 'a in (,b)'],
    ['a in (b,,c)', 'a in (,b,c)'],
    ['a in (b,,)', 'a in (,b)'],
    ['a in (,,)', 'a='],
    ['a!=b', 'a!=b'],
    ['a notin (b)', 'a!=b'],
    ['a notin (c,b)', 'a notin (b,c)'],
    ['a', 'a'],
    ['!a', '!a'],
    ['! a', '!a'],
    ['a>1', 'a>1'],
    ['a < 10', 'a<10'],
    ['b,a', 'a,b'],
    ['a=b,a=b', 'a=b'],
    ['a=b,a==b,a in (b)', 'a=b'],
    ['in in (notin)', 'in=notin'],
    ['x.example.com/tier notin (a)', 'x.example.com/tier!=a'],
    ['a=,b', 'a=,b'],
  ])('%j is %j', (text, canonical) => {
    expect(parseLabelSelector(text).canonical).toBe(canonical);
    expect(parseLabelSelector(canonical)).toEqual(parseLabelSelector(text));
  });
});

test.each([
  ',',
  'a,',
  ',a',
  'a,,b',
  'a b',
  'a=b c',
  '=b',
  '(a)',
  'a in b',
  'a in (b',
  'a in (b c)',
  '!a=b',
  '!',
  '!!a',
  'a=!b',
  'a===b',
  'a>b',
  'a>',
  'a>1.5',
  'a<99999999999999999999',
  '/a',
  'a/',
  'A/b/c',
  'UPPER.example.com/a',
  '-a',
  'a-',
  'a=-b',
  'a=b/c',
  `a=${'x'.repeat(64)}`,
  `${'x'.repeat(64)}`,
  'a=ü',
  'a\u0000',
])('%j is refused, by name', (text) => {
  expect(() => parseLabelSelector(text)).toThrowError(
    expect.objectContaining({
      code: 'ERR_INVALID_INPUT',
      message: expect.stringContaining('selector'),
    }),
  );
});

describe('matching', () => {
  test.each([
    ['', {}, true],
    ['a=b', { a: 'b' }, true],
    ['a=b', { a: 'c' }, false],
    ['a=b', {}, false],
    ['a=', { a: '' }, true],
    ['a=', {}, false],
    ['a!=b', {}, true],
    ['a!=b', { a: 'b' }, false],
    ['a!=b', { a: 'c' }, true],
    ['a in (b,c)', { a: 'c' }, true],
    ['a notin (b,c)', { a: 'c' }, false],
    ['a', { a: '' }, true],
    ['!a', { a: '' }, false],
    ['!a', {}, true],
    ['a>5', { a: '6' }, true],
    ['a>5', { a: '5' }, false],
    ['a<5', { a: '+4' }, true],
    ['a<5', { a: 'x' }, false],
    ['a<5', {}, false],
    ['a>5', { a: '99999999999999999999' }, false],
    ['a=b,c', { a: 'b', c: '' }, true],
    ['a=b,c', { a: 'b' }, false],
    ['constructor', {}, false],
    ['!toString', {}, true],
  ] as const)('%j on %j: %s', (text, labels, expected) => {
    expect(matchesLabelSelector(parseLabelSelector(text), labels)).toBe(expected);
  });

  test('an object without labels has none', () => {
    expect(matchesLabelSelector(parseLabelSelector('a'), undefined)).toBe(false);
    expect(matchesLabelSelector(parseLabelSelector('!a'), undefined)).toBe(true);
  });
});
