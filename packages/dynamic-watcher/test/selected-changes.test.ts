import type { Cached, Cause, KubernetesObject } from '@depwatch/core';
import { inspect } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import type { WatchSettings } from '../src/index.ts';
import { configMap, configMapId, startBench } from './harness.ts';

type Config = KubernetesObject & { data: Record<string, string> };
const app = configMapId('app');
const watched = configMapId('config');
const value = (object: Cached<KubernetesObject>): unknown => (object as Cached<Config>).data['a'];

/** A bench with the cache on, and no initial reconciles. */
const start = (
  objects: readonly KubernetesObject[] = [configMap('config', { a: '1', b: '1' })],
  settings: Partial<WatchSettings> = {},
) => startBench({ enableCache: true, disableInitialReconcile: true, ...settings }, objects);

/** What no JSON can be made of. */
function circle(): unknown {
  const one: Record<string, unknown> = {};
  one['itself'] = one;
  return one;
}

describe('select', () => {
  test('wakes a watcher only when what it returns changes, and when the object comes or goes', async () => {
    await using bench = await start();
    const { fake, recorder, watcher } = bench;
    await bench.wait(watcher.addWatcher(app, watched, { select: value }));
    fake.put(configMap('config', { a: '1', b: '2' }));
    await bench.settle();
    expect(recorder.calls).toEqual([]);
    fake.put(configMap('config', { a: '2', b: '2' }));
    await bench.settle();
    expect(recorder.calls).toEqual([{ watcher: 'app', causes: ['modified'] }]);
    fake.remove(watched);
    await bench.settle();
    fake.put(configMap('config', { a: '2' }));
    await bench.settle();
    expect(recorder.calls.slice(1).map(({ causes }) => causes)).toEqual([['deleted'], ['added']]);
  });

  test('wakes a watcher for another object of the name, whatever it returns of that', async () => {
    await using bench = await start();
    const { fake, recorder, watcher } = bench;
    await bench.wait(watcher.addWatcher(app, watched, { select: value }));
    fake.down();
    fake.remove(watched);
    fake.put(configMap('config', { a: '1', b: '1' }));
    fake.compact();
    fake.up();
    await bench.settle(10_000);
    expect(recorder.calls).toHaveLength(1);
  });

  test('takes the type that its caller says the objects are of, and so does a mapping', async () => {
    await using bench = await start();
    const { fake, recorder, watcher } = bench;
    const select = ({ data }: Cached<Config>): unknown => data['a'];
    await bench.wait(watcher.addWatcher<Config>(app, watched, { select }));
    await bench.wait(
      watcher.addMapping<Config>(configMapId('map'), watched, ({ after }) =>
        after ? [configMapId(after.data['b']!)] : [],
      ),
    );
    await bench.settle();
    recorder.calls.length = 0;
    fake.put(configMap('config', { a: '2', b: 'named' }));
    await bench.settle();
    const reconciled = new Set(recorder.calls.map(({ watcher: name }) => name));
    expect(reconciled).toEqual(new Set(['app', 'named']));
  });

  test('is compared as JSON: the order of keys does not matter, what JSON leaves out neither', async () => {
    await using bench = await start();
    const { fake, recorder, watcher } = bench;
    let turn = 0;
    const select = (): unknown => {
      turn += 1;
      return turn % 2 ? { x: 1, y: [2] } : { y: [2], x: 1, z: undefined };
    };
    await bench.wait(watcher.addWatcher(app, watched, { select }));
    for (const b of ['2', '3', '4']) fake.put(configMap('config', { a: '1', b }));
    await bench.settle();
    expect(recorder.calls).toEqual([]);
  });

  test('is called once for each state of an object, however many select by it', async () => {
    await using bench = await start();
    const { fake, recorder, watcher } = bench;
    const select = vi.fn(value);
    for (const name of ['one', 'two', 'three']) {
      await bench.wait(watcher.addWatcher(configMapId(name), watched, { select }));
    }
    await bench.wait(watcher.addWatcher(app, watched));
    for (const b of ['2', '3', '4', '5']) {
      fake.put(configMap('config', { a: b, b }));
      await bench.settle();
    }
    expect(select).toHaveBeenCalledTimes(5);
    expect(recorder.calls).toHaveLength(16);
  });

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('it quotes hunter2');
      },
    ],
    ['is async', async () => 'the same'],
    ['is async and rejects', async () => Promise.reject(new Error('it quotes hunter2'))],
    ['returns a promise within', () => ({ of: [Promise.resolve('the same')] })],
    ['returns a function', () => () => 'the same'],
    ['returns a symbol', () => [Symbol('the same')]],
    ['returns an iterator', () => new Set(['the same']).values()],
    ['returns what refers to itself', circle],
  ])('that %s selects everything, and is logged once, quoting nothing', async (_what, select) => {
    const logged: unknown[] = [];
    const error = (fields: object, message: string): void => void logged.push({ fields, message });
    const logger = { debug: () => {}, info: () => {}, warn: () => {}, error };
    await using bench = await start([configMap('config', { a: '1', b: '1' })], { logger });
    const { fake, recorder, watcher } = bench;
    await bench.wait(watcher.addWatcher(app, watched, { select }));
    for (const b of ['2', '3', '4']) {
      fake.put(configMap('config', { a: '1', b }));
      await bench.settle();
    }
    expect(recorder.calls).toHaveLength(3);
    expect(logged).toEqual([expect.objectContaining({ message: expect.stringMatching(/select/) })]);
    expect(inspect(logged, { depth: Infinity })).not.toContain('hunter2');
  });

  test.each<[string, (of: string) => unknown]>([
    ['a Map', (of) => new Map([['of', of]])],
    ['a Set within', (of) => ({ of: new Set([of]) })],
    ['a bigint', (of) => BigInt(of)],
    ['a Date', (of) => new Date(Number(of))],
    ['undefined or not', (of) => (of === '1' ? undefined : of)],
    ['an object without a prototype', (of) => Object.assign(Object.create(null), { of })],
  ])('is compared by what %s holds', async (_what, project) => {
    await using bench = await start();
    const { fake, recorder, watcher } = bench;
    const select = (object: Cached<KubernetesObject>): unknown => project(value(object) as string);
    await bench.wait(watcher.addWatcher(app, watched, { select }));
    fake.put(configMap('config', { a: '1', b: '2' }));
    await bench.settle();
    expect(recorder.calls).toEqual([]);
    fake.put(configMap('config', { a: '2', b: '2' }));
    await bench.settle();
    expect(recorder.calls).toHaveLength(1);
  });

  test('holds as it was said last, and not beyond a batch that reads the object whole', async () => {
    await using bench = await start();
    const { fake, recorder, watcher } = bench;
    let b = 1;
    const woken = async (): Promise<boolean> => {
      recorder.calls.length = 0;
      b += 1;
      fake.put(configMap('config', { a: '1', b: `${b}` }));
      await bench.settle();
      return recorder.calls.length > 0;
    };
    await bench.wait(watcher.addWatcher(app, watched, { select: value }));
    expect(await woken()).toBe(false);
    await bench.wait(watcher.addWatcher(app, watched));
    expect(await woken()).toBe(true);
    await bench.wait(watcher.addOrUpdateWatcher(app, [watched], { select: value }));
    expect(await woken()).toBe(false);
    await bench.wait(watcher.queryBatch(app, (batch) => batch.get(watched)));
    expect(await woken()).toBe(true);
    await bench.wait(watcher.addWatcher(app, watched, { select: value }));
    await watcher.removeWatcher(app);
    await bench.wait(watcher.addWatcher(app, watched));
    expect(await woken()).toBe(true);
  });

  test('needs the cache, and a function', async () => {
    await using off = await startBench();
    await expect(off.watcher.addWatcher(app, watched, { select: value })).rejects.toMatchObject({
      code: 'ERR_CACHE_DISABLED',
    });
    await using on = await start();
    await expect(
      on.watcher.addWatcher(app, watched, { select: 'data' as never }),
    ).rejects.toMatchObject({ code: 'ERR_INVALID_INPUT' });
    expect(on.watcher.getWatchCount()).toBe(0);
  });
});

describe('causes', () => {
  const all = { version: 'v1', kind: 'ConfigMap', namespace: 'default', selector: 'of=all' };
  const labelled = (name: string, data: Record<string, string>) => {
    const object = configMap(name, data);
    return { ...object, metadata: { ...object.metadata, labels: { of: 'all' } } };
  };

  test('name the object of a query that changed, and the cluster where it has a name', async () => {
    const bench = await startBench({ cluster: 'east', disableInitialReconcile: true }, [
      labelled('a', { x: '1' }),
    ]);
    await using _ = bench;
    const { fake, recorder, watcher } = bench;
    const told: Cause[] = [];
    recorder.act = (_watcher, { causes }) => void told.push(...causes);
    await bench.wait(watcher.addWatcher(app, all));
    await bench.wait(watcher.addWatcher(app, watched));
    fake.put(labelled('a', { x: '2' }));
    fake.put(labelled('b', { x: '1' }));
    await bench.settle();
    fake.put(configMap('config', {}));
    await bench.settle();
    const object = (name: string) => ({ namespace: 'default', name });
    expect(told).toEqual([
      { type: 'modified', watched: all, object: object('a'), cluster: 'east' },
      { type: 'added', watched: all, object: object('b'), cluster: 'east' },
      { type: 'added', watched, cluster: 'east' },
    ]);
    expect(told.every((cause) => Object.isFrozen(cause))).toBe(true);
    expect(Object.isFrozen(told[0]!.object)).toBe(true);
  });

  test('are 16 at most when thousands change at once, of each type one', async () => {
    await using bench = await startBench({ disableInitialReconcile: true });
    const { fake, recorder, watcher } = bench;
    const names = Array.from({ length: 1000 }, (_, index) => `c${index}`);
    for (const name of names) fake.put(labelled(name, { x: '1' }));
    await bench.wait(watcher.addWatcher(app, all));
    const told: (readonly Cause[])[] = [];
    recorder.act = (_watcher, { causes }) => void told.push(causes);
    for (const name of names) fake.put(labelled(name, { x: '2' }));
    fake.remove(configMapId('c999'));
    await bench.settle();
    expect(told).toHaveLength(1);
    expect(told[0]).toHaveLength(16);
    expect(new Set(told[0]!.map(({ type }) => type))).toEqual(new Set(['modified', 'deleted']));
  });
});
