import { describe, expect, test } from 'vitest';

import {
  createFakeTransport,
  type FakeTransportOptions,
  type KubernetesObject,
} from '../src/index.ts';
import {
  code,
  configMap,
  type ConfigMap,
  names,
  newConfigMap,
  queryFor,
} from './fake-transport-kit.ts';

const widget = { group: 'example.com', version: 'v1', kind: 'Widget' };

function definition(rest: object = {}): KubernetesObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { kind: 'Widget', plural: 'widgets' },
      versions: [
        { name: 'v1', served: true, storage: true, subresources: { status: {} } },
        { name: 'v1beta1', served: true, storage: false },
        { name: 'v1alpha1', served: false, storage: false },
      ],
      ...rest,
    },
  } as KubernetesObject;
}

const newWidget = (name: string, version = 'v1') => ({
  apiVersion: `example.com/${version}`,
  kind: 'Widget',
  metadata: { name, namespace: 'a' },
});

describe('objects from YAML', () => {
  const text = `
apiVersion: v1
kind: ConfigMap
metadata: { name: one, namespace: a }
data:
  date: 2030-01-01T00:00:00Z
  mode: "yes"
---
# nothing but a comment
---
apiVersion: v1
kind: List
items:
  - { apiVersion: v1, kind: ConfigMap, metadata: { name: two, namespace: a } }
---
apiVersion: v1
kind: ConfigMapList
items:
  - metadata: { name: three, namespace: a }
`;

  test('several documents and lists become objects, and dates stay text', async () => {
    const transport = createFakeTransport({ objects: text });
    expect(await names(transport, await queryFor(transport, configMap))).toEqual([
      'one',
      'three',
      'two',
    ]);
    const one = transport.stored<ConfigMap>(newConfigMap('one'));
    expect(one?.data).toEqual({ date: '2030-01-01T00:00:00Z', mode: 'yes' });
  });

  test('are read as kubectl reads them: yes is true, 0644 is octal, 1:30 is text', () => {
    const objects = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: a, namespace: a }
spec: { paused: yes, mode: 0644, time: 1:30, on: [n, off] }
`;
    const transport = createFakeTransport({ objects });
    const id = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'a', name: 'a' };
    expect(transport.stored(id)).toMatchObject({ spec: { paused: true, mode: 420, time: '1:30' } });
  });

  test('may stand beside plain objects', async () => {
    const transport = createFakeTransport({ objects: [text, newConfigMap('plain')] });
    const query = await queryFor(transport, configMap);
    expect(await names(transport, query)).toEqual(['one', 'plain', 'three', 'two']);
  });

  test('text that is no YAML is refused by its line, and not quoted', () => {
    const objects = 'kind: Secret\ndata:\n  a: "hidden\n';
    expect(() => createFakeTransport({ objects })).toThrow(code('ERR_INVALID_INPUT'));
    expect(() => createFakeTransport({ objects })).toThrow(/objects: line \d/);
    expect(() => createFakeTransport({ objects })).not.toThrow(/hidden/);
  });

  test('text whose aliases lead nowhere is refused', () => {
    const objects = 'kind: ConfigMap\ndata: *hidden';
    expect(() => createFakeTransport({ objects })).toThrow(code('ERR_INVALID_INPUT'));
  });

  test('what is no object is refused', () => {
    expect(() => createFakeTransport({ objects: 'just text' })).toThrow(/objects: each must be/);
  });
});

describe('options', () => {
  test.each([
    [{ kinds: [] }, /kinds: is no option/],
    [{ clock: {} }, /clock: /],
    [{ resources: {} }, /resources: must be a list/],
    [{ objects: 5 }, /objects: must be a list/],
    [{ resources: [{ ...widget, namespaced: 'no' }] }, /namespaced: /],
    [{ resources: [{ ...widget, verbs: 'list' }] }, /verbs: must be a list/],
    [{ resources: [{ ...widget, subresources: [1] }] }, /subresources: must be a list/],
    [{ resources: [{ version: 'v1' }] }, /kind: /],
    [{ objects: [newWidget('a')] }, /example\.com\/v1 Widget is not served; .*"resources"/],
    [{ objects: [definition({ scope: 'Any' })] }, /spec\.scope: /],
    [{ objects: [definition({ group: '' })] }, /spec\.group: /],
    [{ objects: [definition({ names: { kind: 'Widget' } })] }, /spec\.names\.plural: /],
  ])('%j are refused by name', (options, message) => {
    const create = () => createFakeTransport(options as unknown as FakeTransportOptions);
    expect(create).toThrow(message);
    expect(create).toThrow(code('ERR_INVALID_INPUT'));
  });

  test('resources are served beside the kinds of Kubernetes', async () => {
    const transport = createFakeTransport({ resources: [widget] });
    expect(await transport.discover(widget, {})).toMatchObject({ resource: 'widgets' });
    for (const [group, kind, resource] of [
      ['coordination.k8s.io', 'Lease', 'leases'],
      ['apps', 'ReplicaSet', 'replicasets'],
      ['apiextensions.k8s.io', 'CustomResourceDefinition', 'customresourcedefinitions'],
    ] as const) {
      expect(await transport.discover({ group, version: 'v1', kind }, {})).toMatchObject({
        resource,
      });
    }
  });
});

describe('a CustomResourceDefinition', () => {
  test('is put before what it defines, wherever it stands, and serves its versions', async () => {
    const transport = createFakeTransport({ objects: [newWidget('a'), definition()] });
    for (const version of ['v1', 'v1beta1']) {
      const gvk = { ...widget, version };
      expect(await names(transport, await queryFor(transport, gvk))).toEqual(['a']);
    }
    expect(await transport.discover({ ...widget, version: 'v1alpha1' }, {})).toBeUndefined();
  });

  test('registers its kind when a client creates it, and takes it along when one deletes it', async () => {
    const transport = createFakeTransport();
    await expect(transport.create(newWidget('a'))).rejects.toEqual(
      code('ERR_NO_VERSIONED_RESOURCE'),
    );
    await transport.create(definition());
    await transport.create(newWidget('a'));
    const id = { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' };
    await transport.delete({ ...id, name: 'widgets.example.com' });
    expect(await transport.discover(widget, {})).toBeUndefined();
    await transport.create(definition());
    expect(await names(transport, await queryFor(transport, widget))).toEqual([]);
  });

  test.each([
    [{ group: '' }, /spec\.group: /],
    [{ names: { kind: 'Widget', plural: 'Wid/gets' } }, /plural: /],
  ])('with %j is refused, and not stored', async (spec, message) => {
    const transport = createFakeTransport();
    expect(() => transport.put(definition(spec))).toThrow(message);
    await expect(transport.create(definition(spec))).rejects.toThrow(message);
    expect(transport.stored(definition())).toBeUndefined();
  });

  test('that no longer serves a version leaves the watches of the others alone', async () => {
    const transport = createFakeTransport({ objects: [definition(), newWidget('a')] });
    const query = async (version: string) => queryFor(transport, { ...widget, version });
    const watches = await Promise.all(
      ['v1', 'v1beta1'].map(async (version) => {
        const watch = transport.watch(await query(version), {})[Symbol.asyncIterator]();
        await watch.next();
        await watch.next();
        return watch;
      }),
    );
    const versions = [{ name: 'v1', served: true, storage: true, subresources: { status: {} } }];
    transport.put(definition({ versions }));
    expect(await watches[1]?.next()).toEqual({ done: true, value: undefined });
    transport.put(newWidget('b'));
    expect((await watches[0]?.next())?.value).toMatchObject([{ type: 'ADDED' }]);
    expect(transport.openWatches).toHaveLength(1);
    transport.remove(definition());
    expect((await watches[0]?.next())?.value).toMatchObject([
      { type: 'DELETED' },
      { type: 'DELETED' },
    ]);
    expect(await watches[0]?.next()).toEqual({ done: true, value: undefined });
  });

  test('that goes ends the watches that began before it changed', async () => {
    const transport = createFakeTransport({ objects: [definition()] });
    const watch = transport.watch(await queryFor(transport, widget), {})[Symbol.asyncIterator]();
    await watch.next();
    await watch.next();
    const versions = [{ name: 'v1', served: true, storage: true, schema: {} }];
    transport.put(definition({ versions }));
    transport.remove(definition());
    expect(await watch.next()).toEqual({ done: true, value: undefined });
  });

  test('without a spec is there before its kind is', async () => {
    const { spec: _, ...early } = definition() as KubernetesObject & { spec: object };
    const transport = createFakeTransport({ objects: [early] });
    expect(await transport.discover(widget, {})).toBeUndefined();
    transport.put(definition());
    expect(await transport.discover(widget, {})).toBeDefined();
  });

  test('says which of its versions have a status and a scale', async () => {
    const transport = createFakeTransport({ objects: [definition(), newWidget('a')] });
    const id = { ...widget, namespace: 'a', name: 'a' };
    expect(await transport.get(id, { subresource: 'status' })).toMatchObject({ kind: 'Widget' });
    await expect(transport.get(id, { subresource: 'scale' })).rejects.toEqual(
      code('ERR_NO_VERSIONED_RESOURCE'),
    );
    await expect(
      transport.get({ ...id, version: 'v1beta1' }, { subresource: 'status' }),
    ).rejects.toEqual(code('ERR_NO_VERSIONED_RESOURCE'));
  });
});
