import type { GroupVersionKind } from '@depwatch/core';
import { createFakeTransport } from '@depwatch/testing';
import { describe, expect, test } from 'vitest';
import {
  createDynamicWatcher,
  createReconcileGroup,
  createSharedWatches,
} from '../../src/index.ts';
import { configMap, configMapId, Recorder } from '../harness.ts';
import { secretId, widget, widgetId, widgetKind } from '../server-bench.ts';
import { crd, crdKind } from '../waiting-world.ts';
import { startSharing } from './shared-bench.ts';

const app = configMapId('app');
const other = configMapId('other');
const config = configMapId('config');
const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'default' } };

describe('dynamic watchers that share their watches', () => {
  test('hold one watch and one copy of what both depend on, and each wakes by its own', async () => {
    await using bench = await startSharing([{}, {}], [configMap('config'), secret]);
    const { fake, sharers, wait, settle } = bench;
    const [a, b] = [sharers[0]!, sharers[1]!];
    await wait(a.watcher.addWatcher(app, config));
    await wait(b.watcher.addWatcher(other, config));
    await wait(b.watcher.addWatcher(other, secretId('s')));
    expect(fake.openWatches.map(({ gvk }) => gvk.kind)).toEqual(['ConfigMap', 'Secret']);
    expect([a, b].map(({ watcher }) => watcher.getWatchCount())).toEqual([2, 2]);
    const copies = [a, b].map(({ watcher }) => watcher.getFromCache(config));
    expect(copies[0]).toBe(copies[1]);
    expect(Object.isFrozen(copies[0])).toBe(true);
    expect(a.recorder.calls).toEqual([{ watcher: 'app', causes: ['initial'] }]);
    fake.put({ ...secret, data: { k: 'eA==' } });
    await settle();
    expect([a, b].map(({ recorder }) => recorder.calls.length)).toEqual([1, 3]);
    fake.put(configMap('config', { v: '1' }));
    await settle();
    expect([a, b].map(({ recorder }) => recorder.calls.length)).toEqual([2, 4]);
    expect(a.watcher.graph().watched).toEqual([config]);
    expect(a.watcher.watchStatus()).toMatchObject([{ watched: config, watchers: [app] }]);
    expect(b.watcher.watchStatus()).toHaveLength(2);
  });

  test('tell one watcher of the same name in two of them apart', async () => {
    await using bench = await startSharing([{}, {}], [configMap('config')]);
    const { fake, sharers, wait, settle } = bench;
    const [a, b] = [sharers[0]!, sharers[1]!];
    for (const { watcher } of sharers) await wait(watcher.addWatcher(app, config));
    await a.watcher.removeWatcher(app);
    fake.put(configMap('config', { v: '1' }));
    await settle();
    expect([a, b].map(({ recorder }) => recorder.calls.length)).toEqual([1, 2]);
    expect(fake.openWatches).toHaveLength(1);
    await b.watcher.removeWatcher(app);
    expect(fake.openWatches).toEqual([]);
  });

  test('one that stops takes its own away, and leaves what others have; the last takes all', async () => {
    await using bench = await startSharing([{}, {}], [configMap('config'), secret]);
    const { fake, shared, sharers, wait, settle } = bench;
    const [a, b] = [sharers[0]!, sharers[1]!];
    await wait(a.watcher.addWatcher(app, config));
    await wait(a.watcher.addWatcher(app, secretId('s')));
    await wait(b.watcher.addWatcher(app, config));
    const { list } = fake.requests;
    await a.watcher.stop();
    expect(fake.openWatches.map(({ gvk }) => gvk.kind)).toEqual(['ConfigMap']);
    expect(shared.users).toBe(1);
    fake.put(configMap('config', { v: '1' }));
    await settle();
    expect([a, b].map(({ recorder }) => recorder.calls.length)).toEqual([2, 2]);
    expect([a.recorder.stops, b.recorder.stops]).toEqual([1, 0]);
    expect(fake.requests.list).toBe(list);
    await b.watcher.stop();
    expect(fake.openWatches).toEqual([]);
    // They begin anew with whoever starts then.
    const c = await bench.join();
    await wait(c.watcher.addWatcher(app, config));
    expect(fake.openWatches).toHaveLength(1);
  });

  test('a stop ends the calls of one, and not those of others for the same', async () => {
    await using bench = await startSharing();
    const { fake, sharers, settle } = bench;
    const release = fake.hold('watch');
    const adds = sharers.map(({ watcher }) => watcher.addWatcher(app, config));
    for (const add of adds) add.catch(() => {});
    await settle();
    await sharers[0]!.watcher.stop();
    await expect(adds[0]).rejects.toMatchObject({ code: 'ERR_NOT_STARTED' });
    release();
    await settle();
    await adds[1];
  });

  test('a stop of one sends none of what waited for its requests', async () => {
    await using bench = await startSharing([{}, {}], [], { watchPlan: 'per-object' });
    const { fake, sharers, settle, wait } = bench;
    await wait(sharers[1]!.watcher.addWatcher(app, config));
    fake.hold({ operation: 'discover' });
    fake.hold({ operation: 'list' });
    fake.hold({ operation: 'watch' });
    for (let index = 0; index < 1000; index += 1) {
      sharers[0]!.watcher.addWatcher(app, configMapId(`c${index}`)).catch(() => {});
    }
    await settle();
    const { list, watch } = fake.requests;
    expect(list + watch).toBeLessThan(1000);
    await sharers[0]!.watcher.stop();
    await settle(1000);
    expect(fake.requests).toMatchObject({ list, watch });
    expect(fake.openWatches).toHaveLength(1);
  });

  test('each has its own terms, initial reconciles and name of the cluster', async () => {
    const each = [{ disableInitialReconcile: true }, { cluster: 'west' }];
    await using bench = await startSharing(each, [configMap('config')]);
    const { fake, sharers, wait, settle } = bench;
    const clusters: (string | undefined)[] = [];
    for (const { recorder } of sharers)
      recorder.act = (_id, { causes }) => void clusters.push(causes[0]!.cluster);
    for (const { watcher } of sharers) await wait(watcher.addWatcher(app, config));
    expect(clusters).toEqual(['west']);
    fake.put(configMap('config', { v: '1' }));
    await settle();
    expect(clusters).toHaveLength(3);
    expect(new Set(clusters.slice(1))).toEqual(new Set(['west', undefined]));
  });

  test('what is refused ends for who rejects, and is waited for by who waits', async () => {
    const each = [{}, { unavailable: 'wait' }] as const;
    await using bench = await startSharing(each, [configMap('config')], { authGraceMs: 1000 });
    const { fake, sharers, wait, settle } = bench;
    const [a, b] = [sharers[0]!, sharers[1]!];
    for (const { watcher } of sharers) await wait(watcher.addWatcher(app, config));
    const allow = fake.deny({ resource: 'configmaps' });
    fake.breakWatches();
    await settle(60_000);
    expect(a.recorder.calls.at(-1)).toEqual({ watcher: 'app', causes: ['ended'] });
    expect(b.recorder.calls.at(-1)).toEqual({ watcher: 'app', causes: ['unavailable'] });
    expect(a.watcher.graph().edges).toEqual([]);
    expect(a.watcher.watchStatus()).toEqual([]);
    await expect(wait(a.watcher.addWatcher(app, config))).rejects.toMatchObject({
      code: 'ERR_FORBIDDEN',
    });
    expect(b.watcher.watchStatus()).toMatchObject([{ state: 'pending' }]);
    allow();
    await settle(60_000);
    expect(b.recorder.calls.at(-1)).toEqual({ watcher: 'app', causes: ['available'] });
    const calls = a.recorder.calls.length;
    fake.put(configMap('config', { v: '1' }));
    await settle();
    expect(b.recorder.calls.at(-1)).toEqual({ watcher: 'app', causes: ['modified'] });
    expect(a.recorder.calls).toHaveLength(calls);
    await b.watcher.removeWatcher(app);
    expect(fake.openWatches).toEqual([]);
  });

  test('what has ended stays listed for each, until that one cares no more', async () => {
    await using bench = await startSharing([{}, {}], [configMap('config')], { authGraceMs: 1000 });
    const { fake, sharers, wait, settle } = bench;
    const [a, b] = [sharers[0]!, sharers[1]!];
    for (const { watcher } of sharers) await wait(watcher.addWatcher(app, config));
    fake.deny({ resource: 'configmaps' });
    fake.breakWatches();
    await settle(60_000);
    for (const { watcher } of sharers)
      expect(watcher.statusOf(config)).toMatchObject({ state: 'ended', watchers: [app] });
    await a.watcher.removeWatcher(app);
    expect(a.watcher.watchStatus()).toEqual([]);
    expect(b.watcher.watchStatus()).toMatchObject([{ state: 'ended', watchers: [app] }]);
  });

  test.each([
    ['of namespaces', widgetKind, 'default'],
    ['of the whole cluster', { ...widgetKind, namespaced: false } as GroupVersionKind, undefined],
  ])(
    'a kind that comes later, %s, is one watch and told to each once',
    async (_, kind, namespace) => {
      const waits = { unavailable: 'wait' } as const;
      await using bench = await startSharing([waits, waits, {}]);
      const { fake, sharers, wait, settle } = bench;
      fake.registerKind({ ...crdKind, namespaced: false });
      const waiting = sharers.slice(0, 2);
      for (const { watcher } of waiting) await wait(watcher.addWatcher(app, widgetId('w')));
      fake.put(crd);
      await settle(300);
      fake.registerKind(kind as never);
      fake.put(widget('w', '1', namespace));
      await settle(10_000);
      const watches = fake.openWatches.filter(({ gvk }) => gvk.kind === 'Widget');
      expect(watches).toHaveLength(1);
      for (const { watcher, recorder } of waiting) {
        expect(watcher.watchStatus()).toMatchObject([{ state: 'live' }]);
        expect(recorder.calls).toEqual([{ watcher: 'app', causes: ['available'] }]);
      }
      await waiting[0]!.watcher.stop();
      expect(fake.openWatches.filter(({ gvk }) => gvk.kind === 'Widget')).toHaveLength(1);
      await waiting[1]!.watcher.stop();
      expect(fake.openWatches).toEqual([]);
    },
  );

  test('caughtUp waits for the feeds of its own alone', async () => {
    await using bench = await startSharing([{}, {}], [configMap('config')]);
    const { fake, sharers, wait, settle } = bench;
    const all = { version: 'v1', kind: 'ConfigMap', selector: 'v' };
    await wait(sharers[0]!.watcher.addWatcher(app, config));
    await wait(sharers[1]!.watcher.addWatcher(app, all));
    fake.hold('watch');
    fake.breakWatches();
    await settle(1000);
    const written = fake.put(configMap('config', { v: '1' }));
    await sharers[1]!.watcher.removeWatcher(app);
    await sharers[1]!.watcher.caughtUp(written);
    const waiting = sharers[0]!.watcher.caughtUp(written);
    let isThere = false;
    waiting.then(
      () => (isThere = true),
      () => {},
    );
    await settle(100);
    expect(isThere).toBe(false);
  });

  test('members of a group that share them reconcile a watcher once for a change', async () => {
    await using bench = await startSharing([], [configMap('config')]);
    const { fake, wait, settle } = bench;
    const recorder = new Recorder();
    await using group = createReconcileGroup({ reconciler: recorder, clock: fake.clock });
    const members = [await bench.join({}, group), await bench.join({}, group)];
    for (const { watcher } of members) await wait(watcher.addWatcher(app, config));
    const before = recorder.calls.length;
    fake.put(configMap('config', { v: '1' }));
    await settle();
    expect(recorder.calls.slice(before)).toEqual([{ watcher: 'app', causes: ['modified'] }]);
    expect(fake.openWatches).toHaveLength(1);
    await members[0]!.watcher.stop();
    fake.put(configMap('config', { v: '2' }));
    await settle();
    expect(recorder.calls).toHaveLength(before + 2);
  });
});

describe('a transport that is made for them', () => {
  const make = (transport: () => Promise<ReturnType<typeof createFakeTransport>>) => {
    const shared = createSharedWatches({ transport });
    const watchers = [1, 2].map(() =>
      createDynamicWatcher({ sharedWatches: () => shared, reconciler: () => {} }),
    );
    return { shared, watchers };
  };

  test('is made once, and closed with the last', async () => {
    let made = 0;
    let closed = 0;
    const { shared, watchers } = make(async () => {
      made += 1;
      return Object.assign(createFakeTransport(), { close: async () => void (closed += 1) });
    });
    await Promise.all(watchers.map((one) => one.start()));
    expect([made, shared.users]).toEqual([1, 2]);
    await watchers[0]!.stop();
    expect(closed).toBe(0);
    await watchers[1]!.stop();
    expect([closed, shared.users]).toEqual([1, 0]);
  });

  test('is tried again by whoever starts again where it could not be made', async () => {
    let made = 0;
    const { shared, watchers } = make(async () => {
      made += 1;
      if (made === 1) throw new Error('of the caller');
      return createFakeTransport();
    });
    const starts = await Promise.allSettled(watchers.map((one) => one.start()));
    expect(starts.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(shared.users).toBe(0);
    await Promise.all(watchers.map((one) => one.start()));
    expect([made, shared.users]).toEqual([2, 2]);
    await Promise.all(watchers.map((one) => one.stop()));
    expect(shared.users).toBe(0);
  });

  test('is closed where all stopped before it was there', async () => {
    const { promise, resolve } = Promise.withResolvers<ReturnType<typeof createFakeTransport>>();
    let closed = 0;
    const { watchers } = make(() => promise);
    const starts = watchers.map((one) => one.start());
    for (const start of starts) start.catch(() => {});
    await watchers[0]!.stop();
    expect(closed).toBe(0);
    await watchers[1]!.stop();
    resolve(Object.assign(createFakeTransport(), { close: async () => void (closed += 1) }));
    for (const start of starts)
      await expect(start).rejects.toMatchObject({ code: 'ERR_NOT_STARTED' });
    expect(closed).toBe(1);
  });
});

describe('options', () => {
  const fake = createFakeTransport();
  const shared = createSharedWatches({ transport: fake });

  test.each([
    ['transport', { transport: fake }],
    ['enableCache', { enableCache: true }],
    ['watchPlan', { watchPlan: 'auto' }],
  ])('%s belongs to what is shared', (option, more) => {
    expect(() =>
      createDynamicWatcher({ sharedWatches: shared, reconciler: () => {}, ...more } as never),
    ).toThrow(new RegExp(`^${option}: give it to createSharedWatches`));
  });

  test('what is no shared watches is refused', async () => {
    const bad = { sharedWatches: {}, reconciler: () => {} } as never;
    expect(() => createDynamicWatcher(bad)).toThrow(/^sharedWatches: expected what/);
    const late = createDynamicWatcher({
      sharedWatches: () => undefined as never,
      reconciler: () => {},
    });
    await expect(late.start()).rejects.toMatchObject({ code: 'ERR_INVALID_INPUT' });
    expect(() => createSharedWatches({ transport: {} as never })).toThrow(/^transport: expected/);
  });

  test('without a cache nothing is read', async () => {
    const watcher = createDynamicWatcher({ sharedWatches: shared, reconciler: () => {} });
    await watcher.start();
    expect(() => watcher.getFromCache(config)).toThrow(/cache is off/);
    await watcher.stop();
  });
});
