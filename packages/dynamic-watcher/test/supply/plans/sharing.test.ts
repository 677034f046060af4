import { describe, expect, test } from 'vitest';
import { configMap, configMapId } from '../../harness.ts';
import { configMaps, ids, names, PlanBench } from './plan-bench.ts';

describe('one watch for many', () => {
  test('10,000 adds at once come to one watch, and each change wakes whom it concerns', async () => {
    await using bench = await PlanBench.start(configMaps(10_000), { enableCache: false });
    await bench.live(...ids(10_000));
    expect(bench.watcher.getWatchCount()).toBe(1);
    expect(bench.fake.openWatches).toHaveLength(1);
    expect(bench.servedBy()).toEqual({ namespace: 10_000 });
    // The 15 that came before it was known that there would be more, and the one that they all share.
    expect(bench.asked()).toHaveLength(17);
    bench.fake.put(configMap('c7', { a: 'b' }));
    bench.fake.remove(configMapId('c9999'));
    bench.fake.put(configMap('other'));
    await bench.settle();
    expect(bench.woken()).toEqual(['c7', 'c9999']);
  });

  test('names over a hundred namespaces come to one watch of the kind', async () => {
    const spaces = names(100).map((name) => `n-${name}`);
    await using bench = await PlanBench.start(spaces.flatMap((space) => configMaps(20, space)));
    await bench.live(...spaces.flatMap((space) => ids(20, 0, space)));
    expect(bench.servedBy()).toEqual({ kind: 2000 });
    expect(bench.watcher.getWatchCount()).toBe(1);
    bench.fake.put(configMap('c3', { a: 'b' }, 'n-c50'));
    await bench.settle();
    expect(bench.woken()).toEqual(['c3']);
    expect(bench.watcher.getFromCache(configMapId('c3', 'n-c50'))).toMatchObject({
      data: { a: 'b' },
    });
    expect(bench.watcher.getFromCache(configMapId('c3', 'n-c51'))).toMatchObject({ data: {} });
  });

  test('adds one after the other come to one watch as well, and from then on need no request', async () => {
    await using bench = await PlanBench.start(configMaps(100));
    for (const id of ids(16)) await bench.live(id);
    expect(bench.servedBy()).toEqual({ namespace: 16 });
    bench.asked();
    for (const id of ids(84, 16)) await bench.live(id);
    await bench.live(configMapId('not-there'));
    expect(bench.asked()).toEqual([]);
    expect(bench.watcher.getFromCache(configMapId('c80'))).toMatchObject({ data: {} });
    expect(bench.watcher.getFromCache(configMapId('not-there'))).toBeUndefined();
    expect(bench.watcher.getWatchCount()).toBe(1);
  });

  test('an add into what is shared reconciles its watcher initially', async () => {
    await using bench = await PlanBench.start(configMaps(20));
    await bench.live(...ids(16));
    const added = bench.add(configMapId('c17'));
    await bench.settle();
    await added;
    expect(bench.woken()).toEqual(['c17']);
  });

  test('fewer than 16 are watched one by one, and nothing is asked about their namespace', async () => {
    await using bench = await PlanBench.start(configMaps(15));
    await bench.live(...ids(15));
    expect(bench.servedBy()).toEqual({ object: 15 });
    expect(bench.asked().filter((request) => request.includes('*'))).toEqual([]);
  });

  test('the last name that is removed ends it, and nothing is left', async () => {
    await using bench = await PlanBench.start(configMaps(20));
    await bench.live(...ids(20));
    await bench.remove(...ids(19));
    expect(bench.watcher.getWatchCount()).toBe(1);
    await bench.remove(configMapId('c19'));
    expect(bench.watcher.getWatchCount()).toBe(0);
    await bench.settle();
    expect(bench.fake.openWatches).toEqual([]);
    expect(bench.fake.clock.pending).toBe(0);
  });

  test('selectors are served from it: objects come, change and go by their labels', async () => {
    await using bench = await PlanBench.start([
      ...configMaps(20),
      configMap('in', { app: 'x' }),
      configMap('out', { app: 'y' }),
    ]);
    const selected = { version: 'v1', kind: 'ConfigMap', namespace: 'default', selector: 'app=x' };
    await bench.live(...ids(16), selected);
    expect(bench.servedBy()).toEqual({ namespace: 17 });
    const shown = (): unknown[] =>
      bench.watcher.listFromCache(selected).map(({ metadata }) => metadata?.name);
    expect(shown()).toEqual(['in']);
    bench.fake.put(configMap('out', { app: 'x' }));
    await bench.settle();
    expect(shown()).toEqual(['in', 'out']);
    expect(bench.woken()).toEqual(['by app=x']);
    bench.fake.put(configMap('in', { app: 'y' }));
    await bench.settle();
    expect(shown()).toEqual(['out']);
    bench.fake.remove(configMapId('out'));
    await bench.settle();
    expect(shown()).toEqual([]);
    expect(bench.woken()).toEqual(['by app=x', 'by app=x']);
  });

  test('a batch reads from what is shared without a request, and drops what it did not ask for', async () => {
    await using bench = await PlanBench.start(configMaps(40));
    await bench.live(...ids(16));
    bench.asked();
    const app = configMapId('app');
    const read = bench.watcher.queryBatch(app, (batch) =>
      Promise.all(ids(20, 10).map((id) => batch.get(id))),
    );
    await bench.settle();
    expect((await read).map((object) => object?.metadata?.name)).toEqual(names(20, 10));
    expect(bench.asked()).toEqual([]);
    const again = bench.watcher.queryBatch(app, (batch) => batch.get(configMapId('c39')));
    await bench.settle();
    await again;
    expect(bench.watcher.graph().edges).toHaveLength(17);
    expect(bench.servedBy()).toEqual({ namespace: 17 });
  });

  test('a write is caught up with in what is shared', async () => {
    await using bench = await PlanBench.start(configMaps(20));
    await bench.live(...ids(20));
    const written = bench.fake.put(configMap('c3', { a: 'b' }));
    const caughtUp = bench.watcher.caughtUp(written);
    await bench.settle();
    await caughtUp;
    expect(bench.watcher.getFromCache(configMapId('c3'))).toMatchObject({ data: { a: 'b' } });
  });
});

describe('what is told of it', () => {
  test('one line and one count for a change of plan, and the events by whether they were wanted', async () => {
    await using bench = await PlanBench.start(configMaps(100));
    await bench.live(...ids(20));
    expect(bench.said()).toEqual([
      'one watch of a namespace serves all: so many are demanded that one watch costs less',
    ]);
    expect(bench.counts.get('depwatch_plan_changes_total share namespace demand')).toBe(1);
    bench.fake.put(configMap('c1', { a: 'b' }));
    bench.fake.put(configMap('c99', { a: 'b' }));
    bench.fake.put(configMap('c98', { a: 'b' }));
    await bench.settle();
    expect(bench.counts.get('depwatch_collection_events_total true')).toBe(1);
    expect(bench.counts.get('depwatch_collection_events_total false')).toBe(2);
    expect(bench.watcher.statusOf(configMapId('c1'))).toMatchObject({
      state: 'live',
      servedBy: 'namespace',
      resourceVersion: bench.fake.resourceVersion,
    });
  });

  test('at level debug, why something is watched by name though it is many', async () => {
    const lines: unknown[] = [];
    const debug = (details: object, message: string): void =>
      void lines.push({ ...details, message });
    const silent = (): void => {};
    const logger = { debug, info: silent, warn: silent, error: silent };
    await using bench = await PlanBench.start(configMaps(1000), { logger });
    await bench.live(...ids(20));
    expect(lines).toEqual([
      {
        watched: 'GroupVersion=v1, Kind=ConfigMap, Namespace=default, Name=',
        demanded: 20,
        size: 1000,
        reason: 'large',
        forMs: 600_000,
        message:
          'a watch of a namespace is not tried for a while: it has far more objects than are demanded',
      },
    ]);
  });
});

describe('the policy', () => {
  test('per object, nothing is shared nor asked about', async () => {
    await using bench = await PlanBench.start(configMaps(40), { watchPlan: 'per-object' });
    await bench.live(...ids(40));
    expect(bench.servedBy()).toEqual({ object: 40 });
    expect(bench.asked().filter((request) => request.includes('*'))).toEqual([]);
  });

  test('shared, one name is served by a watch of its namespace', async () => {
    await using bench = await PlanBench.start(configMaps(40), { watchPlan: 'shared' });
    await bench.live(configMapId('c1'));
    expect(bench.servedBy()).toEqual({ namespace: 1 });
    expect(bench.asked()).toEqual(['watch default/*']);
  });

  const secret = (name: string) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'default' },
  });
  const secrets = names(20).map(secret);
  const secretIds = names(20).map((name) => ({
    version: 'v1',
    kind: 'Secret',
    namespace: 'default',
    name,
  }));

  test.each([
    ['the data of Secrets is not fetched unasked', { enableCache: true }, 'object'],
    ['metadata of Secrets is shared', { enableCache: false }, 'namespace'],
    ['shared, the data of Secrets is, too', { watchPlan: 'shared' }, 'namespace'],
  ] as const)('%s', async (_what, settings, servedBy) => {
    await using bench = await PlanBench.start(secrets, settings);
    await bench.live(...secretIds);
    expect(bench.servedBy()).toEqual({ [servedBy]: 20 });
  });

  test('the bounds are options', async () => {
    await using bench = await PlanBench.start(configMaps(40), {
      watchPlanBounds: { shareAt: 2, maxSizeFactor: 4 },
    });
    await bench.live(...ids(9));
    expect(bench.servedBy()).toEqual({ object: 9 });
    await bench.live(configMapId('c9'));
    expect(bench.servedBy()).toEqual({ namespace: 10 });
  });
});
