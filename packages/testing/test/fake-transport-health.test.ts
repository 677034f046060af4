import { DepwatchError } from '@depwatch/core';
import { describe, expect, test } from 'vitest';

import { createFakeTransport } from '../src/index.ts';
import {
  configMap,
  deployment,
  names,
  newConfigMap,
  openWatch,
  queryFor,
  told,
} from './fake-transport-kit.ts';

const timeout = { code: 'ERR_TRANSPORT', retryable: true, reason: 'timeout' };
const unreachable = { code: 'ERR_TRANSPORT', retryable: true, reason: 'unreachable' };

describe('whose fault it is', () => {
  test('one kind can hang alone, each of its requests until its time-out', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, configMap);
    const release = transport.hold({ match: configMap, timeoutMs: 10_000 });
    const calls = Promise.allSettled([
      transport.discover(configMap, {}),
      transport.list(query, {}),
      transport.watch(query, {})[Symbol.asyncIterator]().next(),
    ]);
    await transport.discover(deployment, {});
    await transport.clock.advance(9999);
    expect(transport.openWatches).toHaveLength(1);
    await transport.clock.advance(1);
    for (const call of await calls) {
      expect(call).toMatchObject({ status: 'rejected', reason: timeout });
    }
    expect(transport.openWatches).toEqual([]);
    const last = transport.list(query, {});
    await transport.clock.advance(1);
    release();
    await last;
    expect(transport.clock.pending).toBe(0);
  });

  test('an answer can time out, too', async () => {
    const transport = createFakeTransport();
    transport.hold({ operation: 'discover', at: 'answer', timeoutMs: 50 });
    const call = Promise.allSettled([transport.discover(configMap, {})]);
    await transport.clock.advance(50);
    expect((await call)[0]).toMatchObject({ reason: timeout });
  });

  test('connections that are cut take along what is held', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, configMap);
    const watch = await openWatch(transport, query);
    transport.hold({ match: configMap });
    const { signal } = new AbortController();
    const calls = Promise.allSettled([
      watch.next(),
      transport.discover(configMap, {}),
      transport.list(query, { signal }),
      transport.watch(query, {})[Symbol.asyncIterator]().next(),
    ]);
    await transport.clock.advance(1);
    transport.cutConnections();
    const later = transport.list(query, { signal: AbortSignal.abort() });
    for (const call of await calls) expect(call).toMatchObject({ reason: unreachable });
    await expect(later).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(transport.openWatches).toEqual([]);
  });

  test('what breaks or is down says that it is unreachable, what was closed does not', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, configMap);
    const watch = await openWatch(transport, query);
    transport.breakWatches();
    await expect(watch.next()).rejects.toMatchObject(unreachable);
    const another = await openWatch(transport, query);
    transport.down();
    await expect(another.next()).rejects.toMatchObject(unreachable);
    await expect(transport.list(query, {})).rejects.toMatchObject(unreachable);
    await transport.close();
    await expect(transport.list(query, {})).rejects.not.toHaveProperty('reason');
  });

  test('a probe resolves while the server is up, and is counted', async () => {
    const transport = createFakeTransport();
    await transport.probe({});
    transport.down();
    await expect(transport.probe({})).rejects.toMatchObject(unreachable);
    transport.up();
    await transport.probe({});
    expect(transport.requests.probe).toBe(3);
    const signal = AbortSignal.abort();
    await expect(transport.probe({ signal })).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });

  test('rules meet a probe only by its name', async () => {
    const transport = createFakeTransport();
    const error = new DepwatchError('ERR_TRANSPORT', 'HTML', { reason: 'not-kubernetes' });
    transport.deny({});
    transport.hold({});
    transport.fail({ error });
    await transport.probe({});
    transport.fail({ operation: 'probe', error, times: 1 });
    await expect(transport.probe({})).rejects.toBe(error);
    transport.hold({ operation: 'probe', timeoutMs: 10 });
    const probe = Promise.allSettled([transport.probe({})]);
    await transport.clock.advance(10);
    expect((await probe)[0]).toMatchObject({ reason: timeout });
  });

  test('a watch can fail after it was accepted', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, configMap);
    transport.fail({ operation: 'watch', error: { code: 500 }, accepted: true, times: 1 });
    const watch = await openWatch(transport, query);
    await expect(watch.next()).rejects.toMatchObject({ status: { code: 500 } });
    transport.fail({ error: { code: 500 }, accepted: true });
    await expect(transport.list(query, {})).rejects.toMatchObject({ status: { code: 500 } });
  });

  test('watches can be cut at an age, unless their time is over before', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, configMap);
    const undo = transport.cutWatches(60_000);
    const cut = await openWatch(transport, query);
    const ended = await openWatch(transport, query, { timeoutMs: 30_000 });
    await transport.clock.advance(59_999);
    expect(await ended.next()).toEqual({ done: true, value: undefined });
    expect(transport.openWatches).toHaveLength(1);
    await transport.clock.advance(1);
    await expect(cut.next()).rejects.toMatchObject(unreachable);
    undo();
    await openWatch(transport, query);
    await transport.clock.advance(60_000);
    expect(transport.openWatches).toHaveLength(1);
  });

  test('the acceptance of a watch can go untold', async () => {
    const transport = createFakeTransport();
    const query = await queryFor(transport, configMap);
    const undo = transport.leaveUnannounced();
    const { resourceVersion } = transport;
    const watch = transport.watch(query, { resourceVersion })[Symbol.asyncIterator]();
    const first = watch.next();
    await transport.clock.advance(1000);
    transport.put(newConfigMap('a'));
    expect(told((await first).value!)).toEqual(['ADDED a']);
    undo();
    await openWatch(transport, query);
  });
});

test('a kind that is served anew has no past, and one of the cluster is in no namespace', async () => {
  const transport = createFakeTransport();
  const widget = { group: 'example.com', version: 'v1', kind: 'Widget' };
  transport.registerKind(widget);
  const query = await queryFor(transport, widget, { namespace: 'a' });
  transport.put({
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'w', namespace: 'a' },
  });
  const { resourceVersion } = transport;
  await openWatch(transport, query, { resourceVersion });
  transport.unregisterKind(widget);
  transport.registerKind({ ...widget, namespaced: false });
  const next = (asked: typeof query) =>
    transport.watch(asked, { resourceVersion })[Symbol.asyncIterator]().next();
  await expect(next(query)).rejects.toMatchObject({ status: { code: 404 } });
  const now = await queryFor(transport, widget);
  await expect(next(now)).rejects.toMatchObject({ status: { code: 410 } });
  await openWatch(transport, now);
});

test('restore goes back to a version, and goes on from there', async () => {
  const transport = createFakeTransport();
  const query = await queryFor(transport, configMap);
  const kept = transport.put(newConfigMap('kept', { data: { a: '1' } }));
  transport.put(newConfigMap('deleted'));
  const { resourceVersion } = transport;
  transport.put(newConfigMap('kept', { data: { a: '2' } }));
  transport.remove(newConfigMap('deleted'));
  transport.put(newConfigMap('later'));
  const ahead = transport.resourceVersion;
  const watch = await openWatch(transport, query);
  transport.restore(resourceVersion);
  await expect(watch.next()).rejects.toMatchObject(unreachable);
  expect(transport.resourceVersion).toBe(resourceVersion);
  expect(await names(transport, query)).toEqual(['deleted', 'kept']);
  expect(transport.stored(kept)).toEqual(kept);

  // A watch from a version that is yet to come again is told of nothing before it.
  const blind = await openWatch(transport, query, { resourceVersion: ahead });
  const seeing = await openWatch(transport, query);
  expect(transport.put(newConfigMap('later')).metadata.resourceVersion).toBe(
    String(Number(resourceVersion) + 1),
  );
  expect(told((await seeing.next()).value!)).toEqual(['ADDED later']);
  transport.put(newConfigMap('b'));
  transport.put(newConfigMap('c'));
  transport.put(newConfigMap('d'));
  expect(told((await blind.next()).value!)).toEqual(['ADDED d']);
  transport.compact();
  expect(() => transport.restore(resourceVersion)).toThrow(/known past/);
});
