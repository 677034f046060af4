import { groupVersionKindKey, type GroupVersionKind, type Transport } from '@depwatch/core';
import { createFakeTransport } from '@depwatch/testing';
import { describe, expect, test } from 'vitest';
import { createDynamicWatcher } from '../src/index.ts';
import { configMap, configMapId } from './harness.ts';
import { numbered, secretId, widget, widgetId, widgetKind } from './server-bench.ts';
import { crd, crdKind, install, start, uninstall } from './waiting-world.ts';

const app = configMapId('app');
const id = widgetId('w');
describe('a kind that is not installed', () => {
  test('is waited for: the add resolves, the edge stands, the state says why', async () => {
    await using world = await start();
    const { watcher } = world;
    await world.wait(watcher.addWatcher(app, id));
    expect(watcher.statusOf(id)).toMatchObject({
      state: 'pending',
      servedBy: 'none',
      lastError: { code: 'ERR_NO_VERSIONED_RESOURCE' },
    });
    expect(watcher.graph().edges).toHaveLength(1);
    expect(watcher.getWatchCount()).toBe(0);
    expect(world.told).toEqual([]);
  });

  test.each([
    ['may be watched, within 2 s', true, 5_000, 2_000],
    ['may be watched, an hour later', true, 3_600_000, 2_000],
    ['may not be watched, within 30 s', false, 600_000, 30_000],
  ])('is noticed where definitions %s', async (_how, notices, afterMs, withinMs) => {
    await using world = await start({}, notices);
    const { fake, watcher } = world;
    await world.wait(watcher.addWatcher(app, id));
    await world.settle(afterMs);
    if (notices) await install(world);
    else fake.registerKind(widgetKind);
    fake.put(widget('w', 'there', 'default'));
    await world.settle(withinMs);
    expect(world.types()).toEqual([['available']]);
    expect(world.told[0]![0]!.watched).toEqual(id);
    expect(watcher.statusOf(id)).toMatchObject({ state: 'live', servedBy: 'object' });
    expect(watcher.getFromCache(id)).toMatchObject({ data: { value: 'there' } });
    expect(watcher.getWatchCount()).toBe(1);
    fake.put(widget('w', 'changed', 'default'));
    await world.settle();
    expect(world.types().at(-1)).toEqual(['modified']);
  });

  test('a thousand dependencies on 50 of them cost two watches, and one look at each kind in five minutes', async () => {
    await using world = await start();
    const { fake, watcher } = world;
    const kinds = numbered('Kind', 50).map((kind) => ({ ...widgetKind, kind }));
    const adds = numbered('w', 20).flatMap((name) =>
      kinds.map((kind) => watcher.addWatcher(app, { ...kind, namespace: 'default', name })),
    );
    await world.wait(Promise.all(adds));
    const { discover, watch } = fake.requests;
    expect(fake.openWatches).toHaveLength(2);
    await world.settle(150_000);
    expect(fake.requests.watch - watch).toBeLessThanOrEqual(2);
    await world.settle(150_000);
    expect(fake.requests.discover - discover).toBeLessThanOrEqual(2 * 50);
    await watcher.removeWatcher(app);
    await world.settle();
    expect(fake.openWatches).toEqual([]);
    expect(fake.clock.pending).toBe(0);
  });

  test('costs one conditional request for all of them every 15 to 30 s where definitions may not be watched', async () => {
    const fake = createFakeTransport();
    fake.unregisterKind(crdKind);
    let version = 1;
    const kinds = new Set<string>();
    const asked: (string | undefined)[] = [];
    const transport: Transport = {
      ...fake,
      servedKinds: async ({ known }) => {
        asked.push(known);
        return known === `v${version}` ? undefined : { version: `v${version}`, kinds };
      },
    };
    await using watcher = createDynamicWatcher({
      transport,
      clock: fake.clock,
      unavailable: 'wait',
      reconciler: () => {},
    });
    await watcher.start();
    const many = numbered('Kind', 50).map((kind) => ({ ...widgetKind, kind }));
    const adds = many.map((kind) =>
      watcher.addWatcher(app, { ...kind, namespace: 'default', name: 'w' }),
    );
    await fake.clock.advance(1000);
    await Promise.all(adds);
    const { discover } = fake.requests;
    await fake.clock.advance(300_000);
    expect(asked.length).toBeGreaterThanOrEqual(10);
    expect(asked.length).toBeLessThanOrEqual(20);
    expect(asked.slice(0, 2)).toEqual([undefined, 'v1']);
    expect(fake.requests.discover).toBe(discover);
    // It is said to be served a little before it is.
    kinds.add(groupVersionKindKey(many[7]!));
    version += 1;
    await fake.clock.advance(30_000);
    expect(fake.requests.discover).toBe(discover + 1);
    fake.registerKind(many[7]!);
    await fake.clock.advance(30_000);
    expect(fake.requests.discover).toBe(discover + 2);
    expect(watcher.watchStatus().filter(({ state }) => state === 'live')).toHaveLength(1);
  });

  test('may be looked for in a batch: nothing is read, and the batch says what can not be known', async () => {
    await using world = await start();
    const { fake, watcher } = world;
    const all = { ...widgetKind, namespace: 'default' };
    const read = (): Promise<unknown[]> =>
      watcher.queryBatch(app, async (batch) => [
        await batch.get(id),
        await batch.list(all),
        await batch.get(configMapId('config')),
        batch.unavailable.map(({ watched, state }) => [watched.name, state]),
      ]);
    fake.put(configMap('config'));
    expect(await world.wait(read())).toEqual([
      undefined,
      [],
      expect.objectContaining({ kind: 'ConfigMap' }),
      [
        ['w', 'pending'],
        [undefined, 'pending'],
      ],
    ]);
    expect(watcher.graph().edges).toHaveLength(3);
    expect(watcher.listWatchedFromCache(app)).toHaveLength(1);
    await install(world);
    fake.put(widget('w', 'there', 'default'));
    await world.settle(2000);
    expect(new Set(world.types().flat())).toEqual(new Set(['available']));
    const [one, list, , unavailable] = await world.wait(read());
    expect(one).toMatchObject({ data: { value: 'there' } });
    expect(list).toHaveLength(1);
    expect(unavailable).toEqual([]);
  });

  test('rejects an add that does not wait, also where another waits already; and may be said call by call', async () => {
    await using world = await start({ unavailable: 'reject' });
    const { watcher } = world;
    const other = configMapId('other');
    await world.wait(watcher.addWatcher(app, id, { unavailable: 'wait' }));
    await expect(world.wait(watcher.addWatcher(other, id))).rejects.toMatchObject({
      code: 'ERR_NO_VERSIONED_RESOURCE',
    });
    expect(watcher.graph().edges).toHaveLength(1);
    await expect(
      watcher.addWatcher(app, id, { unavailable: 'perhaps' as never }),
    ).rejects.toMatchObject({ code: 'ERR_INVALID_INPUT' });
  });

  test('comes, goes, and comes back, in another scope: told each time, and nothing is left in the cache', async () => {
    await using world = await start();
    const { fake, watcher } = world;
    await world.wait(watcher.addWatcher(app, id));
    await install(world);
    fake.put(widget('w', 'there', 'default'));
    await world.settle(2000);
    uninstall(world);
    await world.settle(5000);
    // The server deletes the objects first.
    expect(world.types()).toEqual([['available'], ['deleted'], ['unavailable']]);
    expect(watcher.statusOf(id)).toMatchObject({ state: 'pending' });
    expect(watcher.getFromCache(id)).toBeUndefined();
    await world.settle(60_000);
    await install(world, { ...widgetKind, namespaced: false } as GroupVersionKind);
    fake.put(widget('w', 'of the cluster'));
    await world.settle(2500);
    expect(world.types().slice(2)).toEqual([['unavailable'], ['available']]);
    expect(watcher.getFromCache(id)).toMatchObject({ data: { value: 'of the cluster' } });
  });

  test('that lives in namespaces, named without one, ends: it can never come true', async () => {
    await using world = await start();
    const { watcher } = world;
    await world.wait(watcher.addWatcher(app, { ...widgetKind, name: 'w' }));
    await install(world);
    await world.settle(2000);
    expect(world.types()).toEqual([['ended']]);
    expect(watcher.statusOf({ ...widgetKind, name: 'w' })).toMatchObject({
      state: 'ended',
      lastError: { code: 'ERR_INVALID_INPUT' },
    });
    expect(watcher.graph().edges).toEqual([]);
  });

  test('asked for in a namespace that turns out to mean nothing is one with what is asked for without', async () => {
    await using world = await start();
    const { fake, watcher } = world;
    const spelt = { ...widgetKind, namespace: 'ignored', name: 'w' };
    const plain = { ...widgetKind, name: 'w' };
    await world.wait(watcher.addWatcher(app, spelt));
    await world.wait(watcher.addWatcher(configMapId('other'), plain));
    await install(world, { ...widgetKind, namespaced: false } as GroupVersionKind);
    fake.put(widget('w', 'of the cluster'));
    await world.settle(2500);
    expect(world.types()).toEqual([['available'], ['available']]);
    expect(watcher.getWatchCount()).toBe(1);
    expect(watcher.watchStatus()).toHaveLength(1);
    for (const one of [spelt, plain]) {
      expect(watcher.getFromCache(one)).toMatchObject({ data: { value: 'of the cluster' } });
      expect(watcher.statusOf(one)).toMatchObject({ state: 'live' });
    }
    await watcher.removeWatcher(app);
    expect(watcher.getWatchCount()).toBe(1);
  });

  test('keeps its edge through an update and an aborted batch, whichever way it is known by then', async () => {
    await using world = await start();
    const { fake, watcher } = world;
    const release = fake.hold({ operation: 'watch', match: { kind: 'Secret' } });
    const update = watcher.addOrUpdateWatcher(app, [id, secretId('s')]);
    await world.settle(10);
    await install(world, { ...widgetKind, namespaced: false } as GroupVersionKind);
    await world.settle(3000);
    release();
    await world.wait(update);
    expect(watcher.graph().edges.map(({ watched }) => watched.kind)).toEqual(
      expect.arrayContaining(['Widget', 'Secret']),
    );

    const other = configMapId('other');
    const late = { ...widgetKind, kind: 'Late', namespace: 'default', name: 'l' };
    await world.wait(watcher.addWatcher(other, late));
    // The kind is known, but nobody has told those who wait.
    fake.registerKind({ ...widgetKind, kind: 'Late', namespaced: false });
    await world.wait(watcher.gvkToGvr({ ...widgetKind, kind: 'Late' }));
    const batch = await world.wait(watcher.startQueryBatch(other));
    await world.wait(batch.abort());
    expect(watcher.graph().edges.filter(({ watcher: { name } }) => name === 'other')).toHaveLength(
      1,
    );
  });

  test('is waited for no longer once nobody depends on it, and by nobody after a stop', async () => {
    await using world = await start();
    const { fake, watcher } = world;
    await world.wait(watcher.addWatcher(app, id));
    await watcher.removeWatcher(app);
    await world.settle();
    expect([fake.openWatches.length, fake.clock.pending]).toEqual([0, 0]);
    await world.wait(watcher.addWatcher(app, id));
    await watcher.stop();
    await world.settle(60_000);
    expect([fake.openWatches.length, fake.clock.pending]).toEqual([0, 0]);
  });
});

describe('a right that is not granted', () => {
  test.each([
    ['that rejects, ends what does not wait', 'reject' as const],
    ['is waited for, and lost, and waited for again', 'wait' as const],
  ])('%s', async (_how, unavailable) => {
    await using world = await start({ unavailable });
    const { fake, watcher } = world;
    const secret = secretId('s');
    fake.put({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace: 'default' },
    });
    let grant = fake.deny({ resource: 'secrets' });
    const add = world.wait(watcher.addWatcher(app, secret));
    if (unavailable === 'reject') {
      await expect(add).rejects.toMatchObject({ code: 'ERR_FORBIDDEN' });
      expect(watcher.getWatchCount()).toBe(0);
      return;
    }
    await add;
    expect(watcher.statusOf(secret)).toMatchObject({
      state: 'pending',
      lastError: { code: 'ERR_FORBIDDEN' },
    });
    await world.settle(600_000);
    expect(world.told).toEqual([]);
    grant();
    await world.settle(30_000);
    expect(world.types()).toEqual([['available']]);
    expect(watcher.getFromCache(secret)).toBeDefined();
    grant = fake.deny({ resource: 'secrets' });
    fake.breakWatches();
    await world.settle(35_000);
    expect(world.types()).toEqual([['available'], ['unavailable']]);
    expect(watcher.statusOf(secret)).toMatchObject({ state: 'pending' });
    expect(() => watcher.getFromCache(secret)).toThrow(
      expect.objectContaining({ code: 'ERR_NO_CACHE_ENTRY' }) as Error,
    );
    grant();
    await world.settle(30_000);
    expect(world.types()).toEqual([['available'], ['unavailable'], ['available']]);
  });

  test('is asked for with one back-off a resource, whoever waits for it, and all come up once one does', async () => {
    await using world = await start();
    const { fake, watcher } = world;
    const grant = fake.deny({ resource: 'secrets' });
    const secrets = numbered('s', 200).map(secretId);
    await world.wait(Promise.all(secrets.map((secret) => watcher.addWatcher(app, secret))));
    await world.settle(60_000);
    const before = fake.requests.watch;
    await world.settle(60_000);
    expect(fake.requests.watch - before).toBeLessThanOrEqual(4 * 20);
    grant();
    await world.settle(30_000);
    expect(watcher.watchStatus().filter(({ state }) => state === 'live')).toHaveLength(200);
  });

  test('is waited for still when a call that does not wait fails', async () => {
    await using world = await start({ unavailable: 'reject' });
    const { fake, watcher } = world;
    const secret = secretId('s');
    const grant = fake.deny({ resource: 'secrets' });
    await world.wait(watcher.addWatcher(app, secret, { unavailable: 'wait' }));
    await expect(world.wait(watcher.addWatcher(app, secret))).rejects.toMatchObject({
      code: 'ERR_FORBIDDEN',
    });
    grant();
    await world.settle(40_000);
    expect(watcher.statusOf(secret)).toMatchObject({ state: 'live' });
  });

  test('drops those who do not wait, and keeps those who do', async () => {
    await using world = await start({ unavailable: 'reject' });
    const { fake, watcher, recorder } = world;
    const secret = secretId('s');
    const patient = configMapId('patient');
    await world.wait(watcher.addWatcher(app, secret));
    await world.wait(watcher.addWatcher(patient, secret, { unavailable: 'wait' }));
    fake.deny({ resource: 'secrets' });
    fake.breakWatches();
    await world.settle(40_000);
    expect(recorder.calls).toEqual([
      { watcher: 'patient', causes: ['unavailable'] },
      { watcher: 'app', causes: ['ended'] },
    ]);
    expect(watcher.graph().edges.map(({ watcher: { name } }) => name)).toEqual(['patient']);
  });
});

describe('a kind that can not be watched', () => {
  const unwatchable = { ...widgetKind, verbs: ['get', 'list'] };

  test('is read at intervals, shared by all, and wakes when its content changes', async () => {
    await using world = await start({ pollIntervalMs: 10_000 });
    const { fake, watcher } = world;
    fake.registerKind(unwatchable);
    fake.put(widget('w', 'one', 'default'));
    await world.wait(watcher.addWatcher(app, id));
    await world.wait(watcher.addWatcher(configMapId('other'), id));
    expect(watcher.statusOf(id)).toMatchObject({ state: 'polling', servedBy: 'poll' });
    expect(watcher.getWatchCount()).toBe(0);
    expect(watcher.getFromCache(id)).toMatchObject({ data: { value: 'one' } });
    expect(world.types()).toEqual([['initial'], ['initial']]);
    const { list } = fake.requests;
    await world.settle(100_000);
    expect(fake.requests.list - list).toBeGreaterThanOrEqual(9);
    expect(fake.requests.list - list).toBeLessThanOrEqual(12);
    expect(world.told).toHaveLength(2);
    fake.put(widget('w', 'two', 'default'));
    await world.settle(11_000);
    expect(world.types().slice(2)).toEqual([['modified'], ['modified']]);
    fake.remove(id);
    await world.settle(11_000);
    expect(world.types().slice(4)).toEqual([['deleted'], ['deleted']]);
    await watcher.removeWatcher(app);
    await watcher.removeWatcher(configMapId('other'));
    await world.settle();
    expect(fake.clock.pending).toBe(0);
  });

  test('is compared by content, whatever its versions say, and with the cache off', async () => {
    await using world = await start({ pollIntervalMs: 10_000, enableCache: false });
    const { fake, watcher } = world;
    fake.registerKind(unwatchable);
    fake.spoil({ resource: 'widgets', versions: 'frozen' } as never);
    fake.put(widget('w', 'one', 'default'));
    await world.wait(watcher.addWatcher(app, id));
    fake.put(widget('w', 'two', 'default'));
    await world.settle(11_000);
    expect(world.types()).toEqual([['initial'], ['modified']]);
  });

  test('goes on through failures, and is watched once it can be', async () => {
    await using world = await start({
      pollIntervalMs: 10_000,
      objectCache: { gvkToGvrTtlMs: 60_000 },
    });
    const { fake, watcher } = world;
    fake.registerKind(unwatchable);
    fake.put(widget('w', 'one', 'default'));
    await world.wait(watcher.addWatcher(app, id));
    fake.down();
    await world.settle(60_000);
    expect(watcher.statusOf(id)).toMatchObject({ state: 'retrying' });
    fake.up();
    fake.put(widget('w', 'two', 'default'));
    await world.settle(30_000);
    expect(watcher.statusOf(id)).toMatchObject({ state: 'polling' });
    expect(world.types().at(-1)).toEqual(['modified']);
    fake.unregisterKind(widgetKind);
    fake.registerKind(widgetKind);
    fake.put(widget('w', 'three', 'default'));
    await world.settle(120_000);
    expect(watcher.statusOf(id)).toMatchObject({ state: 'live', servedBy: 'object' });
    expect(watcher.getFromCache(id)).toMatchObject({ data: { value: 'three' } });
  });

  test('whose reads are answered 404 though discovery has it is tried with a back-off', async () => {
    await using world = await start();
    const { fake, watcher } = world;
    fake.registerKind(unwatchable);
    fake.put(crd);
    fake.fail({
      operation: 'list',
      match: ({ query }) => query?.gvk.kind === 'Widget',
      error: { code: 404, reason: 'NotFound' },
      times: 2000,
    });
    await world.wait(watcher.addWatcher(app, id));
    const { list } = fake.requests;
    await world.settle(60_000);
    expect(fake.requests.list - list).toBeLessThan(20);
  });

  test('rejects an add that does not wait', async () => {
    await using world = await start({ unavailable: 'reject' });
    world.fake.registerKind(unwatchable);
    await expect(world.wait(world.watcher.addWatcher(app, id))).rejects.toMatchObject({
      code: 'ERR_RESOURCE_UNWATCHABLE',
    });
  });

  test('may turn out so under its watch: it is read from then on', async () => {
    await using world = await start({ pollIntervalMs: 10_000 });
    const { fake, watcher } = world;
    fake.registerKind(widgetKind);
    fake.put(widget('w', 'one', 'default'));
    await world.wait(watcher.addWatcher(app, id));
    fake.unregisterKind(widgetKind);
    fake.registerKind(unwatchable);
    fake.put(widget('w', 'two', 'default'));
    await world.settle(60_000);
    expect(watcher.statusOf(id)).toMatchObject({ state: 'polling', servedBy: 'poll' });
    expect(watcher.getFromCache(id)).toMatchObject({ data: { value: 'two' } });
  });
});
