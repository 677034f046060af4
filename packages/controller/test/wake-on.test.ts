import { describe, expect, test } from 'vitest';
import type { KubernetesObject } from '../src/index.ts';
import { wakesOn } from '../src/wake-on.ts';

type Fields = Record<string, unknown>;

/** An object in the first version of its generation, unless said otherwise. */
function object(fields: Fields, metadata: Fields = {}): KubernetesObject {
  return {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'a', uid: 'u', generation: 1, ...metadata },
    ...fields,
  } as KubernetesObject;
}

describe('by default, with a generation that stays the same', () => {
  const wakes = wakesOn('generation', 'example.com/ours');
  const told = (before: KubernetesObject, after: KubernetesObject) =>
    wakes({ type: 'modified', before, after } as Parameters<typeof wakes>[0]);

  test.each([
    ['a value beside the spec', { value: 1, description: 'a' }, { value: 1, description: 'b' }],
    ['a value that is new', { value: 1 }, { value: 1, description: 'b' }],
    ['a value that goes', { value: 1, description: 'b' }, { value: 1 }],
    ['the spec itself', { spec: { size: 1 } }, { spec: { size: 2 } }],
  ])('%s counts, since not every server counts it', (_what, before, after) => {
    expect(told(object(before), object(after))).toBe(true);
  });

  test.each<[string, KubernetesObject, KubernetesObject]>([
    ['a first status', object({ spec: {} }), object({ spec: {}, status: { size: 1 } })],
    ['another status', object({ status: { size: 1 } }), object({ status: { size: 2 } })],
    ['another version', object({}, { resourceVersion: '1' }), object({}, { resourceVersion: '2' })],
    ['the order of keys', object({ spec: { a: 1, b: 2 } }), object({ spec: { b: 2, a: 1 } })],
    ['our finalizer that comes', object({}), object({}, { finalizers: ['example.com/ours'] })],
  ])('%s does not', (_what, before, after) => {
    expect(told(before, after)).toBe(false);
  });
});
