import { describe, expect, it } from 'vitest';

import { hashReference, type Content } from '../src/content-hash.ts';
import type { Reference } from '../src/references.ts';

const whole: Reference = { kind: 'ConfigMap', name: 'c', optional: false, keys: 'all' };
const keyed = (...keys: string[]): Reference => ({
  ...whole,
  keys: keys.map((key) => ({ key, optional: false })),
});
const hashOf = (content: Content | undefined, reference = whole) =>
  hashReference(reference, content)[0]?.hash;

/** As it comes from the server: a literal could not have such a key. */
const parsed = (json: string): Content => JSON.parse(json) as Content;

describe('the hash of a whole object', () => {
  it('is one finding with 43 characters', () => {
    expect(hashReference(whole, { data: { a: '1' } })).toStrictEqual([
      {
        id: 'configmap/c',
        hash: expect.stringMatching(/^[\w-]{43}$/) as unknown,
        optional: false,
      },
    ]);
  });

  it('does not depend on the order of keys', () => {
    expect(hashOf({ data: { a: '1', b: '2' } })).toBe(hashOf({ data: { b: '2', a: '1' } }));
  });

  it.each<[string, Content, Content]>([
    ['a value', { data: { a: '1' } }, { data: { a: '2' } }],
    ['a key', { data: { a: '1' } }, { data: { b: '1' } }],
    ['one more key', { data: { a: '1' } }, { data: { a: '1', b: '' } }],
    ['an empty value', { data: {} }, { data: { a: '' } }],
    ['where a key ends', { data: { ab: 'c' } }, { data: { a: 'bc' } }],
    ['what looks like two entries', { data: { a: '1","b","2' } }, { data: { a: '1', b: '2' } }],
    ['data or binaryData', { data: { a: 'MQ==' } }, { binaryData: { a: 'MQ==' } }],
    ['a line break', { data: { a: '1' } }, { data: { a: '1\n' } }],
  ])('depends on %s', (_what, one, other) => {
    expect(hashOf(one)).not.toBe(hashOf(other));
  });

  it('depends on kind and name', () => {
    const content = { data: { a: '1' } };
    const hashes = [
      hashOf(content),
      hashOf(content, { ...whole, kind: 'Secret' }),
      hashOf(content, { ...whole, name: 'd' }),
    ];
    expect(new Set(hashes).size).toBe(3);
  });

  it('takes no data, an absent field and an empty one for the same', () => {
    expect(hashOf({ data: {}, binaryData: {} })).toBe(hashOf({}));
  });

  it('sees a key named __proto__', () => {
    const one = parsed('{"data":{"__proto__":"1"}}');
    const other = parsed('{"data":{"__proto__":"2"}}');
    expect(hashOf(one)).not.toBe(hashOf(other));
    expect(hashOf(one)).not.toBe(hashOf({ data: {} }));
  });

  it('is undefined for an object that is not there', () => {
    expect(hashOf(undefined)).toBeUndefined();
  });
});

describe('the hashes of single keys', () => {
  it('are a finding each, and depend on those keys alone', () => {
    const content = { data: { a: '1', b: '2', c: '3' } };
    const findings = hashReference(keyed('a', 'b'), content);
    expect(findings.map(({ id }) => id)).toStrictEqual(['configmap/c/a', 'configmap/c/b']);
    expect(hashReference(keyed('a', 'b'), { data: { a: '1', b: '2', c: '4' } })).toStrictEqual(
      findings,
    );
    const [a, b] = hashReference(keyed('a', 'b'), { data: { a: '1', b: '9', c: '3' } });
    expect(a).toStrictEqual(findings[0]);
    expect(b?.hash).not.toBe(findings[1]?.hash);
  });

  it('are undefined for keys that are not there, and for all of an object that is not', () => {
    expect(hashOf({ data: { b: '1' } }, keyed('a'))).toBeUndefined();
    expect(hashOf(undefined, keyed('a'))).toBeUndefined();
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'take %s for a key like any other',
    (key) => {
      expect(hashOf({ data: {} }, keyed(key))).toBeUndefined();
      const one = hashOf(
        parsed(JSON.stringify([key]).replace(/\[(.*)\]/, '{"data":{$1:"1"}}')),
        keyed(key),
      );
      expect(one).toBeDefined();
    },
  );
});
