import { DepwatchError, type Transport } from '@depwatch/core';
import { createFakeTransport } from '@depwatch/testing';
import { describe, expect, test } from 'vitest';
import { createDynamicWatcher } from '../src/index.ts';
import { configMap, configMapId } from './harness.ts';
import { secretId, widget, widgetId, widgetKind } from './server-bench.ts';

const app = configMapId('app');
const never = (): Promise<never> => new Promise(() => {});

const hang = (): AsyncIterable<never> => ({ [Symbol.asyncIterator]: () => ({ next: never }) });

/** Refuses streaming lists, as an old server does. */
const refuse = (): AsyncIterable<never> => ({
  [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(notStreamed) }),
});
const notStreamed = new DepwatchError('ERR_TRANSPORT', 'no', { status: { code: 405 } });

/** A dynamic watcher on a transport of somebody else's: it keeps no time itself, and doesn't heed signals. */
async function start(wrap: (fake: ReturnType<typeof createFakeTransport>) => Partial<Transport>) {
  const fake = createFakeTransport({ objects: [configMap('config')] });
  fake.registerKind({ ...widgetKind, verbs: ['get', 'list'] });
  const watcher = createDynamicWatcher({
    transport: { ...fake, ...wrap(fake) },
    clock: fake.clock,
    enableCache: true,
    unavailable: 'wait',
    pollIntervalMs: 5000,
    reconciler: () => {},
  });
  await watcher.start();
  return { fake, watcher, [Symbol.asyncDispose]: () => watcher[Symbol.asyncDispose]() };
}

describe('a transport that never answers', () => {
  test.each<[string, Partial<Transport>, ReturnType<typeof widgetId>]>([
    ['discovery', { discover: never }, configMapId('config')],
    ['the list of what can be watched', { list: never, watch: hang }, configMapId('config')],
    ['the list of what can not be watched', { list: never }, widgetId('w')],
    ['a watch', { watch: hang }, secretId('s')],
  ])('keeps no add waiting beyond its time: %s', async (_what, transport, watched) => {
    await using world = await start(() => transport);
    const { fake, watcher } = world;
    for (const unavailable of ['wait', 'reject'] as const) {
      const by = configMapId(unavailable);
      const add = watcher.addWatcher(by, watched, { unavailable }).then(
        () => 'resolved',
        (error: { code: string }) => error.code,
      );
      await fake.clock.advance(25_000);
      const settled = await Promise.race([add, Promise.resolve('hangs')]);
      expect(settled).not.toBe('hangs');
    }
  });

  test('is asked again for what is read at intervals, once a read has had its time', async () => {
    let lists = 0;
    let hangs = false;
    await using world = await start(({ list }) => ({
      list: (query, options) => {
        lists += 1;
        return hangs ? never() : list(query, options);
      },
    }));
    const { fake, watcher } = world;
    fake.put(widget('w', 'one', 'default'));
    const add = watcher.addWatcher(app, widgetId('w'));
    await fake.clock.advance(1000);
    await add;
    hangs = true;
    await fake.clock.advance(150_000);
    expect(watcher.statusOf(widgetId('w'))).toMatchObject({
      state: 'retrying',
      lastError: { code: 'ERR_TRANSPORT', reason: 'timeout' },
    });
    expect(lists).toBeGreaterThan(2);
    hangs = false;
    fake.put(widget('w', 'two', 'default'));
    await fake.clock.advance(180_000);
    expect(watcher.statusOf(widgetId('w'))).toMatchObject({ state: 'polling' });
    expect(watcher.getFromCache(widgetId('w'))).toMatchObject({ data: { value: 'two' } });
  });

  test('is asked again for the list of a watch that lost its place', async () => {
    let hangs = false;
    await using world = await start(({ list, watch }) => ({
      list: (query, options) => (hangs ? never() : list(query, options)),
      watch: (query, options) => (options.initialEvents ? refuse() : watch(query, options)),
    }));
    const { fake, watcher } = world;
    const add = watcher.addWatcher(app, configMapId('config'));
    await fake.clock.advance(1000);
    await add;
    hangs = true;
    fake.compact();
    fake.breakWatches();
    await fake.clock.advance(150_000);
    expect(watcher.statusOf(configMapId('config'))).toMatchObject({ state: 'retrying' });
    hangs = false;
    fake.put(configMap('config', { a: 'two' }));
    await fake.clock.advance(180_000);
    expect(watcher.getFromCache(configMapId('config'))).toMatchObject({ data: { a: 'two' } });
  });
});

test('what is read at intervals, and names no namespace, ends when its objects turn out to live in them', async () => {
  let isNamespaced = false;
  await using world = await start(({ list }) => ({
    // As a server answers that is asked for all of them.
    list: async (query, options) =>
      isNamespaced
        ? { resourceVersion: '1', items: [widget('w', 'one', 'default')] }
        : list(query, options),
  }));
  const { fake, watcher } = world;
  const unwatchable = { ...widgetKind, verbs: ['get', 'list'] };
  fake.unregisterKind(widgetKind);
  fake.registerKind({ ...unwatchable, namespaced: false });
  const plain = { ...widgetKind, name: 'w' };
  const add = watcher.addWatcher(app, plain);
  await fake.clock.advance(1000);
  await add;
  expect(watcher.statusOf(plain)).toMatchObject({ state: 'polling' });
  isNamespaced = true;
  fake.unregisterKind(widgetKind);
  fake.registerKind(unwatchable);
  await fake.clock.advance(60_000);
  expect(watcher.statusOf(plain)).toMatchObject({
    state: 'ended',
    lastError: { code: 'ERR_INVALID_INPUT' },
  });
});

describe('an error that a transport throws as it comes', () => {
  test('is told as that of the request which failed', async () => {
    await using world = await start(() => ({
      list: () => Promise.reject(new Error('of the transport')),
      watch: refuse,
    }));
    const { fake, watcher } = world;
    const add = watcher.addWatcher(app, configMapId('config'));
    add.catch(() => {});
    await fake.clock.advance(20_000);
    await expect(add).rejects.toThrow(/list of v1 ConfigMap.*of the transport/);
  });
});
