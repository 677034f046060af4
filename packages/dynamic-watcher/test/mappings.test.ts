import type { Cached, KubernetesObject, ObjectIdentifier } from '@depwatch/core';
import { createFakeTransport } from '@depwatch/testing';
import { describe, expect, test } from 'vitest';
import {
  createDynamicWatcher,
  createReconcileGroup,
  type DynamicWatcherSettings,
  type MappedChange,
} from '../src/index.ts';
import { definitionOf } from './fault-table/definition.ts';
import { configMap, configMapId, Recorder, startBench, type Bench } from './harness.ts';

/** Under what the mapping stands. */
const listener: ObjectIdentifier = { version: 'v1', kind: 'Listener', name: 'all' };
const all = { version: 'v1', kind: 'ConfigMap' };
/** Wakes what changes. */
const itself = ({ before, after }: MappedChange): readonly ObjectIdentifier[] => [
  configMapId((after ?? before)!.metadata!.name!),
];

const start = (
  objects: readonly KubernetesObject[] = [],
  settings: Partial<DynamicWatcherSettings> = {},
): Promise<Bench> => startBench({ enableCache: true, ...settings }, objects);

describe('a mapping', () => {
  test('wakes what it makes of each change: of the first list, and from then on', async () => {
    await using bench = await start([configMap('a'), configMap('b')]);
    const { fake, recorder, watcher } = bench;
    await bench.wait(watcher.addMapping(listener, all, itself));
    expect(recorder.calls).toEqual([
      { watcher: 'a', causes: ['initial'] },
      { watcher: 'b', causes: ['initial'] },
    ]);
    fake.put(configMap('c'));
    fake.put(configMap('a', { x: '1' }));
    fake.remove(configMapId('b'));
    await bench.settle();
    expect(recorder.calls.slice(2)).toEqual([
      { watcher: 'c', causes: ['added'] },
      { watcher: 'a', causes: ['modified'] },
      { watcher: 'b', causes: ['deleted'] },
    ]);
    expect(watcher.getWatchCount()).toBe(1);
  });

  test('is told of both states, and causes name the object', async () => {
    await using bench = await start([configMap('a', { x: '1' })], { cluster: 'east' });
    const { fake, recorder, watcher } = bench;
    const told: (readonly unknown[])[] = [];
    const x = (object: Cached<KubernetesObject> | undefined): unknown =>
      (object as { data?: { x?: string } } | undefined)?.data?.x;
    recorder.act = (_watcher, { causes }) => void told.push(causes);
    await bench.wait(
      watcher.addMapping(listener, all, (change) => {
        told.push([change.type, x(change.before), x(change.after)]);
        return itself(change);
      }),
    );
    fake.put(configMap('a', { x: '2' }));
    await bench.settle();
    fake.remove(configMapId('a'));
    await bench.settle();
    const object = { namespace: 'default', name: 'a' };
    const cause = (type: string) => [{ type, watched: all, object, cluster: 'east' }];
    expect(told).toEqual([
      ['initial', undefined, '1'],
      cause('initial'),
      ['modified', '1', '2'],
      cause('modified'),
      ['deleted', '2', undefined],
      cause('deleted'),
    ]);
  });

  test('stands in the graph as an edge of its watcher, and goes with it', async () => {
    await using bench = await start([configMap('a')]);
    const { fake, recorder, watcher } = bench;
    await bench.wait(watcher.addMapping(listener, all, itself));
    expect(watcher.graph().edges).toEqual([{ watcher: listener, watched: all }]);
    expect(watcher.statusOf(all)).toMatchObject({ state: 'live', watchers: [listener] });
    await watcher.removeWatcher(listener);
    expect(watcher.getWatchCount()).toBe(0);
    recorder.calls.length = 0;
    fake.put(configMap('b'));
    await bench.settle();
    expect(recorder.calls).toEqual([]);
  });

  test('shares the watch of who depends on the same, who is woken as ever', async () => {
    await using bench = await start([configMap('a')], { disableInitialReconcile: true });
    const { fake, recorder, watcher } = bench;
    const app = configMapId('app');
    await bench.wait(watcher.queryBatch(app, (batch) => batch.list(all)));
    await bench.wait(watcher.addMapping(listener, all, itself));
    expect(watcher.getWatchCount()).toBe(1);
    fake.put(configMap('a', { x: '1' }));
    await bench.settle();
    expect(new Set(recorder.calls.map((call) => call.watcher))).toEqual(new Set(['a', 'app']));
  });

  test('that throws, or returns what names nothing, wakes nobody and harms nothing', async () => {
    await using bench = await start();
    const { fake, recorder, watcher } = bench;
    await bench.wait(
      watcher.addMapping(listener, all, (change) => {
        const name = change.after?.metadata?.name;
        if (name === 'throws') throw new Error('of the caller');
        if (name === 'nothing') return undefined as never;
        if (name === 'kindless') return [{ name } as never, ...itself(change)];
        return itself(change);
      }),
    );
    for (const name of ['throws', 'nothing', 'kindless', 'fine']) fake.put(configMap(name));
    await bench.settle();
    expect(recorder.calls.map((call) => call.watcher)).toEqual(['fine']);
    expect(watcher.statusOf(all)).toMatchObject({ state: 'live' });
  });

  test('survives a relist, which tells only what has changed', async () => {
    await using bench = await start([configMap('a'), configMap('b')]);
    const { fake, recorder, watcher } = bench;
    await bench.wait(watcher.addMapping(listener, all, itself));
    recorder.calls.length = 0;
    fake.down();
    fake.put(configMap('b', { x: '1' }));
    fake.compact();
    fake.up();
    await bench.settle(30_000);
    expect(recorder.calls).toEqual([{ watcher: 'b', causes: ['modified'] }]);
  });

  test('needs the cache, a function, and a query without a name', async () => {
    await using off = await startBench();
    await expect(off.watcher.addMapping(listener, all, itself)).rejects.toMatchObject({
      code: 'ERR_CACHE_DISABLED',
    });
    await using on = await start();
    const refused = (watched: ObjectIdentifier, map: unknown) =>
      expect(on.watcher.addMapping(listener, watched, map as never)).rejects.toMatchObject({
        code: 'ERR_INVALID_INPUT',
      });
    await refused(all, 'itself');
    await refused({ ...all, name: 'a', selector: 'x' }, itself);
    await refused({ version: 'v1', kind: '' }, itself);
    expect(on.watcher.getWatchCount()).toBe(0);
  });
});

describe('a mapping that waits', () => {
  const definition = definitionOf('example.com', { plural: 'widgets', namespaced: true });
  const widgets = { group: 'example.com', version: 'v1', kind: 'Widget' };
  const widget = (name: string) => ({
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name, namespace: 'default' },
  });
  const wakes = ({ before, after }: MappedChange): readonly ObjectIdentifier[] => [
    { ...widgets, namespace: 'default', name: (after ?? before)!.metadata!.name! },
  ];

  test('wakes its watcher when the kind can be seen, and what is made of each object', async () => {
    await using bench = await start([], { unavailable: 'wait' });
    const { fake, recorder, watcher } = bench;
    await bench.wait(watcher.addMapping(listener, widgets, wakes));
    expect(watcher.statusOf(widgets)).toMatchObject({ state: 'pending' });
    fake.put(definition);
    fake.put(widget('w'));
    await bench.settle(60_000);
    expect(recorder.calls).toEqual([
      { watcher: 'all', causes: ['available'] },
      { watcher: 'w', causes: ['available'] },
    ]);
  });

  test('wakes its watcher when the kind goes, and everything when it is back', async () => {
    await using bench = await start([], { unavailable: 'wait' });
    const { fake, recorder, watcher } = bench;
    fake.put(definition);
    fake.put(widget('w'));
    await bench.wait(watcher.addMapping(listener, widgets, wakes));
    recorder.calls.length = 0;
    fake.remove(definition);
    await bench.settle(60_000);
    expect(recorder.calls).toContainEqual({ watcher: 'all', causes: ['unavailable'] });
    recorder.calls.length = 0;
    fake.put(definition);
    fake.put(widget('other'));
    await bench.settle(60_000);
    expect(recorder.calls).toEqual([
      { watcher: 'all', causes: ['available'] },
      { watcher: 'other', causes: ['available'] },
    ]);
  });
});

test('a mapping that does not wait tells its watcher of the end', async () => {
  await using bench = await start([configMap('a')], { authGraceMs: 1000 });
  const { fake, recorder, watcher } = bench;
  await bench.wait(watcher.addMapping(listener, all, itself));
  recorder.calls.length = 0;
  fake.deny({ resource: 'configmaps' });
  fake.breakWatches();
  await bench.settle(60_000);
  expect(recorder.calls).toEqual([{ watcher: 'all', causes: ['ended'] }]);
  expect(watcher.graph().edges).toEqual([]);
});

test('objects are found in what a query shows, as long as that can be seen', async () => {
  await using bench = await start([configMap('a', { x: '1' })]);
  const { fake, watcher } = bench;
  const read = (name: string) => watcher.shownBy(all)?.get(configMapId(name))?.metadata?.name;
  expect(watcher.shownBy(all)).toBeUndefined();
  await bench.wait(watcher.addMapping(listener, all, itself, { unavailable: 'wait' }));
  expect([read('a'), read('none')]).toEqual(['a', undefined]);
  expect(
    watcher
      .shownBy(all)
      ?.all()
      .map(({ metadata }) => metadata?.name),
  ).toEqual(['a']);
  fake.remove(configMapId('a'));
  await bench.settle();
  expect(read('a')).toBeUndefined();
  expect(watcher.shownBy(all)?.all()).toEqual([]);
  fake.deny({ resource: 'configmaps' });
  fake.breakWatches();
  await bench.settle(120_000);
  expect(watcher.shownBy(all)).toBeUndefined();
});

test('a mapping of a member wakes by the loop of its group, and no longer once the member stops', async () => {
  const fake = createFakeTransport({ objects: [configMap('a')] });
  const { clock } = fake;
  const recorder = new Recorder();
  await using group = createReconcileGroup({ reconciler: recorder, clock, settleMs: 100 });
  const watcher = createDynamicWatcher({
    transport: fake,
    clock,
    enableCache: true,
    reconcileGroup: group,
    cluster: 'east',
  });
  await watcher.start();
  void watcher.addMapping(listener, all, itself);
  await clock.advance(1000);
  expect(recorder.calls).toEqual([{ watcher: 'a', causes: ['initial'] }]);
  fake.put(configMap('b'));
  await clock.advance(1);
  await watcher.stop();
  await clock.advance(1000);
  expect(recorder.calls).toHaveLength(1);
});
