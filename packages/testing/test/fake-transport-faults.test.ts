import { DepwatchError } from '@depwatch/core';
import { describe, expect, test } from 'vitest';

import { createFakeTransport } from '../src/index.ts';
import {
  configMap,
  deployment,
  newConfigMap,
  queryFor,
  openWatch,
  told,
  names,
  code,
} from './fake-transport-kit.ts';

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

  test.each(['close', 'down'] as const)('after %s() no call waits at a hold', async (end) => {
    for (const at of ['request', 'answer'] as const) {
      const transport = createFakeTransport();
      const query = await queryFor(transport, configMap);
      transport.hold({ at });
      transport.hold({ at, operation: 'probe' });
      if (end === 'down') transport.down();
      else await transport.close();
      const watch = transport.watch(query, {})[Symbol.asyncIterator]();
      for (const call of [
        () => transport.discover(configMap, {}),
        () => transport.list(query, {}),
        () => watch.next(),
        () => transport.probe({}),
        () => transport.get({ ...configMap, namespace: 'a', name: 'one' }),
        () => transport.create(newConfigMap('one')),
      ]) {
        await expect(call()).rejects.toEqual(code('ERR_TRANSPORT'));
      }
    }
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
    const { resourceVersion } = transport;
    const late = transport.watch(query, { resourceVersion })[Symbol.asyncIterator]();
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
