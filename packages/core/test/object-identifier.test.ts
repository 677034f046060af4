import { describe, expect, test } from 'vitest';
import {
  copyObjectIdentifier,
  describeObjectIdentifier,
  formatObjectIdentifier,
  objectIdentifierFrom,
  objectIdentifierKey,
  validateObjectIdentifier,
  validateQuery,
  type ObjectIdentifier,
} from '../src/index.ts';

const id: ObjectIdentifier = { version: 'v1', kind: 'ConfigMap', namespace: 'ns', name: 'n' };

test('format is for people', () => {
  expect(formatObjectIdentifier(id)).toBe('GroupVersion=v1, Kind=ConfigMap, Namespace=ns, Name=n');
  expect(
    formatObjectIdentifier({ group: 'apps', version: 'v1', kind: 'Deployment', selector: 'a=b' }),
  ).toBe('GroupVersion=apps/v1, Kind=Deployment, Namespace=, Name=, Selector=a=b');
});

describe('key', () => {
  test('an absent field and "" are the same, selectors go by their canonical form', () => {
    expect(objectIdentifierKey({ ...id, group: '', selector: '' })).toBe(objectIdentifierKey(id));
    const kind = { version: 'v1', kind: 'Pod' };
    expect(objectIdentifierKey({ ...kind, selector: 'b in (x),a' })).toBe(
      objectIdentifierKey({ ...kind, selector: 'a,b==x', namespace: '' }),
    );
  });

  test('it is injective, whatever the fields hold', () => {
    const words = ['', 'a', 'a,b', '"', '","', '/', ' ', '\u0000', '__proto__', '\\'];
    const seen = new Map<string, string>();
    for (const namespace of words) {
      for (const name of words) {
        for (const kind of words) {
          const key = objectIdentifierKey({ version: 'v1', kind, namespace, name });
          const spelling = JSON.stringify([kind, namespace, name]);
          expect(seen.get(key) ?? spelling).toBe(spelling);
          seen.set(key, spelling);
        }
      }
    }
    expect(seen.size).toBe(words.length ** 3);
  });
});

describe('validate', () => {
  test.each([
    [{ kind: 'A', name: 'n' }, 'version'],
    [{ version: 'apps/v1', kind: 'A', name: 'n' }, 'version'],
    [{ version: 'v1', name: 'n' }, 'kind'],
    [{ version: 'v1', kind: 'A' }, 'name, selector'],
    [{ version: 'v1', kind: 'A', name: 'n', selector: 'a' }, 'name, selector'],
    [{ version: 'v1', kind: 'A', selector: 'a b' }, 'selector'],
    [{ version: 'v1', kind: 'A', name: '..' }, 'name'],
    [{ version: 'v1', kind: 'A', name: 'n', namespace: '.' }, 'namespace'],
    [{ version: 'v1', kind: 'A', name: 'n', group: '..' }, 'group'],
    [{ version: 'v1', kind: 'A', name: 7 }, 'name'],
    [{ version: 'v1', kind: 'A', name: 'n', namespace: null }, 'namespace'],
    [null, 'object identifier'],
    ['ConfigMap', 'object identifier'],
  ])('%j: the message names %s', (bad, field) => {
    expect(() => validateObjectIdentifier(bad as ObjectIdentifier)).toThrowError(
      expect.objectContaining({
        code: 'ERR_INVALID_INPUT',
        message: expect.stringMatching(`^${field}`),
      }),
    );
  });

  test('of all of a kind: the message names the ways out', () => {
    const all = { version: 'v1', kind: 'ConfigMap', namespace: 'default' };
    for (const wayOut of [
      'list',
      'queryBatch',
      'startQueryBatch',
      'enableCache',
      'addMapping',
      'createController',
    ]) {
      expect(() => validateObjectIdentifier(all)).toThrowError(
        expect.objectContaining({
          code: 'ERR_INVALID_INPUT',
          message: expect.stringMatching(new RegExp(`\\b${wayOut}\\b`)),
        }),
      );
    }
  });

  test('accepts one object, and a set', () => {
    validateObjectIdentifier(id);
    validateObjectIdentifier({ version: 'v1', kind: 'ConfigMap', selector: 'a in (b,c)' });
  });
});

test('a copy holds the fields of an identifier and nothing else, and is frozen', () => {
  const copy = copyObjectIdentifier({
    ...id,
    extra: 1,
    __proto__: { kind: 'Evil' },
  } as ObjectIdentifier);
  expect(copy).toEqual(id);
  expect(Object.isFrozen(copy)).toBe(true);
});

describe('objectIdentifierFrom', () => {
  test('takes what names the object', () => {
    expect(
      objectIdentifierFrom({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'd', namespace: 'ns' },
      }),
    ).toEqual({ group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'ns', name: 'd' });
    expect(
      objectIdentifierFrom({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } }),
    ).toEqual({
      version: 'v1',
      kind: 'Node',
      name: 'n',
    });
  });

  test.each([
    [{ kind: 'A', metadata: { name: 'n' } }, 'apiVersion'],
    [{ apiVersion: 'v1', metadata: { name: 'n' } }, 'kind'],
    [{ apiVersion: 'v1', kind: 'A' }, 'metadata.name'],
  ])('%j: the message names %s', (object, field) => {
    expect(() => objectIdentifierFrom(object)).toThrowError(field);
  });
});

test('an apiVersion in place of group and version is told how to be taken apart', () => {
  const deployment = { kind: 'Deployment', namespace: 'shop', name: 'web' };
  expect(() => validateQuery({ ...deployment, version: 'apps/v1' })).toThrow(
    /^version: .*group: "apps", version: "v1"/,
  );
  const written = { ...deployment, apiVersion: 'apps/v1' } as never;
  expect(() => validateQuery(written)).toThrow(/^version: .*group: "apps", version: "v1"/);
  const core = { ...deployment, apiVersion: 'v1' } as never;
  expect(() => validateQuery(core)).toThrow(/^version: .*apiVersion.* version: "v1"$/);
});

test('in errors and logs an identifier is cut where it is long', () => {
  const id = { version: 'v1', kind: 'ConfigMap', selector: `a in (${'b,'.repeat(10_000)}c)` };
  expect(describeObjectIdentifier(id)).toHaveLength(257);
  expect(describeObjectIdentifier({ ...id, selector: 'a=b' })).toBe(
    formatObjectIdentifier({ ...id, selector: 'a=b' }),
  );
});

test('the metadata of an object is another identifier than the object, and its copy keeps that', () => {
  const whole = { version: 'v1', kind: 'Secret', namespace: 'n', name: 's' };
  const metadata = { ...whole, metadataOnly: true };
  expect(objectIdentifierKey(metadata)).not.toBe(objectIdentifierKey(whole));
  expect(objectIdentifierKey({ ...whole, metadataOnly: false })).toBe(objectIdentifierKey(whole));
  expect(copyObjectIdentifier(metadata)).toEqual(metadata);
  expect(copyObjectIdentifier({ ...whole, metadataOnly: false })).toEqual(whole);
  expect(formatObjectIdentifier(metadata)).toBe(`${formatObjectIdentifier(whole)}, MetadataOnly`);
});
