import type { GroupVersionKind } from '@depwatch/core';
import { describe, expect, test } from 'vitest';
import { configMap, configMapId } from './harness.ts';
import { secretId, widget, widgetId, widgetKind } from './server-bench.ts';
import { install, start, uninstall, type World } from './waiting-world.ts';

const app = configMapId('app');
const other = configMapId('other');
const id = widgetId('w');
const plain = { ...widgetKind, name: 'w' };
const ofCluster = { ...widgetKind, namespaced: false } as GroupVersionKind;
const secret = secretId('s');
const config = configMapId('config');
const a = (object: unknown): unknown => (object as { data: { a: string } }).data.a;

/** Whether a change of what `select` leaves out of the ConfigMap wakes the watcher. */
async function wakes(world: World, b: string): Promise<boolean> {
  world.told.length = 0;
  world.fake.put(configMap('config', { a: '1', b }));
  await world.settle();
  return world.told.length > 0;
}

describe('a call under way when what it waits for turns out to be of the whole cluster', () => {
  test.each([
    ['asked for in a namespace', [id, secret]],
    ['asked for in both spellings', [id, plain, secret]],
  ])('leaves nothing behind when it is aborted: %s', async (_how, watched) => {
    await using world = await start();
    const { fake, watcher } = world;
    const release = fake.hold({ operation: 'watch', match: { kind: 'Secret' } });
    const abort = new AbortController();
    const update = watcher.addOrUpdateWatcher(app, watched, { signal: abort.signal });
    update.catch(() => {});
    await world.settle(10);
    await install(world, ofCluster);
    await world.settle(3000);
    expect(watcher.statusOf(plain)).toMatchObject({ state: 'live' });
    abort.abort();
    await expect(update).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    release();
    await world.settle(10);
    expect(watcher.graph().edges).toEqual([]);
  });

  test.each([
    ['in its namespace', [id]],
    ['in both spellings', [id, plain]],
    ['without its namespace', [plain]],
  ])('leaves what was there before it, known %s, when it is aborted', async (_how, before) => {
    await using world = await start();
    const { fake, watcher } = world;
    await world.wait(Promise.all(before.map((one) => watcher.addWatcher(app, one))));
    const release = fake.hold({ operation: 'watch', match: { kind: 'Secret' } });
    const abort = new AbortController();
    const update = watcher.addOrUpdateWatcher(app, [id, secret], { signal: abort.signal });
    update.catch(() => {});
    await world.settle(10);
    await install(world, ofCluster);
    await world.settle(3000);
    abort.abort();
    await expect(update).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    release();
    await world.settle(10);
    expect(watcher.graph().edges).toEqual([{ watcher: app, watched: plain }]);
  });

  test('keeps what it asked for, on the terms that it asked for, when it comes through', async () => {
    await using world = await start();
    const { fake, watcher } = world;
    await world.wait(watcher.addWatcher(app, id));
    const release = fake.hold({ operation: 'watch', match: { kind: 'Secret' } });
    const update = watcher.addOrUpdateWatcher(app, [id, secret], { select: () => 'the same' });
    await world.settle(10);
    await install(world, ofCluster);
    fake.put(widget('w', 'one'));
    await world.settle(3000);
    release();
    await world.wait(update);
    expect(watcher.graph().edges).toHaveLength(2);
    world.told.length = 0;
    fake.put(widget('w', 'two'));
    await world.settle();
    expect(world.told).toEqual([]);
  });
});

describe('an aborted batch', () => {
  test('leaves each edge what it selected', async () => {
    await using world = await start();
    const { fake, watcher } = world;
    fake.put(configMap('config', { a: '1' }));
    await world.wait(watcher.addWatcher(app, config, { select: a }));
    expect(await wakes(world, '1')).toBe(false);
    const batch = await watcher.startQueryBatch(app);
    await world.wait(batch.get(config));
    expect(await wakes(world, '2')).toBe(true);
    await batch.abort();
    expect(await wakes(world, '3')).toBe(false);
    // One that is committed reads it whole.
    await world.wait(watcher.queryBatch(app, (whole) => whole.get(config)));
    expect(await wakes(world, '4')).toBe(true);
  });

  test('leaves each edge waiting, or not, as it was', async () => {
    await using world = await start();
    const { fake, watcher } = world;
    await world.wait(watcher.addWatcher(app, secret, { unavailable: 'wait' }));
    await world.wait(watcher.addWatcher(app, config, { unavailable: 'reject' }));
    const batch = await watcher.startQueryBatch(app);
    await world.wait(batch.get(secret, { unavailable: 'reject' }));
    await world.wait(batch.get(config, { unavailable: 'wait' }));
    await batch.abort();
    fake.deny({ resource: 'secrets' });
    fake.deny({ resource: 'configmaps' });
    fake.breakWatches();
    await world.settle(60_000);
    expect(world.types().flat().sort()).toEqual(['ended', 'unavailable']);
    expect(watcher.graph().edges).toEqual([{ watcher: app, watched: secret }]);
  });

  test('leaves an edge waiting that it made wait, where what it is about can not be seen by then', async () => {
    await using world = await start();
    const { fake, watcher } = world;
    await world.wait(watcher.addWatcher(app, secret, { unavailable: 'reject' }));
    const batch = await watcher.startQueryBatch(app);
    await world.wait(batch.get(secret, { unavailable: 'wait' }));
    const grant = fake.deny({ resource: 'secrets' });
    fake.breakWatches();
    await world.settle(60_000);
    await batch.abort();
    expect(watcher.statusOf(secret)).toMatchObject({ state: 'pending' });
    grant();
    await world.settle(30_000);
    expect(world.types().flat()).toEqual(['unavailable', 'available']);
  });

  test('leaves an edge its terms that has moved meanwhile', async () => {
    await using world = await start();
    const { fake, watcher } = world;
    await world.wait(watcher.addWatcher(app, id, { select: () => 'the same' }));
    const batch = await watcher.startQueryBatch(app);
    await world.wait(batch.get(id));
    await install(world, ofCluster);
    fake.put(widget('w', 'one'));
    await world.settle(3000);
    await batch.abort();
    world.told.length = 0;
    fake.put(widget('w', 'two'));
    await world.settle();
    expect(world.told).toEqual([]);
  });
});

describe('a kind that went while nobody waited', () => {
  const joins = {
    'another watcher': other,
    'the same watcher': app,
  };

  test.each(Object.entries(joins))(
    'is pending once %s waits for it, and noticed when it comes back',
    async (_who, by) => {
      await using world = await start({ unavailable: 'reject' });
      const { fake, watcher } = world;
      await install(world);
      fake.put(widget('w', 'one', 'default'));
      await world.wait(watcher.addWatcher(app, id));
      uninstall(world);
      await world.settle(600_000);
      expect(watcher.statusOf(id)).toMatchObject({ state: 'retrying' });
      world.told.length = 0;
      await world.wait(watcher.addWatcher(by, id, { unavailable: 'wait' }));
      expect(watcher.statusOf(id)).toMatchObject({
        state: 'pending',
        lastError: { code: 'ERR_NO_VERSIONED_RESOURCE' },
      });
      await world.settle(600_000);
      expect(world.told).toEqual([]);
      await install(world);
      fake.put(widget('w', 'two', 'default'));
      await world.settle(2000);
      const told = world.types().flat();
      expect(told.sort()).toEqual(by === app ? ['available'] : ['added', 'available']);
      expect(watcher.statusOf(id)).toMatchObject({ state: 'live' });
      await watcher.removeWatcher(app);
      await watcher.removeWatcher(other);
      await world.settle();
      expect([fake.openWatches.length, fake.clock.pending]).toEqual([0, 0]);
    },
  );

  test('is read at intervals where it comes back without watch and somebody waits by then', async () => {
    await using world = await start({ unavailable: 'reject' });
    const { watcher } = world;
    await install(world);
    await world.wait(watcher.addWatcher(app, id));
    uninstall(world);
    await world.settle(600_000);
    await world.wait(watcher.addWatcher(other, id, { unavailable: 'wait' }));
    await install(world, { ...widgetKind, verbs: ['get', 'list'] } as GroupVersionKind);
    await world.settle(3000);
    expect(watcher.statusOf(id)).toMatchObject({ state: 'polling' });
    expect(watcher.graph().edges).toEqual([{ watcher: other, watched: id }]);
  });
});

test('a kind that went, and whose waiter left, comes back for who stayed once it can be watched', async () => {
  await using world = await start({ unavailable: 'reject' });
  const { fake, watcher } = world;
  await install(world);
  await world.wait(watcher.addWatcher(app, id));
  await world.wait(watcher.addWatcher(other, id, { unavailable: 'wait' }));
  uninstall(world);
  await world.settle(10_000);
  await watcher.removeWatcher(other);
  await install(world, { ...widgetKind, verbs: ['get', 'list'] } as GroupVersionKind);
  await world.settle(60_000);
  uninstall(world);
  await install(world);
  fake.put(widget('w', 'two', 'default'));
  await world.settle(60_000);
  expect(watcher.statusOf(id)).toMatchObject({ state: 'live' });
  expect(watcher.getFromCache(id)).toMatchObject({ data: { value: 'two' } });
});

test('what names no namespace ends when its kind comes to live in them', async () => {
  await using world = await start();
  const { fake, watcher } = world;
  await install(world, ofCluster);
  await world.wait(watcher.addWatcher(app, plain));
  uninstall(world);
  await install(world);
  fake.put(widget('w', 'of a namespace', 'default'));
  await world.settle(120_000);
  expect(world.types().flat()).toContain('ended');
  expect(watcher.statusOf(plain)).toMatchObject({
    state: 'ended',
    lastError: { code: 'ERR_INVALID_INPUT' },
  });
  expect(watcher.graph().edges).toEqual([]);
});

describe('two calls of one watcher for the same thing that may not be read, one of which waits', () => {
  test.each([
    ['the first', ['wait', 'reject']],
    ['the second', ['reject', 'wait']],
  ] as const)('are each answered as they asked: %s', async (_which, terms) => {
    await using world = await start();
    const { fake, watcher } = world;
    const grant = fake.deny({ resource: 'secrets' });
    const calls = Promise.allSettled(
      terms.map((unavailable) => watcher.addWatcher(app, secret, { unavailable })),
    );
    const results = await world.wait(calls);
    const rejected = terms.indexOf('reject');
    expect(results[1 - rejected]).toMatchObject({ status: 'fulfilled' });
    expect(results[rejected]).toMatchObject({ reason: { code: 'ERR_FORBIDDEN' } });
    expect(watcher.statusOf(secret)).toMatchObject({ state: 'pending' });
    grant();
    await world.settle(30_000);
    expect(world.types()).toEqual([['available']]);
  });
});

test('who waits joins a watch that is refused at present as one that can not be read; who does not is turned away', async () => {
  await using world = await start({ unavailable: 'reject', authGraceMs: 30_000 });
  const { fake, watcher } = world;
  await world.wait(watcher.addWatcher(app, secret));
  fake.deny({ resource: 'secrets' });
  fake.breakWatches();
  await world.settle(1000);
  expect(watcher.statusOf(secret)).toMatchObject({ state: 'retrying' });
  const strict = configMapId('strict');
  const calls = Promise.allSettled([
    watcher.addWatcher(other, secret, { unavailable: 'wait' }),
    watcher.addWatcher(strict, secret, { unavailable: 'reject' }),
  ]);
  await world.settle(12_000);
  const [waiting, rejecting] = await world.wait(calls);
  expect(waiting).toMatchObject({ status: 'fulfilled' });
  expect(rejecting).toMatchObject({ reason: { code: 'ERR_TRANSPORT' } });
  await world.settle(60_000);
  expect(watcher.statusOf(secret)).toMatchObject({ state: 'pending' });
  expect(watcher.graph().edges).toEqual([{ watcher: other, watched: secret }]);
});

describe('a spelling that comes to mean what another watcher has seen already', () => {
  test('is available to who waited for it, and nothing is told to the other', async () => {
    await using world = await start();
    const { fake, watcher } = world;
    await world.wait(watcher.addWatcher(app, id));
    fake.registerKind(ofCluster);
    fake.put(widget('w', 'one'));
    await world.wait(watcher.addWatcher(other, plain));
    expect(watcher.statusOf(plain)).toMatchObject({ state: 'live' });
    const told: string[] = [];
    world.recorder.act = (by) => void told.push(by.name!);
    await install(world, ofCluster);
    await world.settle(3000);
    expect(told).toEqual(['app']);
    expect(watcher.watchStatus()).toHaveLength(1);
  });

  test('is not told to be available where that can not be seen either', async () => {
    await using world = await start();
    const { fake, watcher } = world;
    await world.wait(watcher.addWatcher(app, id));
    const grant = fake.deny({ resource: 'widgets' });
    fake.registerKind(ofCluster);
    await world.wait(watcher.addWatcher(other, plain));
    await install(world, ofCluster);
    await world.settle(3000);
    expect(watcher.watchStatus()).toHaveLength(1);
    expect(world.types()).toEqual([]);
    grant();
    await world.settle(30_000);
    expect(world.types()).toEqual([['available'], ['available']]);
  });
});
