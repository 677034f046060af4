import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';

import { seed } from '../../../tools/random-tests.ts';
import { decodeLine, shapeOf } from '../src/answers/decode.ts';
import { parseWanted } from '../src/answers/skim.ts';
import { lineOf, sampleObjects } from './sample-objects.ts';

const metadataOnly = shapeOf({ version: 'v1', kind: 'Pod' }, true);
const nothing = () => false;
/** Long enough for it to pay. */
const long = { text: 'x'.repeat(2_000) };

/** What is known of the object of a line that nobody wants. */
const skimmed = (line: string) => decodeLine(parseWanted(line, nothing), metadataOnly);
const parsed = (line: string) => decodeLine(JSON.parse(line), metadataOnly);
/** JSON as text, with keys that are there twice, escapes where none are needed and strings that look like keys. */
const text = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.constantFrom(
      'metadata',
      'managedFields',
      'name',
      '{',
      ']',
      '"',
      '\\',
      '"metadata":{"name":"',
    ),
  )
  .map((value) => JSON.stringify(value))
  .map((value) => value.replace(/^"m/, String.raw`"\u006d`));
const anyText = fc.oneof(text, fc.constantFrom('"metadata"', '"managedFields"', '"name"'));
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    anyText,
    fc.constantFrom('null', 'true', '-1.5e3', '[]', '{}'),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
    objectOf(tie('value')),
  ),
}));
function objectOf(values: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .uniqueArray(fc.tuple(anyText, values), {
      maxLength: 5,
      // Of an escaped key that is there twice V8 takes now the first value, now the last (Node 24.21).
      comparator: ([a], [b]) => `${a}${b}`.includes('\\') && JSON.parse(a) === JSON.parse(b),
    })
    .map((entries) => `{${entries.map((entry) => entry.join(':')).join(',')}}`);
}

const isWhole = (line: string) => {
  const { object } = parseWanted(line, nothing) as { object: object };
  return Object.keys(object).some((key) => key !== 'metadata');
};

describe('a line of a watch whose object is not wanted', () => {
  it.each(Object.entries(sampleObjects))('has the metadata that its JSON has: %s', (_, object) => {
    for (const type of ['ADDED', 'MODIFIED', 'DELETED']) {
      const line = lineOf(type, object(7));
      expect(skimmed(line)).toEqual(parsed(line));
      expect(skimmed(`${line}\r`)).toEqual(parsed(line));
    }
  });

  it('has no more than that, where the rest is long', () => {
    expect(isWhole(lineOf('ADDED', sampleObjects['Pod']!(1)))).toBe(false);
    expect(isWhole(lineOf('ADDED', sampleObjects['custom resource, managedFields']!(1)))).toBe(
      false,
    );
    expect(isWhole(lineOf('ADDED', sampleObjects['Deployment']!(1)))).toBe(false);
    expect(isWhole(lineOf('ADDED', sampleObjects['ConfigMap']!(1)))).toBe(true);
  });

  it('parses no managedFields, which nobody reads', () => {
    const metadata = { managedFields: [{ fieldsV1: { 'f:a': ['}', '"', '\\'] } }], name: 'a' };
    const line = lineOf('ADDED', { metadata, spec: long });
    const parse = vi.spyOn(JSON, 'parse');
    expect(skimmed(line)).toMatchObject({ object: { metadata: { name: 'a' } } });
    expect(parse.mock.calls.map(([text]) => text)).toEqual(['{"managedFields":0,"name":"a"}']);
    parse.mockRestore();
  });

  it.each([
    ['names in strings', { name: 'a', annotations: { b: '"},"metadata":{"name":"evil"},{"' } }],
    ['escapes', { name: 'a', annotations: { b: '\\', c: '\\"', d: '\\\\"}', e: '\n\u0001€😀' } }],
    ['brackets in strings', { name: 'a', labels: { b: '}}}]]]', c: '{{{[[[' } }],
    ['nested metadata', { name: 'a', ownerReferences: [{ metadata: { name: 'b' } }] }],
    [
      'a value called managedFields',
      { annotations: { a: 'managedFields', b: '"managedFields":[' } },
    ],
    ['a label called managedFields', { labels: { managedFields: 'yes' }, managedFields: [] }],
    ['managedFields that are none', { name: 'a', managedFields: 'none' }],
    ['a key with a quote', { 'a"managedFields': [1, '}'], name: 'a' }],
    ['no name', {}],
  ])('has the metadata that its JSON has: %s', (_, metadata) => {
    const line = lineOf('ADDED', { kind: 'Pod', apiVersion: 'v1', metadata, spec: long });
    expect(skimmed(line)).toEqual(parsed(line));
    expect(isWhole(line)).toBe(false);
  });

  const rest = `"spec":${JSON.stringify(long)}`;
  it.each([
    ['another order', `{"object":{"metadata":{"name":"a"},${rest}},"type":"ADDED"}`],
    [
      'metadata after what is the object’s own',
      `{"type":"ADDED","object":{${rest},"metadata":{"name":"a"}}}`,
    ],
    ['white space', `{"type": "ADDED","object":{"metadata":{"name":"a"},${rest}}}`],
    [
      'an escaped key',
      String.raw`{"type":"ADDED","object":{"m\u0065tadata":{"name":"a"},${rest}}}`,
    ],
    [
      'metadata twice',
      `{"type":"ADDED","object":{"metadata":{"name":"a"},${rest},"metadata":{"name":"b"}}}`,
    ],
    ['metadata that is none', `{"type":"ADDED","object":{"metadata":null,${rest}}}`],
    ['a bookmark', `{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7"},${rest}}}`],
    ['an error', `{"type":"ERROR","object":{"metadata":{},"kind":"Status",${rest}}}`],
    ['something behind it', `{"type":"ADDED","object":{"metadata":{"name":"a"},${rest}},"more":1}`],
  ])('is parsed where it is written as by nobody: %s', (_, line) => {
    expect(parseWanted(line, nothing)).toEqual(JSON.parse(line));
  });

  it('takes the last of a key that metadata has twice', () => {
    const metadata = '{"name":"a","managedFields":[1],"name":"b","managedFields":[2]}';
    const line = `{"type":"ADDED","object":{"metadata":${metadata},${rest}}}`;
    expect(skimmed(line)).toEqual(parsed(line));
  });

  it.each([
    [
      'cut off in its metadata',
      `{"type":"ADDED","object":{"metadata":{"name":"a","labels":{"b":"${long.text}`,
    ],
    [
      'cut off behind it',
      `{"type":"ADDED","object":{"metadata":{"name":"a"},"spec":${JSON.stringify(long)}`,
    ],
    ['no JSON in its metadata', `{"type":"ADDED","object":{"metadata":{"name":'a'},${rest}}}`],
    [
      'a string with a bad escape',
      String.raw`{"type":"ADDED","object":{"metadata":{"name":"\x"},${rest}}}`,
    ],
    ['brackets that end nothing', `{"type":"ADDED","object":{"metadata":{"name":"a"]},${rest}}}`],
  ])('is no JSON where it is %s', (_, line) => {
    expect(() => parseWanted(line, nothing)).toThrow(SyntaxError);
  });

  it('has the metadata that its JSON has, whatever is written', () => {
    let skims = 0;
    fc.assert(
      fc.property(objectOf(value), value, (metadata, body) => {
        const line = `{"type":"MODIFIED","object":{"kind":"Pod","apiVersion":"v1","metadata":${metadata},"spec":${body},${rest}}}`;
        expect(skimmed(line)).toEqual(parsed(line));
        if (!isWhole(line)) skims += 1;
      }),
      { seed, numRuns: 2_000 },
    );
    expect(skims).toBeGreaterThan(500);
  });
});

describe('a line of a watch whose object is wanted', () => {
  it('is parsed whole, and asked about by its metadata', () => {
    const line = lineOf('ADDED', sampleObjects['Pod']!(3));
    const wanted = vi.fn((metadata: { name?: string }) => metadata.name === 'app-7d9f8b6c5-3');
    expect(parseWanted(line, wanted)).toEqual(JSON.parse(line));
    expect(wanted.mock.calls).toMatchObject([[{ labels: { tier: 'web' } }]]);
  });

  it('tells the error of whoever was asked', () => {
    const line = lineOf('ADDED', sampleObjects['Pod']!(3));
    const fail = () => {
      throw new TypeError('mine');
    };
    expect(() => parseWanted(line, fail)).toThrow('mine');
  });
});
