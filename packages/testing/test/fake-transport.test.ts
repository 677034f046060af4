import {
  DepwatchError,
  type GroupVersionKind,
  isDepwatchError,
  type KubernetesObject,
  type ResourceQuery,
  type WatchEvent,
} from '@depwatch/core';
import { describe, expect, test } from 'vitest';

import { createFakeTransport, createVirtualClock, type FakeTransport } from '../src/index.ts';

const configMap: GroupVersionKind = { version: 'v1', kind: 'ConfigMap' };
const deployment: GroupVersionKind = { group: 'apps', version: 'v1', kind: 'Deployment' };

interface ConfigMap extends KubernetesObject {
  data?: { [key: string]: string };
}

function newConfigMap(name: string, rest: Partial<ConfigMap> = {}): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    ...rest,
    metadata: { name, namespace: 'a', ...rest.metadata },
  };
}

async function queryFor(
  transport: FakeTransport,
  gvk: GroupVersionKind,
  rest: Partial<ResourceQuery> = {},
): Promise<ResourceQuery> {
  const resource = await transport.discover(gvk, {});
  if (!resource) throw new Error(`no ${gvk.kind}`);
  const { verbs: _, ...gvr } = resource;
  return { gvk, gvr, ...rest };
}

type Options = Parameters<FakeTransport['watch']>[1];

/** A watch that has been accepted, and the iterator that reads it. */
async function openWatch(transport: FakeTransport, query: ResourceQuery, options: Options = {}) {
  const iterator = transport.watch(query, options)[Symbol.asyncIterator]();
  expect(await iterator.next()).toEqual({ done: false, value: [] });
  return iterator;
}

function told(events: readonly WatchEvent[]): string[] {
  return events.map((event) =>
    event.type === 'BOOKMARK'
      ? `BOOKMARK${event.initialEventsEnd ? ' end' : ''}`
      : `${event.type} ${event.object.metadata?.name}`,
  );
}

async function names(transport: FakeTransport, query: ResourceQuery): Promise<string[]> {
  const { items } = await transport.list(query, {});
  return items.map((item) => item.metadata?.name ?? '');
}

const code = (expected: string) =>
  expect.objectContaining({ name: 'DepwatchError', code: expected });

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
    expect(transport.get<ConfigMap>(stored)?.data).toEqual({ k: '1' });
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
    expect(transport.get(guarded)).toBeUndefined();
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
      kinds: [widget],
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

describe('versions', () => {
  test('a list in pages stays at its version; compaction ends it', async () => {
    const transport = createFakeTransport();
    for (const name of ['c', 'a', 'b']) transport.put(newConfigMap(name));
    const query = await queryFor(transport, configMap);
    const first = await transport.list(query, { limit: 2 });
    transport.remove(newConfigMap('c'));
    transport.put(newConfigMap('bb'));
    const second = await transport.list(query, { limit: 2, continue: first.continue! });
    expect([...first.items, ...second.items].map((item) => item.metadata?.name)).toEqual([
      'a',
      'b',
      'c',
    ]);
    expect(second.resourceVersion).toBe(first.resourceVersion);
    expect(second.continue).toBeUndefined();
    transport.compact();
    await expect(
      transport.list(query, { limit: 2, continue: first.continue! }),
    ).rejects.toMatchObject({ code: 'ERR_EXPIRED', status: { code: 410 } });
  });

  test('a version given to a list is a lower bound, with a limit the exact one', async () => {
    const transport = createFakeTransport();
    const { metadata } = transport.put(newConfigMap('a'));
    const resourceVersion = metadata.resourceVersion;
    transport.put(newConfigMap('b'));
    const query = await queryFor(transport, configMap);
    const count = async (options: object) => (await transport.list(query, options)).items.length;
    expect(await count({ resourceVersion })).toBe(2);
    expect(await count({ resourceVersion, limit: 5 })).toBe(1);
    expect(await count({ resourceVersion: '0', limit: 5 })).toBe(2);
    transport.compact();
    await expect(count({ resourceVersion, limit: 5 })).rejects.toEqual(code('ERR_EXPIRED'));
    await expect(count({ resourceVersion: '1000' })).rejects.toMatchObject({
      code: 'ERR_EXPIRED',
      status: { code: 504 },
    });
    await expect(count({ resourceVersion: 'x' })).rejects.toMatchObject({ status: { code: 400 } });
    await expect(count({ continue: 'x' })).rejects.toMatchObject({ status: { code: 400 } });
  });

  test('compact makes every version so far too old, and leaves open watches alone', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, configMap);
    const { resourceVersion } = await transport.list(query, {});
    const watch = await openWatch(transport, query, { resourceVersion });
    transport.compact();
    await expect(
      transport.watch(query, { resourceVersion })[Symbol.asyncIterator]().next(),
    ).rejects.toMatchObject({ code: 'ERR_EXPIRED', status: { code: 410 } });
    transport.put(newConfigMap('a'));
    expect(told((await watch.next()).value!)).toEqual(['ADDED a']);
    await openWatch(transport, query, {
      resourceVersion: (await transport.list(query, {})).resourceVersion,
    });
  });

  test('a bookmark is a version to resume from', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, configMap, { namespace: 'a', name: 'x' });
    const watch = await openWatch(transport, query, { initialEvents: true });
    expect(told((await watch.next()).value!)).toEqual(['BOOKMARK end']);
    transport.compact();
    transport.sendBookmarks();
    const [bookmark] = (await watch.next()).value!;
    expect(bookmark).toEqual({ type: 'BOOKMARK', resourceVersion: transport.resourceVersion });
    await openWatch(transport, query, { resourceVersion: transport.resourceVersion });
  });

  test('serveStale shows the past until it is undone or compacted', async () => {
    const transport = createFakeTransport();
    const past = transport.put(newConfigMap('a')).metadata.resourceVersion;
    transport.put(newConfigMap('b'));
    transport.remove(newConfigMap('a'));
    const query = await queryFor(transport, configMap);
    const undo = transport.serveStale(past);
    expect(await names(transport, query)).toEqual(['a']);
    expect((await transport.list(query, {})).resourceVersion).toBe(past);
    const watch = await openWatch(transport, query, { initialEvents: true });
    expect(told((await watch.next()).value!)).toEqual([
      'ADDED a',
      'BOOKMARK end',
      'ADDED b',
      'DELETED a',
    ]);
    undo();
    expect(await names(transport, query)).toEqual(['b']);
    transport.serveStale(past);
    transport.compact();
    expect(await names(transport, query)).toEqual(['b']);
    expect(() => transport.serveStale(past)).toThrow(code('ERR_INVALID_INPUT'));
    expect(() => transport.serveStale('99999')).toThrow(code('ERR_INVALID_INPUT'));
  });

  test('a watch from a version to come is silent until then', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, configMap);
    const next = String(Number(transport.resourceVersion) + 1);
    const watch = await openWatch(transport, query, { resourceVersion: next });
    transport.put(newConfigMap('a'));
    transport.put(newConfigMap('b'));
    expect(told((await watch.next()).value!)).toEqual(['ADDED b']);
  });
});

describe('the end of watches', () => {
  test('closeWatches ends them after what was pushed, breakWatches breaks them', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, configMap);
    const watch = await openWatch(transport, query);
    transport.put(newConfigMap('a'));
    transport.closeWatches();
    expect(transport.openWatches).toEqual([]);
    expect(told((await watch.next()).value!)).toEqual(['ADDED a']);
    expect(await watch.next()).toEqual({ done: true, value: undefined });

    const broken = await openWatch(transport, query, {
      resourceVersion: transport.resourceVersion,
    });
    transport.breakWatches();
    const error = await broken.next().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
    expect(error).not.toHaveProperty('status');
    expect(await broken.next()).toEqual({ done: true, value: undefined });

    const mine = new DepwatchError('ERR_UNAUTHORIZED', 'no');
    const refused = await openWatch(transport, query);
    transport.breakWatches(mine);
    await refused.next().catch((caught: unknown) => expect(caught).toBe(mine));
  });

  test('timeoutMs passes on the virtual clock, and leaves no timer behind', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, configMap);
    const watch = await openWatch(transport, query, { timeoutMs: 5 * 60_000 });
    const left = await openWatch(transport, query, { timeoutMs: 5 * 60_000 });
    expect(transport.clock.pending).toBe(2);
    await left.return?.();
    expect(transport.clock.pending).toBe(1);
    await transport.clock.advance(5 * 60_000 - 1);
    expect(transport.openWatches).toHaveLength(1);
    await transport.clock.advance(1);
    expect(await watch.next()).toEqual({ done: true, value: undefined });
    expect(transport.openWatches).toEqual([]);
  });

  test('an abort ends a pending next() at once, and drops what nobody read', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, configMap);
    const controller = new AbortController();
    const watch = await openWatch(transport, query, { signal: controller.signal });
    transport.put(newConfigMap('a'));
    controller.abort();
    expect(transport.openWatches).toEqual([]);
    await expect(watch.next()).rejects.toEqual(code('ERR_ABORTED'));
    expect(await watch.next()).toEqual({ done: true, value: undefined });
  });

  test('the reason of an abort, when it is a DepwatchError, is what is thrown', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, configMap);
    const controller = new AbortController();
    const watch = await openWatch(transport, query, { signal: controller.signal });
    const reason = new DepwatchError('ERR_NOT_STARTED', 'stopped');
    const next = watch.next();
    controller.abort(reason);
    await next.catch((caught: unknown) => expect(caught).toBe(reason));
  });

  test('a watch that nobody reads is no request', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, configMap);
    const iterator = transport.watch(query, {})[Symbol.asyncIterator]();
    expect(transport.requests.watch).toBe(0);
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(transport.requests.watch).toBe(0);
  });

  test('what is written in one turn comes in one burst', async () => {
    const transport = createFakeTransport();
    const watch = await openWatch(transport, await queryFor(transport, configMap));
    const next = watch.next();
    transport.put(newConfigMap('a'));
    transport.put(newConfigMap('b'));
    expect(told((await next).value!)).toEqual(['ADDED a', 'ADDED b']);
  });

  test('several next() at once are answered in order', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, configMap);
    const iterator = transport.watch(query, {})[Symbol.asyncIterator]();
    const answers = Promise.all([iterator.next(), iterator.next(), iterator.next()]);
    await transport.clock.advance(0);
    transport.put(newConfigMap('a'));
    transport.closeWatches();
    const [first, second, third] = await answers;
    expect(first).toEqual({ done: false, value: [] });
    expect(told(second.value ?? [])).toEqual(['ADDED a']);
    expect(third.done).toBe(true);
  });
});

describe('faults', () => {
  test('fail: so many times, for matching requests, until undone', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, configMap, { namespace: 'a' });
    const unavailable = { code: 503, reason: 'ServiceUnavailable' };
    transport.fail({ operation: 'list', match: { namespace: 'a' }, error: unavailable, times: 2 });
    for (let i = 0; i < 2; i += 1) {
      await expect(transport.list(query, {})).rejects.toMatchObject({
        code: 'ERR_TRANSPORT',
        retryable: true,
        status: unavailable,
      });
    }
    await transport.list(query, {});

    const mine = new DepwatchError('ERR_UNAUTHORIZED', 'no');
    const undo = transport.fail({ match: ({ gvk }) => gvk.kind === 'ConfigMap', error: mine });
    await transport.discover(configMap, {}).catch((error: unknown) => expect(error).toBe(mine));
    const iterator = transport.watch(query, {})[Symbol.asyncIterator]();
    await iterator.next().catch((error: unknown) => expect(error).toBe(mine));
    expect(transport.openWatches).toEqual([]);
    await transport.discover(deployment, {});
    undo();
    await transport.discover(configMap, {});

    transport.fail({ match: { name: 'x' }, error: mine });
    await transport.list(query, {});
    transport.fail({ match: { name: '' }, error: mine });
    await expect(transport.list(query, {})).rejects.toBe(mine);
  });

  test('hold on the way there: what is written meanwhile is seen', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, configMap);
    const release = transport.hold('list');
    const list = names(transport, query);
    await transport.discover(deployment, {});
    transport.put(newConfigMap('a'));
    release();
    expect(await list).toEqual(['a']);
    expect(await names(transport, query)).toEqual(['a']);
  });

  test('hold on the way back: what is written meanwhile is not seen', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, configMap);
    const release = transport.hold({ operation: 'list', at: 'answer' });
    const list = names(transport, query);
    await transport.clock.advance(0);
    transport.put(newConfigMap('a'));
    release();
    expect(await list).toEqual([]);
  });

  test('hold on the way back silences watches, open ones and new ones', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, configMap);
    const opened = await openWatch(transport, query);
    const release = transport.hold({ operation: 'watch', at: 'answer', match: configMap });
    const late = transport.watch(query, {})[Symbol.asyncIterator]();
    let answers = 0;
    const answered = <R>(answer: R): R => ((answers += 1), answer);
    const first = opened.next().then(answered);
    const second = late.next().then(answered);
    await transport.clock.advance(0);
    expect(transport.openWatches).toHaveLength(2);
    transport.put(newConfigMap('a'));
    await transport.clock.advance(0);
    expect(answers).toBe(0);
    release();
    release();
    expect(told((await first).value!)).toEqual(['ADDED a']);
    expect((await second).value).toEqual([]);
    expect(told((await late.next()).value!)).toEqual(['ADDED a']);
  });

  test('a signal ends a request that is held', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, configMap);
    transport.hold({});
    const controller = new AbortController();
    const { signal } = controller;
    const calls = Promise.allSettled([
      transport.discover(configMap, { signal }),
      transport.list(query, { signal }),
      transport.watch(query, { signal })[Symbol.asyncIterator]().next(),
    ]);
    await transport.clock.advance(0);
    expect(transport.openWatches).toHaveLength(1);
    controller.abort();
    for (const call of await calls) {
      expect(call).toEqual({ status: 'rejected', reason: code('ERR_ABORTED') });
    }
    expect(transport.openWatches).toEqual([]);
  });

  test('deny: ERR_FORBIDDEN as RBAC words it, naming verb and query, until undone', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, deployment, { namespace: 'a', name: 'web' });
    const undo = transport.deny({ verbs: ['watch'], kind: 'Deployment', namespace: 'a' });
    await transport.list(query, {});
    const next = () => transport.watch(query, {})[Symbol.asyncIterator]().next();
    await expect(next()).rejects.toMatchObject({
      code: 'ERR_FORBIDDEN',
      status: { code: 403, reason: 'Forbidden' },
      message:
        'watch of apps/v1 Deployment "web" in namespace "a": the API server answered 403 Forbidden: ' +
        'deployments.apps "web" is forbidden: User "fake" cannot watch resource "deployments" in API group "apps" in the namespace "a"',
    });
    undo();
    expect((await next()).done).toBe(false);

    transport.deny({ resource: 'configmaps', namespace: '' });
    const all = await queryFor(transport, configMap);
    await expect(transport.list(all, {})).rejects.toEqual(code('ERR_FORBIDDEN'));
    await transport.list({ ...all, namespace: 'a' }, {});
    transport.deny({ name: 'secret' });
    await expect(transport.list({ ...all, namespace: 'a', name: 'secret' }, {})).rejects.toEqual(
      code('ERR_FORBIDDEN'),
    );
  });

  test('refuseStreamingLists: before or after the watch is accepted', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, configMap);
    const start = () => transport.watch(query, { initialEvents: true })[Symbol.asyncIterator]();
    const undo = transport.refuseStreamingLists(422);
    await expect(start().next()).rejects.toMatchObject({ status: { code: 422 } });
    await openWatch(transport, query);
    undo();
    transport.refuseStreamingLists({ code: 501, reason: 'NotImplemented' }, { accepted: true });
    const late = start();
    expect(await late.next()).toEqual({ done: false, value: [] });
    await expect(late.next()).rejects.toMatchObject({ status: { code: 501 } });
    expect(transport.requests).toMatchObject({ watch: 3, streaming: 2 });
  });

  test('down breaks everything, up brings state and history back', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, configMap);
    const { resourceVersion } = transport;
    const watch = await openWatch(transport, query, { resourceVersion });
    const next = watch.next();
    transport.down();
    for (const call of [next, transport.discover(configMap, {}), transport.list(query, {})]) {
      const error = await Promise.resolve<unknown>(call).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
      expect(error).not.toHaveProperty('status');
    }
    transport.put(newConfigMap('a'));
    transport.up();
    const again = await openWatch(transport, query, { resourceVersion });
    expect(told((await again.next()).value!)).toEqual(['ADDED a']);
  });

  test('close is final', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, configMap);
    const watch = await openWatch(transport, query);
    await transport.close();
    await transport.close();
    await expect(watch.next()).rejects.toMatchObject({ code: 'ERR_TRANSPORT', retryable: false });
    transport.up();
    await expect(transport.list(query, {})).rejects.toMatchObject({ retryable: false });
  });
});

test('counts requests and shows the watches under way', async () => {
  const transport = createFakeTransport();
  const query = await queryFor(transport, configMap, { selector: 'a=b' });
  const before = transport.requests;
  await transport.list(query, { limit: 1 });
  const watch = await openWatch(transport, query, { initialEvents: true });
  expect(before).toEqual({ discover: 1, list: 0, watch: 0, streaming: 0 });
  expect(transport.requests).toEqual({ discover: 1, list: 1, watch: 1, streaming: 1 });
  expect(transport.openWatches).toEqual([query]);
  await watch.return?.();
  expect(transport.openWatches).toEqual([]);
});

test('an aborted signal is no request', async () => {
  const transport = createFakeTransport();
  const signal = AbortSignal.abort();
  const query = await queryFor(transport, configMap);
  const before = transport.requests;
  const calls = [
    () => transport.discover(configMap, { signal }),
    () => transport.list(query, { signal }),
    () => transport.watch(query, { signal })[Symbol.asyncIterator]().next(),
  ];
  for (const call of calls) {
    const error = await call().then(undefined, (caught: unknown) => caught);
    expect(isDepwatchError(error, 'ERR_ABORTED')).toBe(true);
  }
  expect(transport.requests).toEqual(before);
});

test('bad selectors are refused with a typed error', async () => {
  const transport = createFakeTransport();
  const query = await queryFor(transport, configMap, { selector: 'a in' });
  await expect(transport.list(query, {})).rejects.toEqual(code('ERR_INVALID_INPUT'));
  await expect(transport.watch(query, {})[Symbol.asyncIterator]().next()).rejects.toEqual(
    code('ERR_INVALID_INPUT'),
  );
  expect(transport.openWatches).toEqual([]);
});
