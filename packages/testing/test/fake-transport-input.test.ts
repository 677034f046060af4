import { describe, expect, test } from 'vitest';

import { createFakeTransport, type KubernetesObject } from '../src/index.ts';
import { configMap, newConfigMap } from './fake-transport-kit.ts';

const id = { ...configMap, namespace: 'a', name: 'one' };
const refusal = (field: string) => ({
  code: 'ERR_INVALID_INPUT',
  message: expect.stringContaining(`${field}: `) as string,
});

/** What is thrown at once. */
function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

const cyclic: Record<string, unknown> = { ...newConfigMap('one') };
cyclic['data'] = cyclic;

/** What no object can be, and the field that is at fault. */
const wrongObjects: readonly (readonly [field: string, object: unknown])[] = [
  ...[null, 5, 'text', []].map((object) => ['object', object] as const),
  ['object', cyclic],
  ['object', { ...newConfigMap('one'), data: { a: 1n } }],
  ['kind', { ...newConfigMap('one'), kind: 5 }],
  ['apiVersion', { ...newConfigMap('one'), apiVersion: 1 }],
  ...Object.entries({
    labels: [5, ['a'], { a: 1 }],
    annotations: ['a', { a: {} }],
    finalizers: ['a', { a: 'b' }, [5]],
    ownerReferences: ['a', [5]],
    managedFields: [5, ['a']],
    name: [5, {}],
    namespace: [5, {}],
    uid: [5],
    resourceVersion: [5],
  }).flatMap(([field, values]) =>
    values.map((value): [string, unknown] => [
      field,
      { ...newConfigMap('one'), metadata: { name: 'one', namespace: 'a', [field]: value } },
    ]),
  ),
];

describe('what is no object is refused by its field, and nothing changes', () => {
  for (const [field, object] of wrongObjects) {
    const named = typeof object === 'object' && object !== null ? Object.keys(object) : object;
    test(`${field} of ${String(named)}`, async () => {
      const transport = createFakeTransport();
      const before = transport.put(newConfigMap('one'));
      expect(thrownBy(() => transport.put(object as KubernetesObject))).toMatchObject(
        refusal(field),
      );
      expect(
        thrownBy(() => createFakeTransport({ objects: [object as KubernetesObject] })),
      ).toMatchObject({ code: 'ERR_INVALID_INPUT' });
      for (const call of [
        () => transport.create(object as KubernetesObject),
        () => transport.update(object as KubernetesObject),
        () => transport.apply(object as KubernetesObject, { fieldManager: 'me' }),
      ]) {
        // A server answers so where the object can be sent.
        await expect(call()).rejects.toMatchObject({
          code: expect.stringMatching(/^ERR_(INVALID_INPUT|REJECTED)$/) as string,
          message: expect.stringContaining(field) as string,
        });
      }
      expect(transport.stored(id)).toEqual(before);
    });
  }

  test('nor what a patch makes of one', async () => {
    const transport = createFakeTransport();
    const before = transport.put(newConfigMap('one', { metadata: { finalizers: ['x.y/z'] } }));
    for (const metadata of [{ finalizers: 'text' }, { labels: 5 }, 5]) {
      await expect(transport.patch(id, { metadata })).rejects.toMatchObject({
        code: 'ERR_REJECTED',
      });
    }
    expect(transport.stored(id)).toEqual(before);
  });

  test.each([null, 5, 'text'])('%j has no state, and is not there to be removed', (wrong) => {
    const transport = createFakeTransport();
    for (const call of [
      () => transport.stored(wrong as never),
      () => transport.remove(wrong as never),
    ]) {
      expect(thrownBy(call)).toMatchObject(refusal('object'));
    }
  });
});

test.each([null, 5, 'Widget'])('%j is no kind', (wrong) => {
  const transport = createFakeTransport();
  const kind = wrong as never;
  expect(thrownBy(() => createFakeTransport({ resources: [kind] }))).toMatchObject(
    refusal('resources[0]'),
  );
  expect(thrownBy(() => transport.registerKind(kind))).toMatchObject(refusal('kind'));
  expect(thrownBy(() => transport.unregisterKind(kind))).toMatchObject(refusal('kind'));
});

describe('a definition of nothing is refused by its field, and not stored', () => {
  const version = { name: 'v1', served: true, storage: true };
  const spec = {
    group: 'example.com',
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets' },
    versions: [version],
  };
  test.each([
    ['spec', 5],
    ['spec.group', { ...spec, group: 5 }],
    ['spec.names', { ...spec, names: null }],
    ['spec.names.kind', { ...spec, names: { kind: 5, plural: 'widgets' } }],
    ['spec.names.plural', { ...spec, names: { kind: 'Widget', plural: 5 } }],
    ['spec.versions', { ...spec, versions: 5 }],
    ['spec.versions[0]', { ...spec, versions: [null] }],
    ['spec.versions[0].name', { ...spec, versions: [{ ...version, name: 5 }] }],
    ['spec.versions[0].subresources', { ...spec, versions: [{ ...version, subresources: 'a' }] }],
    ['spec.versions[0].schema', { ...spec, versions: [{ ...version, schema: 'a' }] }],
  ])('%s', async (field, wrong) => {
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.example.com' },
      spec: wrong,
    };
    const transport = createFakeTransport();
    expect(thrownBy(() => transport.put(definition))).toMatchObject(refusal(field));
    await expect(transport.create(definition)).rejects.toMatchObject(refusal(field));
    expect(transport.stored(definition)).toBeUndefined();
  });
});
