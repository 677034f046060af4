import { DepwatchError, isDepwatchError } from '@depwatch/core';
import { describe, expect, test } from 'vitest';

import { createFakeTransport } from '../src/index.ts';
import { configMap, newConfigMap, queryFor, openWatch, told, code } from './fake-transport-kit.ts';

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
    const { resourceVersion } = transport;
    const iterator = transport.watch(query, { resourceVersion })[Symbol.asyncIterator]();
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

test('counts requests and shows the watches under way', async () => {
  const transport = createFakeTransport();
  const query = await queryFor(transport, configMap, { selector: 'a=b' });
  const before = transport.requests;
  await transport.list(query, { limit: 1 });
  const watch = await openWatch(transport, query, { initialEvents: true });
  expect(before).toMatchObject({ discover: 1, list: 0, watch: 0, streaming: 0, probe: 0 });
  expect(transport.requests).toMatchObject({ discover: 1, list: 1, watch: 1, streaming: 1 });
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
