import type { KubernetesObject, ObjectIdentifier } from '@depwatch/core';
import type { FakeRequest } from '@depwatch/testing';
import { describe, expect, test } from 'vitest';
import type { Observation } from '../src/index.ts';
import { configMap, configMapId } from './harness.ts';
import { sorted } from './supply/plans/plan-bench.ts';
import { ServerBench } from './server-bench.ts';

const kind = { group: 'example.com', version: 'v1', kind: 'Widget' };
const plain = { ...kind, name: 'w' };
const spelt = { ...plain, namespace: 'default' };
const app = configMapId('app');
const late = configMapId('late');
const widget = (value: string, namespace?: string): KubernetesObject & { data: object } => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name: 'w', ...(namespace && { namespace }) },
  data: { value },
});

/** A kind whose definition is replaced by one of another scope, which takes its objects and its history along. */
class Bench extends ServerBench {
  serve(namespaced: boolean): void {
    this.fake.unregisterKind(kind);
    this.fake.put(configMap('definition', { namespaced: String(namespaced) }));
    this.fake.compact();
    this.fake.registerKind({ ...kind, namespaced });
  }

  static async begin(
    settings: ConstructorParameters<typeof ServerBench>[1] & { namespaced: boolean },
  ): Promise<Bench> {
    const { namespaced, ...others } = settings;
    const bench = new Bench([], others);
    bench.fake.registerKind({ ...kind, namespaced });
    await bench.watcher.start();
    return bench;
  }

  /** Whose watchers were reconciled, sorted. */
  woken(): readonly string[] {
    return sorted(this.recorder.calls.map(({ watcher }) => watcher!));
  }

  async add(...of: Parameters<ServerBench['watcher']['addWatcher']>): Promise<void> {
    const added = this.watcher.addWatcher(...of);
    await this.settle(2000);
    await added;
  }
}

describe.each(['reject', 'wait'] as const)('a kind of another scope (%s)', (unavailable) => {
  test('that has left its namespaces is watched once, by whatever name it was asked for', async () => {
    await using bench = await Bench.begin({ namespaced: true, unavailable });
    bench.fake.put(widget('one', 'default'));
    await bench.add(app, spelt);
    bench.serve(false);
    await bench.settle(60_000);
    bench.fake.put(widget('two'));
    await bench.settle(2000);
    expect(bench.watcher.getFromCache(spelt)).toMatchObject({ data: { value: 'two' } });
    await bench.add(late, plain);
    expect(bench.watcher.getWatchCount()).toBe(1);
    expect(bench.watcher.graph().watched).toEqual([plain]);
    expect(bench.watcher.watchStatus()).toHaveLength(1);
    bench.recorder.calls.length = 0;
    bench.fake.put(widget('three'));
    await bench.settle();
    expect(bench.woken()).toEqual(['app', 'late']);
    await bench.watcher.removeWatcher(app);
    expect(bench.watcher.getWatchCount()).toBe(1);
    await bench.watcher.removeWatcher(late);
    expect(bench.watcher.getWatchCount()).toBe(0);
    expect(bench.fake.openWatches).toEqual([]);
  });

  test('that has come to live in namespaces is known by the one that it was asked for with', async () => {
    await using bench = await Bench.begin({ namespaced: false, unavailable });
    bench.fake.put(widget('one'));
    await bench.add(app, spelt);
    expect(bench.watcher.graph().watched).toEqual([plain]);
    bench.serve(true);
    await bench.settle(60_000);
    expect(bench.watcher.graph().watched).toEqual([spelt]);
    bench.recorder.calls.length = 0;
    bench.fake.put(widget('two', 'default'));
    await bench.settle();
    expect(bench.recorder.calls.map(({ watcher }) => watcher)).toEqual(['app']);
    expect(bench.watcher.getFromCache(spelt)).toMatchObject({ data: { value: 'two' } });
    expect(bench.watcher.statusOf(spelt)).toMatchObject({ state: 'live' });
  });

  test('is told to those who look on by the name that it has from then on', async () => {
    await using bench = await Bench.begin({ namespaced: false, unavailable });
    bench.fake.put(widget('one'));
    await bench.add(app, spelt);
    const told: Observation[] = [];
    bench.watcher.observe((observation) => void told.push(observation));
    bench.serve(true);
    await bench.settle(60_000);
    const of = ({ namespace }: ObjectIdentifier) =>
      told.filter((one) => 'watched' in one && one.watched.namespace === namespace);
    expect(of(plain).at(-1)).toMatchObject({ type: 'edge-removed', watched: plain });
    expect(of(spelt)).toContainEqual(
      expect.objectContaining({ type: 'edge-added', watched: spelt }),
    );
    expect(of(spelt).at(-1)).toMatchObject({ type: 'feed', watched: spelt, state: 'live' });
  });

  test('is asked about anew where what is remembered of it has no place for what is asked for', async () => {
    await using bench = await Bench.begin({ namespaced: false, unavailable });
    const watchedAs = async (id: typeof plain): Promise<string | undefined> => {
      await bench.add(late, id);
      const [{ namespace } = {}, ...others] = bench.fake.openWatches;
      expect(others).toEqual([]);
      await bench.watcher.removeWatcher(late);
      await bench.settle(2000);
      return namespace;
    };
    expect(await watchedAs(spelt)).toBeUndefined();
    bench.serve(true);
    expect(await watchedAs(spelt)).toBe('default');
    bench.serve(false);
    expect(await watchedAs(plain)).toBeUndefined();
  });

  test('whose objects alone show it is watched anew, and the watch that showed it is closed', async () => {
    await using bench = await Bench.begin({ namespaced: false, unavailable });
    await bench.add(app, spelt);
    bench.fake.unregisterKind(kind);
    bench.fake.registerKind({ ...kind, namespaced: true });
    await bench.settle(2000);
    bench.fake.put(widget('two', 'default'));
    await bench.settle(2000);
    expect(bench.watcher.getFromCache(spelt)).toMatchObject({ data: { value: 'two' } });
    expect(bench.fake.openWatches).toMatchObject([{ namespace: 'default', name: 'w' }]);
    expect(bench.watcher.getWatchCount()).toBe(1);
  });

  test('is noticed by all once somebody has noticed, also by who sees nothing of it', async () => {
    await using bench = await Bench.begin({ namespaced: false, unavailable });
    await bench.add(app, spelt);
    bench.fake.unregisterKind(kind);
    bench.fake.registerKind({ ...kind, namespaced: true });
    await bench.settle(2000);
    expect(bench.fake.openWatches).toMatchObject([{ name: 'w' }]);
    await bench.add(late, { ...spelt, name: 'other' });
    await bench.settle(2000);
    const namespaces = bench.fake.openWatches.map(({ namespace }) => namespace);
    expect(namespaces).toEqual(['default', 'default']);
    expect(bench.watcher.getWatchCount()).toBe(2);
  });

  test('is asked for once by who was there before and who comes while nobody has noticed', async () => {
    await using bench = await Bench.begin({ namespaced: true, unavailable });
    bench.fake.put(widget('one', 'default'));
    await bench.add(app, spelt);
    const release = bench.fake.hold({ match: ({ query }) => query?.namespace === 'default' });
    bench.serve(false);
    bench.fake.put(widget('two'));
    await bench.settle(1500);
    const added = bench.watcher.addWatcher(late, plain);
    await bench.settle(2000);
    release();
    await bench.settle(60_000);
    await added;
    expect(bench.watcher.getWatchCount()).toBe(1);
    expect(bench.watcher.graph().edges).toHaveLength(2);
    expect(bench.watcher.getFromCache(plain)).toMatchObject({ data: { value: 'two' } });
    expect(new Set(bench.recorder.calls.map(({ watcher }) => watcher))).toEqual(
      new Set(['app', 'late']),
    );
    bench.recorder.calls.length = 0;
    bench.fake.put(widget('three'));
    await bench.settle();
    expect(bench.woken()).toEqual(['app', 'late']);
  });
});

test('what is pending by the name it was asked for is read in a batch by the name it is seen by already', async () => {
  await using bench = await Bench.begin({ namespaced: false, unavailable: 'wait' });
  bench.fake.unregisterKind(kind);
  await bench.add(app, spelt);
  expect(bench.watcher.statusOf(spelt)).toMatchObject({ state: 'pending' });
  bench.fake.registerKind({ ...kind, namespaced: false });
  bench.fake.put(widget('one'));
  const read = bench.watcher.queryBatch(app, ({ get }) => get(spelt));
  await bench.settle(60_000);
  expect(await read).toMatchObject({ data: { value: 'one' } });
  await bench.settle(600_000);
  expect(bench.watcher.graph().watched).toEqual([plain]);
});

test('who is woken by what has come back in another scope reads it, also where another watch of it has not', async () => {
  const seen: unknown[] = [];
  await using bench = await Bench.begin({
    namespaced: true,
    reconciler: ({ name }) => void seen.push([name, bench.shown(spelt)]),
  });
  await bench.add(app, spelt);
  let asked = 0;
  const isOfApp = ({ query }: FakeRequest): boolean =>
    query?.name === 'w' && !query.namespace && ++asked === 2;
  const release = bench.fake.hold({ match: isOfApp });
  bench.serve(false);
  await bench.add(late, plain);
  const undo = bench.fake.fail({ match: ({ query }) => query?.name === 'w', error: { code: 500 } });
  bench.fake.breakWatches();
  bench.fake.put(widget('two'));
  await bench.settle(200);
  undo();
  const states = bench.watcher.watchStatus().map(({ watched, state }) => [watched, state]);
  expect(states).toContainEqual([plain, 'retrying']);
  expect(states).toHaveLength(2);
  const told: Observation[] = [];
  bench.watcher.observe((observation) => void told.push(observation));
  release();
  await bench.settle(60_000);
  expect(bench.watcher.graph().watched).toEqual([plain]);
  expect(bench.fake.openWatches).toHaveLength(1);
  const feeds = told.filter((one) => one.type === 'feed');
  expect(feeds.map(({ watched, state }) => [watched, state]).at(-1)).toEqual([plain, 'live']);
  expect(seen).toHaveLength(2);
  expect(seen).toEqual(
    expect.arrayContaining([
      ['app', 'two'],
      ['late', 'two'],
    ]),
  );
});

test('what is pending stands once for who asks for it by the name that it was asked for with, and is watched once later', async () => {
  for (const namespaced of [false, true]) {
    await using bench = await Bench.begin({ namespaced: false, unavailable: 'wait' });
    await bench.add(app, spelt);
    bench.fake.unregisterKind(kind);
    await bench.settle(60_000);
    expect(bench.watcher.statusOf(spelt)).toMatchObject({ state: 'pending' });
    const read = bench.watcher.queryBatch(app, async (batch) => [
      await batch.get(spelt),
      batch.unavailable.map(({ state }) => state),
    ]);
    await bench.settle(60_000);
    expect(await read).toEqual([undefined, ['pending']]);
    await bench.add(late, spelt);
    expect(bench.watcher.watchStatus()).toHaveLength(1);
    expect(bench.watcher.graph().edges).toHaveLength(2);
    bench.fake.registerKind({ ...kind, namespaced });
    bench.fake.put(widget('one', namespaced ? 'default' : undefined));
    await bench.settle(600_000);
    expect(bench.watcher.graph().watched).toEqual([namespaced ? spelt : plain]);
    expect(bench.watcher.getWatchCount()).toBe(1);
    bench.recorder.calls.length = 0;
    bench.fake.put(widget('two', namespaced ? 'default' : undefined));
    await bench.settle();
    expect(bench.woken()).toEqual(['app', 'late']);
    await bench.watcher.removeWatcher(app);
    await bench.watcher.removeWatcher(late);
    expect(bench.watcher.getWatchCount()).toBe(0);
    expect(bench.watcher.watchStatus()).toEqual([]);
  }
});
