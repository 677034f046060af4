import { describe, expect, test } from 'vitest';
import { configMap, configMapId } from '../../harness.ts';
import { widget, widgetId } from '../../server-bench.ts';
import { configMaps, ids, names, ofCollection, PlanBench, sorted } from './plan-bench.ts';

const forbidden = { code: 403, reason: 'Forbidden' };
const minute = 60_000;

describe('a collection that can not be had', () => {
  test('refused, it costs one request, everybody goes by name, and that is remembered for 10 minutes', async () => {
    await using bench = await PlanBench.start(configMaps(60));
    bench.fake.fail({ match: ofCollection, error: forbidden });
    await bench.live(...ids(40));
    expect(bench.servedBy()).toEqual({ object: 40 });
    const aboutAll = (): readonly string[] => bench.asked().filter((one) => one.endsWith('/*'));
    expect(aboutAll()).toEqual(['size default/*']);
    await bench.settle(9 * minute);
    await bench.live(...ids(20, 40));
    expect(aboutAll()).toEqual([]);
    await bench.settle(2 * minute);
    expect(aboutAll()).toEqual(['size default/*']);
    expect(bench.servedBy()).toEqual({ object: 60 });
  });

  test('that may be listed but not watched, everybody goes by name', async () => {
    await using bench = await PlanBench.start(configMaps(40));
    bench.fake.fail({ operation: 'watch', match: ofCollection, error: forbidden });
    await bench.live(...ids(40));
    expect(bench.servedBy()).toEqual({ object: 40 });
    expect(bench.watcher.getWatchCount()).toBe(40);
  });

  test('far larger than what is demanded, it is not shared, until enough is demanded', async () => {
    await using bench = await PlanBench.start(configMaps(2000));
    await bench.live(...ids(99));
    expect(bench.servedBy()).toEqual({ object: 99 });
    bench.asked();
    await bench.live(configMapId('c99'));
    expect(bench.servedBy()).toEqual({ namespace: 100 });
    expect(bench.asked()).not.toContain('size default/*');
  });

  test.each(['size', 'watch'])(
    'that does not answer the %s keeps nobody waiting, and is joined when it does',
    async (what) => {
      await using bench = await PlanBench.start(configMaps(40));
      const operation = what === 'size' ? 'list' : 'watch';
      const release = bench.fake.hold({ operation, match: ofCollection });
      const added = bench.add(...ids(40));
      await bench.settle(2000);
      expect(bench.watcher.getWatchCount()).toBeLessThan(20);
      await bench.settle(1000);
      await added;
      expect(bench.servedBy()).toEqual({ object: 40 });
      release();
      await bench.settle(minute);
      expect(bench.servedBy()).toEqual({ namespace: 40 });
      expect(bench.watcher.getWatchCount()).toBe(1);
    },
  );

  test('an API server that is down fails adds as ever, and nothing is left of them', async () => {
    await using bench = await PlanBench.start(configMaps(40));
    await bench.live(configMapId('c0'));
    bench.fake.down();
    const added = bench.add(...ids(39, 1)).catch((error: unknown) => error);
    await bench.settle(15_000);
    expect(await added).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
    bench.fake.up();
    await bench.settle(10_000);
    expect(bench.servedBy()).toEqual({ object: 1 });
    expect(bench.watcher.getWatchCount()).toBe(1);
  });
});

describe('a server that was restored from a backup', () => {
  test('is not believed to be what a shared watch has seen of it that serves nobody yet', async () => {
    const bounds = { shareAt: 2, maxSizeFactor: 1000 };
    await using bench = await PlanBench.start([configMap('c0', { v: 'old' })], {
      watchPlanBounds: bounds,
    });
    await bench.live(configMapId('c0'));
    // It has to be listed anew, and shows no version until that is through.
    bench.fake.put(configMap('elsewhere'));
    bench.fake.compact();
    const release = bench.fake.hold({
      match: ({ query, options }) => query?.name === 'c0' && options.initialEvents === true,
    });
    bench.fake.breakWatches();
    await bench.settle(1000);
    await bench.live(configMapId('c1'));
    await bench.remove(configMapId('c1'));
    const backup = bench.fake.resourceVersion;
    bench.fake.put(configMap('c0', { v: 'new' }));
    await bench.settle();
    expect(bench.servedBy()).toEqual({ object: 1 });
    expect(bench.watcher.getWatchCount()).toBe(2);
    bench.fake.down();
    bench.fake.restore(backup);
    await bench.settle(1000);
    release();
    bench.fake.up();
    await bench.settle(45_000);
    expect(bench.watcher.getFromCache(configMapId('c0'))).toMatchObject({ data: { v: 'old' } });
  });
});

describe('a collection that is to be left', () => {
  test.each([
    ['bookmark, though nothing has happened', (bench: PlanBench) => bench.fake.sendBookmarks()],
    ['return of its watch', (bench: PlanBench) => bench.fake.breakWatches()],
    ['list, though nothing has happened', (bench: PlanBench) => bench.fake.compact()],
  ])('is left with the next %s', async (what, happens) => {
    await using bench = await PlanBench.start(configMaps(40));
    await bench.live(...ids(40));
    for (const object of configMaps(2000).slice(40)) bench.fake.put(object);
    await bench.settle(7 * minute);
    expect(bench.servedBy()).toEqual({ namespace: 40 });
    happens(bench);
    if (what.startsWith('list')) bench.fake.breakWatches();
    await bench.settle(2000);
    expect(bench.servedBy()).toEqual({ object: 40 });
    expect(bench.watcher.getWatchCount()).toBe(40);
    expect(bench.woken()).toEqual([]);
  });

  test('and fails by then is left all the same, after minutes', async () => {
    await using bench = await PlanBench.start(configMaps(40));
    await bench.live(...ids(40));
    for (const object of configMaps(2000).slice(40)) bench.fake.put(object);
    await bench.settle(7 * minute);
    expect(bench.said().at(-1)).toContain('far more objects');
    bench.fake.hold({ match: ofCollection });
    bench.fake.cutConnections();
    await bench.settle(7 * minute);
    expect(bench.servedBy()).toEqual({ object: 40 });
    bench.woken();
    bench.fake.put(configMap('c1', { a: 'b' }));
    await bench.settle();
    expect(bench.woken()).toEqual(['c1']);
  });
});

describe('who adds no longer', () => {
  test.each(['size', 'watch'])('while the %s is asked for, leaves nothing behind', async (what) => {
    await using bench = await PlanBench.start(configMaps(40));
    const operation = what === 'size' ? 'list' : 'watch';
    bench.fake.hold({ operation, match: ofCollection });
    const abort = new AbortController();
    const adds = ids(40).map((id) =>
      bench.watcher.addWatcher(configMapId(`of-${id.name}`), id, { signal: abort.signal }),
    );
    const outcomes = Promise.allSettled(adds);
    await bench.settle(100);
    abort.abort();
    const settled = await outcomes;
    // The first ones were up by name.
    expect(settled.filter(({ status }) => status === 'rejected').length).toBeGreaterThanOrEqual(24);
    for (const { name } of ids(40)) await bench.watcher.removeWatcher(configMapId(`of-${name}`));
    await bench.settle();
    expect(bench.watcher.getWatchCount()).toBe(0);
    expect(bench.fake.openWatches).toEqual([]);
    expect(bench.fake.clock.pending).toBe(0);
  });

  test.each(['sizing', 'opening', 'shared', 'parting', 'avoided'])(
    'a stop while it is %s settles everything and leaves nothing behind',
    async (state) => {
      await using bench = await PlanBench.start(configMaps(400));
      if (state === 'sizing') bench.fake.hold({ operation: 'list', match: ofCollection });
      if (state === 'opening') bench.fake.hold({ operation: 'watch', match: ofCollection });
      if (state === 'avoided') bench.fake.fail({ match: ofCollection, error: forbidden });
      const added = bench.add(...ids(200)).catch((error: unknown) => error);
      await bench.settle(100);
      if (state === 'parting') {
        await bench.remove(...ids(196));
        await bench.settle(6 * minute);
      }
      await bench.watcher.stop();
      const outcome = await added;
      if (['sizing', 'opening'].includes(state))
        expect(outcome).toMatchObject({ code: 'ERR_NOT_STARTED' });
      await bench.settle();
      expect(bench.watcher.getWatchCount()).toBe(0);
      expect(bench.fake.openWatches).toEqual([]);
      expect(bench.fake.clock.pending).toBe(0);
    },
  );
});

describe('what is shared meets trouble', () => {
  test('failing for long though the server answers, it is given up, and nothing is missed', async () => {
    await using bench = await PlanBench.start(configMaps(40));
    await bench.live(...ids(30));
    bench.said();
    // As where one object, of whoever, can't be converted or decrypted.
    const mend = bench.fake.fail({ match: ofCollection, error: { code: 500 } });
    bench.fake.breakWatches();
    bench.fake.put(configMap('c5', { a: 'b' }));
    bench.fake.remove(configMapId('c6'));
    await bench.settle(7 * minute);
    expect(bench.servedBy()).toEqual({ object: 30 });
    expect(bench.watcher.watchStatus().every(({ state }) => state === 'live')).toBe(true);
    expect(bench.woken()).toEqual(['c5', 'c6']);
    expect(bench.said()).toEqual(['a watch of a namespace ends: it keeps failing']);
    await bench.live(...ids(5, 30));
    expect(bench.watcher.getWatchCount()).toBe(35);
    mend();
    await bench.settle(11 * minute);
    expect(bench.servedBy()).toEqual({ namespace: 35 });
    expect(bench.woken()).toEqual([]);
  });

  test('refused while it may pass, it holds up nobody who is new', async () => {
    await using bench = await PlanBench.start(configMaps(40), { unavailable: 'wait' });
    await bench.live(...ids(30));
    const allow = bench.fake.fail({ match: ofCollection, error: forbidden });
    bench.fake.breakWatches();
    await bench.settle(5000);
    await bench.live(...ids(10, 30));
    expect(bench.servedBy()).toEqual({ namespace: 30, object: 10 });
    bench.fake.put(configMap('c35', { a: 'b' }));
    await bench.settle();
    expect(bench.woken()).toEqual(['c35']);
    allow();
    await bench.settle(minute);
    bench.fake.put(configMap('c36', { a: 'b' }));
    await bench.settle();
    expect(bench.servedBy()).toEqual({ namespace: 40 });
    expect(bench.woken()).toEqual(['c36']);
  });

  test('the server goes down under it: one retry, one request, nothing missed', async () => {
    await using bench = await PlanBench.start(configMaps(200));
    await bench.live(...ids(200));
    bench.asked();
    bench.fake.down();
    await bench.settle(3000);
    expect(bench.watcher.watchStatus().every(({ state }) => state === 'retrying')).toBe(true);
    bench.fake.put(configMap('c5', { a: 'b' }));
    bench.fake.remove(configMapId('c6'));
    bench.fake.up();
    await bench.settle(3000);
    expect(bench.watcher.watchStatus().every(({ state }) => state === 'live')).toBe(true);
    expect(bench.woken()).toEqual(['c5', 'c6']);
    // The resume, and the question whether the server is as new as it was.
    expect(bench.asked()).toEqual(['resume default/*', 'size default/*']);
    expect(bench.counts.get('depwatch_watch_retries_total ERR_TRANSPORT')).toBe(1);
  });

  test('the watch is cut: it goes on from its version', async () => {
    await using bench = await PlanBench.start(configMaps(200));
    await bench.live(...ids(200));
    bench.asked();
    bench.fake.breakWatches();
    bench.fake.remove(configMapId('c6'));
    await bench.settle(2000);
    expect(bench.woken()).toEqual(['c6']);
    expect(bench.asked()).toEqual(['resume default/*']);
  });

  test('its version has expired: one list, whose deletes and changes are told to whom they concern', async () => {
    await using bench = await PlanBench.start(configMaps(200));
    await bench.live(...ids(200));
    bench.fake.breakWatches();
    bench.fake.remove(configMapId('c6'));
    bench.fake.put(configMap('c7', { a: 'b' }));
    bench.fake.compact();
    await bench.settle(3000);
    expect(bench.woken()).toEqual(['c6', 'c7']);
    expect(bench.watcher.getWatchCount()).toBe(1);
  });

  test('the right to the collection is revoked: everybody goes on by name, and nothing is missed', async () => {
    await using bench = await PlanBench.start(configMaps(40));
    await bench.live(...ids(40));
    bench.fake.fail({ match: ofCollection, error: forbidden });
    bench.fake.breakWatches();
    bench.fake.remove(configMapId('c6'));
    await bench.settle(2 * minute);
    expect(bench.servedBy()).toEqual({ object: 40 });
    expect(bench.watcher.watchStatus().every(({ state }) => state === 'live')).toBe(true);
    expect(bench.woken()).toEqual(['c6']);
    expect(bench.said()).toContain(
      'a watch of a namespace ends: the server refuses to have it watched',
    );
    bench.fake.put(configMap('c7', { a: 'b' }));
    await bench.settle();
    expect(bench.woken()).toEqual(['c7']);
  });

  test('the right to anything is revoked: each edge ends, and its watcher is told', async () => {
    await using bench = await PlanBench.start(configMaps(40));
    await bench.live(...ids(40));
    bench.fake.deny({ resource: 'configmaps' });
    bench.fake.breakWatches();
    await bench.settle(3 * minute);
    expect(bench.woken()).toEqual(sorted(names(40)));
    expect(bench.watcher.getWatchCount()).toBe(0);
    expect(bench.watcher.graph().edges).toEqual([]);
  });

  test.each([
    { scope: 'Namespaced', unavailable: 'reject' },
    { scope: 'Namespaced', unavailable: 'wait' },
    { scope: 'Cluster', unavailable: 'reject' },
    { scope: 'Cluster', unavailable: 'wait' },
  ] as const)(
    'its definition is deleted, and is back ($scope, $unavailable)',
    async ({ scope, unavailable }) => {
      const widgetIds = names(20).map((name) => widgetId(name));
      await using bench = await PlanBench.start([], { unavailable });
      bench.fake.put(definition('Namespaced'));
      for (const name of names(20)) bench.fake.put(widget(name, 'old', 'default'));
      await bench.live(...widgetIds);
      expect(bench.servedBy()).toEqual({ namespace: 20 });
      bench.fake.remove(definition('Namespaced'));
      await bench.settle(10_000);
      expect([...new Set(bench.woken())]).toEqual(sorted(names(20)));
      expect(bench.watcher.getFromCache(widgetId('c3'))).toBeUndefined();
      bench.fake.put(definition(scope));
      const isNamespaced = scope === 'Namespaced';
      bench.fake.put(widget('c3', 'new', isNamespaced ? 'default' : undefined));
      await bench.settle(2 * minute);
      expect(bench.server.count('live', 'Widget')).toBe(20);
      expect(bench.woken()).toContain('c3');
      expect(bench.watcher.getFromCache(widgetId('c3'))).toMatchObject({ data: { value: 'new' } });
      expect(bench.watcher.getFromCache(widgetId('c4'))).toBeUndefined();
      expect(bench.servedBy()).toEqual({ [isNamespaced ? 'namespace' : 'kind']: 20 });
      bench.fake.put(widget('c4', 'new', isNamespaced ? 'default' : undefined));
      await bench.settle();
      expect(bench.watcher.getFromCache(widgetId('c4'))).toMatchObject({ data: { value: 'new' } });
      bench.woken();
      await bench.remove(...widgetIds);
      expect(bench.watcher.getWatchCount()).toBe(0);
    },
  );
});

describe('what is shared no longer', () => {
  test('too busy: after five minutes, and not before, everybody goes back to watches by name', async () => {
    await using bench = await PlanBench.start(configMaps(400));
    await bench.live(...ids(20));
    let version = 0;
    const write = async (ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 500) {
        version += 1;
        bench.fake.put(configMap(`c${100 + (version % 200)}`, { a: String(version) }));
        await bench.settle(500);
      }
    };
    await write(5 * minute);
    expect(bench.servedBy()).toEqual({ namespace: 20 });
    bench.said();
    await write(2 * minute);
    bench.fake.sendBookmarks();
    await bench.settle(1000);
    expect(bench.servedBy()).toEqual({ object: 20 });
    expect(bench.watcher.getWatchCount()).toBe(20);
    expect(bench.said()).toEqual([
      'a watch of a namespace ends: far more events come than are wanted',
    ]);
    expect(bench.woken()).toEqual([]);
    bench.fake.put(configMap('c3', { a: 'b' }));
    bench.fake.remove(configMapId('c4'));
    await bench.settle();
    expect(bench.woken()).toEqual(['c3', 'c4']);
  });

  test('few are left: they go back to watches by name, from the version that they have seen', async () => {
    await using bench = await PlanBench.start(configMaps(40));
    await bench.live(...ids(20));
    await bench.remove(...ids(15));
    bench.asked();
    await bench.settle(6 * minute);
    bench.fake.put(configMap('c17', { a: 'b' }));
    await bench.settle(2000);
    expect(bench.servedBy()).toEqual({ object: 5 });
    expect(bench.woken()).toEqual(['c17']);
    const own = bench.asked().filter((one) => !one.endsWith('/*'));
    expect(own).toEqual(names(5, 15).map((name) => `resume default/${name}`));
  });
});

function definition(scope: 'Namespaced' | 'Cluster') {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope,
      names: { plural: 'widgets', kind: 'Widget' },
      versions: [{ name: 'v1', served: true, storage: true }],
    },
  };
}
