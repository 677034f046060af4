import { describe, expect, it } from 'vitest';

import { decodeLine, decodeObject, shapeOf } from '../src/answers/decode.ts';

const shape = shapeOf({ group: 'apps', version: 'v1', kind: 'Deployment' });
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

describe('decodeObject', () => {
  it('sets apiVersion and kind, and drops what nobody should keep', () => {
    const decoded = decodeObject(
      {
        metadata: {
          name: 'a',
          annotations: { b: 'c', [lastApplied]: '{"data":{"password":"x"}}', d: 'e' },
          managedFields: [{}],
        },
        spec: {},
      },
      shape,
    );
    expect(decoded).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'a', annotations: { b: 'c', d: 'e' } },
      spec: {},
    });
  });

  it('keeps metadata alone where that was asked for', () => {
    const whole = {
      apiVersion: 'meta.k8s.io/v1',
      kind: 'PartialObjectMetadata',
      metadata: { name: 'a' },
      spec: {},
    };
    expect(decodeObject(whole, shapeOf({ version: 'v1', kind: 'Pod' }, true))).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a' },
    });
  });

  it.each([null, 1, 'text', [], undefined])('takes %j for no object', (value) => {
    expect(decodeObject(value, shape)).toBeUndefined();
  });

  it('touches no prototype', () => {
    const hostile = JSON.parse(
      '{"__proto__":{"polluted":1},"metadata":{"name":"constructor","__proto__":{"managedFields":[]},"annotations":{"__proto__":"x"}}}',
    ) as unknown;
    decodeObject(hostile, shape);
    decodeObject(
      JSON.parse('{"metadata":{"__proto__":{"annotations":{}}}}'),
      shapeOf(shape as never, true),
    );
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe('decodeLine', () => {
  const metadata = { resourceVersion: '7' };

  it.each(['ADDED', 'MODIFIED', 'DELETED'])('decodes %s', (type) => {
    expect(decodeLine({ type, object: { metadata } }, shape)).toEqual({
      type,
      object: { apiVersion: 'apps/v1', kind: 'Deployment', metadata },
    });
  });

  it('decodes bookmarks', () => {
    expect(decodeLine({ type: 'BOOKMARK', object: { metadata } }, shape)).toEqual({
      type: 'BOOKMARK',
      resourceVersion: '7',
    });
    const annotated = (value: string) => ({
      type: 'BOOKMARK',
      object: { metadata: { ...metadata, annotations: { 'k8s.io/initial-events-end': value } } },
    });
    expect(decodeLine(annotated('true'), shape)).toMatchObject({ initialEventsEnd: true });
    expect(decodeLine(annotated('false'), shape)).not.toHaveProperty('initialEventsEnd');
  });

  it('decodes errors', () => {
    const status = { kind: 'Status', code: 410 };
    expect(decodeLine({ type: 'ERROR', object: status }, shape)).toEqual({ type: 'ERROR', status });
  });

  it.each([
    null,
    7,
    [],
    {},
    { type: 'SYNCED', object: {} },
    { type: '__proto__', object: {} },
    { type: 'ADDED' },
    { type: 'ADDED', object: [] },
    { type: 'ERROR', object: { kind: 'Secret' } },
    { type: 'ERROR', object: 'text' },
  ])('takes %j for no event', (line) => {
    expect(decodeLine(line, shape)).toBeUndefined();
  });
});
