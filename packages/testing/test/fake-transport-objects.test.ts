import { describe, expect, test } from 'vitest';

import { createFakeTransport, createVirtualClock } from '../src/index.ts';
import {
  configMap,
  type ConfigMap,
  newConfigMap,
  queryFor,
  openWatch,
  told,
  names,
  code,
} from './fake-transport-kit.ts';

describe('objects', () => {
  test('put creates: uid, version, date, and a generation where there is a spec', () => {
    const clock = createVirtualClock({ startMs: Date.UTC(2030, 0, 1) });
    const transport = createFakeTransport({ clock });
    const stored = transport.put(newConfigMap('one'));
    expect(stored.metadata).toEqual({
      name: 'one',
      namespace: 'a',
      uid: '00000000-0000-4000-8000-000000000001',
      resourceVersion: transport.resourceVersion,
      creationTimestamp: '2030-01-01T00:00:00Z',
    });
    const workload = transport.put({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'a' },
      spec: { replicas: 1 },
    });
    expect(workload.metadata).toMatchObject({ generation: 1 });
    expect(transport.put({ ...workload, status: { replicas: 1 } }).metadata).toMatchObject({
      generation: 1,
    });
    expect(transport.put({ ...workload, spec: { replicas: 2 } }).metadata).toMatchObject({
      generation: 2,
    });
  });

  test('put replaces, keeps the identity, and writes nothing when nothing changes', () => {
    const transport = createFakeTransport();
    const first = transport.put(newConfigMap('one', { data: { k: '1' } }));
    const second = transport.put(newConfigMap('one', { metadata: { uid: 'mine' } }));
    expect(second.data).toBeUndefined();
    expect(second.metadata.uid).toBe(first.metadata.uid);
    expect(Number(second.metadata?.resourceVersion)).toBeGreaterThan(
      Number(first.metadata?.resourceVersion),
    );
    const before = transport.resourceVersion;
    expect(transport.put(second)).toEqual(second);
    expect(transport.resourceVersion).toBe(before);
  });

  test('nobody shares state with it', async () => {
    const transport = createFakeTransport();
    const given = newConfigMap('one', { data: { k: '1' } });
    const stored = transport.put(given);
    const query = await queryFor(transport, configMap);
    given.data!['k'] = 'changed';
    stored.data!['k'] = 'changed';
    const [listed] = (await transport.list(query, {})).items as ConfigMap[];
    listed!.data!['k'] = 'changed';
    expect(transport.stored<ConfigMap>(stored)?.data).toEqual({ k: '1' });
    expect(((await transport.list(query, {})).items[0] as ConfigMap).data).toEqual({ k: '1' });
  });

  test('remove deletes at once, or when the last finalizer goes', async () => {
    const transport = createFakeTransport();
    transport.put(newConfigMap('plain'));
    const guarded = transport.put(newConfigMap('guarded', { metadata: { finalizers: ['a.b/c'] } }));
    const watch = await openWatch(transport, await queryFor(transport, configMap), {
      resourceVersion: transport.resourceVersion,
    });
    expect(transport.remove({ ...configMap, namespace: 'a', name: 'plain' })).toMatchObject({
      metadata: { name: 'plain' },
    });
    expect(transport.remove({ ...configMap, namespace: 'a', name: 'plain' })).toBeUndefined();
    const dying = transport.remove(guarded);
    expect(dying?.metadata?.deletionTimestamp).toBe('1970-01-01T00:00:00Z');
    expect(transport.remove(guarded)).toEqual(dying);
    transport.put({ ...dying, metadata: { ...dying?.metadata, finalizers: [] } });
    expect(transport.stored(guarded)).toBeUndefined();
    const { value } = await watch.next();
    expect(told(value!)).toEqual(['DELETED plain', 'MODIFIED guarded', 'DELETED guarded']);
  });

  test.each([
    [{}, /apiVersion/],
    [{ apiVersion: 'v1' }, /kind/],
    [{ apiVersion: 'v1', kind: 'ConfigMap' }, /metadata\.name/],
    [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } }, /metadata\.namespace/],
    [{ apiVersion: 'v1', kind: 'Widget', metadata: { name: 'x' } }, /kind: v1 Widget/],
    [{ apiVersion: 'v1', kind: 'Node', metadata: { name: 'a/b' } }, /metadata\.name/],
    [{ apiVersion: 'v1', kind: 'Node', metadata: { name: '..' } }, /name/],
  ])('put refuses %j', (object, message) => {
    const transport = createFakeTransport();
    expect(() => transport.put(object)).toThrow(message);
    expect(() => transport.put(object)).toThrow(code('ERR_INVALID_INPUT'));
  });

  test('names that are special to JavaScript are names', async () => {
    const transport = createFakeTransport();
    const hostile = ['__proto__', 'constructor', 'toString'];
    for (const name of hostile) {
      const text = JSON.stringify(newConfigMap(name)).replace('}}', '},"data":{"__proto__":"x"}}');
      transport.put(JSON.parse(text) as ConfigMap);
    }
    const query = await queryFor(transport, configMap);
    expect(await names(transport, query)).toEqual(hostile);
    const [item] = (await transport.list(query, {})).items as ConfigMap[];
    expect(Object.getOwnPropertyNames(item?.data)).toEqual(['__proto__']);
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  test('options seed kinds and objects', async () => {
    const widget = { group: 'example.com', version: 'v1', kind: 'Policy' };
    const transport = createFakeTransport({
      resources: [widget],
      objects: [
        { apiVersion: 'example.com/v1', kind: 'Policy', metadata: { name: 'p', namespace: 'a' } },
      ],
    });
    const query = await queryFor(transport, widget);
    expect(query.gvr.resource).toBe('policies');
    expect(await names(transport, query)).toEqual(['p']);
  });
});

describe('kinds', () => {
  test('versions of one resource share their objects', async () => {
    const transport = createFakeTransport();
    const old = { group: 'example.com', version: 'v1beta1', kind: 'Widget' };
    const current = { ...old, version: 'v1' };
    transport.registerKind(old);
    transport.registerKind(current);
    transport.put({
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'w', namespace: 'a' },
    });
    const watch = await openWatch(transport, await queryFor(transport, old), {
      initialEvents: true,
    });
    const [added] = (await watch.next()).value!;
    expect(added).toMatchObject({ object: { apiVersion: 'example.com/v1beta1', kind: 'Widget' } });
    transport.unregisterKind(old);
    expect(await watch.next()).toEqual({ done: true, value: undefined });
    expect(await names(transport, await queryFor(transport, current))).toEqual(['w']);
  });

  test('unregisterKind deletes the objects, ends the watches, and answers 404', async () => {
    const transport = createFakeTransport();
    const widget = { group: 'example.com', version: 'v1', kind: 'Widget', namespaced: false };
    transport.registerKind(widget);
    const put = () =>
      transport.put({
        apiVersion: 'example.com/v1',
        kind: 'Widget',
        metadata: { name: 'w', finalizers: ['a.b/c'] },
      });
    const first = put();
    const query = await queryFor(transport, widget);
    const watch = await openWatch(transport, query, { resourceVersion: transport.resourceVersion });
    transport.unregisterKind(widget);
    expect(told((await watch.next()).value!)).toEqual(['DELETED w']);
    expect(await watch.next()).toEqual({ done: true, value: undefined });
    expect(await transport.discover(widget, {})).toBeUndefined();
    await expect(transport.list(query, {})).rejects.toEqual(code('ERR_NO_VERSIONED_RESOURCE'));
    await expect(transport.watch(query, {})[Symbol.asyncIterator]().next()).rejects.toEqual(
      code('ERR_NO_VERSIONED_RESOURCE'),
    );
    transport.registerKind(widget);
    expect(await names(transport, query)).toEqual([]);
    expect(put().metadata.uid).not.toBe(first.metadata.uid);
  });

  test('a kind without the watch verb can be listed only', async () => {
    const transport = createFakeTransport();
    const gvk = { group: 'metrics.k8s.io', version: 'v1', kind: 'PodMetrics' };
    transport.registerKind({ ...gvk, plural: 'pods', verbs: ['get', 'list'] });
    const query = await queryFor(transport, gvk);
    expect(await names(transport, query)).toEqual([]);
    await expect(transport.watch(query, {})[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'ERR_TRANSPORT',
      retryable: false,
      status: { code: 405 },
    });
  });

  test.each([
    { version: '', kind: 'A' },
    { version: 'v1', kind: '' },
    { version: 'v1', kind: 'A', plural: '../x' },
  ])('registerKind refuses %j', (kind) => {
    expect(() => createFakeTransport().registerKind(kind)).toThrow(code('ERR_INVALID_INPUT'));
  });
});
