/*
 * Defects of the Go library that this one re-implements, each by what must hold; 14 to 23 are in the file beside this.
 *
 * Some live in the cache, and are tested there, too:
 *
 * | defect | test in packages/cache/test                                                                         |
 * | ------ | --------------------------------------------------------------------------------------------------- |
 * | 3      | gvr-cache: 3: the expiry is renewed by each new discovery                                           |
 * | 4      | gvr-cache: 4: one 503 from discovery is not remembered, with a missing-resource TTL or without      |
 * | 5      | gvr-cache: 5: a removed type yields an error, never its stale GVR                                   |
 * | 6      | gvr-cache: 6: a resource that cannot be watched is an error on a cache hit, too                     |
 * | 7      | object-cache: defect 7 of KDW: a "not found" is cached, and no error                                |
 * | 16     | object-cache: defect 16 of KDW: a list in a reader's hands stays as it is                           |
 * | 18     | object-cache: defect 18 of KDW: an event on a list of 10,000 neither reads nor copies the others    |
 */
import type { ObjectIdentifier } from '@depwatch/core';
import { expect, test } from 'vitest';
import { type Bench, configMap, configMapId, startBench } from './harness.ts';

const app = configMapId('app');
const other = configMapId('other');
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => configMapId(name)) as [
  ObjectIdentifier,
  ObjectIdentifier,
  ObjectIdentifier,
  ObjectIdentifier,
];
const widgetKind = { group: 'example.com', version: 'v1', kind: 'Widget', namespaced: true };
const widget: ObjectIdentifier = {
  group: 'example.com',
  version: 'v1',
  kind: 'Widget',
  namespace: 'default',
  name: 'w',
};

/** What a promise comes to while no time passes: its error's code where it rejects. */
async function atOnce(bench: Bench, promise: Promise<unknown>): Promise<unknown> {
  let outcome: unknown = 'pending';
  promise.then(
    () => (outcome = 'resolved'),
    (error: { code?: string }) => (outcome = error.code),
  );
  await bench.settle(0);
  return outcome;
}

/** Brings the watch of `a` into a restart, and checks that a remove and the end of a batch stop it at once. */
async function expectStoppable(restart: (bench: Bench) => Promise<void>): Promise<void> {
  {
    await using bench = await startBench({ enableCache: true });
    await bench.watcher.addWatcher(app, a);
    await restart(bench);
    expect(await atOnce(bench, bench.watcher.removeWatcher(app))).toBe('resolved');
    expect(bench.watcher.getWatchCount()).toBe(0);
    expect(bench.fake.openWatches).toEqual([]);
  }
  await using bench = await startBench({ enableCache: true });
  await bench.watcher.addWatcher(app, a);
  await bench.watcher.startQueryBatch(app);
  await restart(bench);
  expect(await atOnce(bench, bench.watcher.endQueryBatch(app))).toBe('resolved');
  expect(bench.watcher.getWatchCount()).toBe(0);
  await bench.settle(60_000);
  expect(bench.fake.openWatches).toEqual([]);
}

test('1 a stop requested while a watch restarts is seen: removeWatcher and endQueryBatch resolve', async () => {
  await expectStoppable(async ({ fake }) => fake.breakWatches());
  await expectStoppable(async ({ fake, settle }) => {
    fake.breakWatches();
    fake.hold('watch');
    await settle(5000);
    expect(fake.openWatches).toHaveLength(1);
  });
});

test('2 a restart that is forbidden can be stopped: removeWatcher and endQueryBatch resolve', async () => {
  await expectStoppable(async ({ fake, settle, watcher }) => {
    fake.deny({ resource: 'configmaps' });
    fake.closeWatches();
    await settle(1000);
    expect(watcher.watchStatus()).toMatchObject([
      { state: 'retrying', lastError: { code: 'ERR_FORBIDDEN' } },
    ]);
  });
});

test('3 the expiry of a known kind is renewed by each discovery: one request every ten minutes', async () => {
  await using bench = await startBench();
  for (let period = 1; period <= 5; period += 1) {
    for (let lookup = 0; lookup < 10; lookup += 1) await bench.watcher.gvkToGvr(a);
    await bench.watcher.addWatcher(app, configMapId(`c${period}`));
    expect(bench.fake.requests.discover).toBe(period);
    await bench.settle(600_001);
  }
});

test('4 one 503 from discovery is not taken for "no such kind"', async () => {
  await using bench = await startBench({ objectCache: { missingApiResourceTtlMs: 600_000 } });
  bench.fake.fail({ operation: 'discover', error: { code: 503 }, times: 1 });
  await expect(bench.watcher.gvkToGvr(a)).rejects.toMatchObject({
    code: 'ERR_TRANSPORT',
    retryable: true,
  });
  expect(await bench.watcher.gvkToGvr(a)).toMatchObject({ resource: 'configmaps' });
  const secret = { ...a, kind: 'Secret' };
  bench.fake.fail({ operation: 'discover', error: { code: 503 }, times: 1 });
  const add = bench.watcher.addWatcher(app, secret);
  await bench.settle(2000);
  await add;
  expect(bench.watcher.getWatchCount()).toBe(1);
});

test('5 a kind that is gone is an error, whatever was known of it, and however long that is remembered', async () => {
  await using bench = await startBench({ objectCache: { missingApiResourceTtlMs: 60_000 } });
  bench.fake.registerKind(widgetKind);
  await bench.watcher.gvkToGvr(widget);
  bench.fake.unregisterKind(widget);
  await bench.settle(600_001);
  const missing = { code: 'ERR_NO_VERSIONED_RESOURCE' };
  for (let lookup = 0; lookup < 3; lookup += 1) {
    await expect(bench.watcher.gvkToGvr(widget)).rejects.toMatchObject(missing);
    await expect(bench.watcher.addWatcher(app, widget)).rejects.toMatchObject(missing);
    await bench.settle(10_000);
  }
  expect(bench.fake.requests.discover).toBe(2);
});

test('6 a kind that cannot be watched is refused each time, also when it is known', async () => {
  await using bench = await startBench();
  bench.fake.registerKind({ ...widgetKind, verbs: ['get', 'list'] });
  const unwatchable = { code: 'ERR_RESOURCE_UNWATCHABLE' };
  for (let lookup = 0; lookup < 3; lookup += 1) {
    await expect(bench.watcher.gvkToGvr(widget)).rejects.toMatchObject(unwatchable);
    await expect(bench.watcher.addWatcher(app, widget)).rejects.toMatchObject(unwatchable);
  }
  expect(bench.fake.requests).toMatchObject({ discover: 1, watch: 0, list: 0 });
});

test('7 that an object does not exist can be cached: it is read as undefined', async () => {
  await using bench = await startBench({ enableCache: true });
  await bench.watcher.queryBatch(app, async (batch) => {
    expect(await batch.get(a)).toBeUndefined();
  });
  expect(bench.watcher.getFromCache(a)).toBeUndefined();
  expect(bench.watcher.listWatchedFromCache(app)).toEqual([]);
  bench.fake.put(configMap('a'));
  await bench.settle();
  expect(bench.watcher.getFromCache(a)).toBeDefined();
  bench.fake.remove(a);
  await bench.settle();
  expect(bench.watcher.getFromCache(a)).toBeUndefined();
});

test('8 a cluster-scoped kind with a namespace never joins a watch that stops: it is watched', async () => {
  await using bench = await startBench();
  const node = { version: 'v1', kind: 'Node', name: 'n1' };
  await bench.watcher.addWatcher(app, node);
  const removed = bench.watcher.removeWatcher(app);
  await bench.watcher.addWatcher(other, { ...node, namespace: 'default' });
  await removed;
  await bench.settle();
  expect(bench.watcher.getWatchCount()).toBe(1);
  expect(bench.watcher.graph().watched).toEqual([node]);
  expect(bench.fake.openWatches).toHaveLength(1);
  bench.fake.put({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } });
  await bench.settle();
  expect(bench.recorder.calls).toEqual([{ watcher: 'other', causes: ['added'] }]);
});

test('9 a discovery, a list or a watch that hangs blocks no cached read, no count and no other watcher', async () => {
  await using bench = await startBench({ enableCache: true }, [configMap('a')]);
  await bench.watcher.addWatcher(other, a);
  bench.fake.hold({ operation: 'discover', match: { kind: 'Deployment' } });
  bench.fake.hold({ operation: 'watch', match: { kind: 'Secret' } });
  bench.fake.hold({ operation: 'list', match: { kind: 'Pod' } });
  bench.fake.fail({ operation: 'watch', match: { kind: 'Pod' }, error: { code: 400 } });
  const hanging = [
    { ...a, group: 'apps', kind: 'Deployment' },
    { ...a, kind: 'Secret' },
    { ...a, kind: 'Pod' },
  ].map((watched) =>
    bench.watcher
      .addWatcher(configMapId(`waits for ${watched.kind}`), watched)
      .catch((error: { code: string }) => error.code),
  );
  await bench.settle(100);
  expect(bench.watcher.getFromCache(a)).toBeDefined();
  expect(bench.watcher.listWatchedFromCache(other)).toHaveLength(1);
  expect(bench.watcher.getWatchCount()).toBe(3);
  expect(await atOnce(bench, bench.watcher.addWatcher(app, b))).toBe('resolved');
  expect(await atOnce(bench, bench.watcher.addOrUpdateWatcher(app, [c]))).toBe('resolved');
  expect(
    await atOnce(
      bench,
      bench.watcher.queryBatch(app, (batch) => batch.get(d)),
    ),
  ).toBe('resolved');
  expect(await atOnce(bench, bench.watcher.removeWatcher(app))).toBe('resolved');
  expect(bench.watcher.getWatchCount()).toBe(3);
  await bench.watcher.stop();
  expect(await Promise.all(hanging)).toEqual(hanging.map(() => 'ERR_NOT_STARTED'));
});

test('10 a second watcher of an object that is watched already gets its initial reconcile', async () => {
  await using bench = await startBench({}, [configMap('a')]);
  for (const name of ['first', 'second', 'third']) {
    await bench.watcher.addWatcher(configMapId(name), a);
    await bench.settle();
    expect(bench.recorder.calls.at(-1)).toEqual({ watcher: name, causes: ['initial'] });
  }
  expect(bench.recorder.calls).toHaveLength(3);
  expect(bench.fake.requests.watch).toBe(1);
});

test('11 an add that fails leaves nothing behind', async () => {
  await using bench = await startBench();
  bench.fake.deny({ resource: 'secrets' });
  bench.fake.hold({ match: { name: 'c' } });
  const outcomes = Promise.allSettled([
    bench.watcher.addWatcher(configMapId('forbidden'), { ...a, kind: 'Secret' }),
    bench.watcher.addWatcher(configMapId('unknown'), widget),
    bench.watcher.addWatcher(configMapId('invalid'), { version: 'v1', kind: 'Pod', name: 'p' }),
    bench.watcher.addWatcher(configMapId('late'), c),
    bench.watcher.addOrUpdateWatcher(configMapId('half'), [a, { ...a, kind: 'Secret' }]),
  ]);
  await bench.settle(20_000);
  const codes = (await outcomes).map((each) => each.status === 'rejected' && each.reason.code);
  expect(codes).toEqual([
    'ERR_FORBIDDEN',
    'ERR_NO_VERSIONED_RESOURCE',
    'ERR_INVALID_INPUT',
    'ERR_TRANSPORT',
    'ERR_FORBIDDEN',
  ]);
  expect(bench.watcher.graph()).toEqual({ watchers: [], watched: [], edges: [] });
  expect(bench.watcher.watchStatus()).toEqual([]);
  expect(bench.watcher.getWatchCount()).toBe(0);
  expect(bench.fake.openWatches).toEqual([]);
  expect(bench.fake.clock.pending).toBe(0);
});

test('12 a batch that fails half-way keeps what it never reached, and what it asked for', async () => {
  await using bench = await startBench({ enableCache: true });
  await bench.watcher.addOrUpdateWatcher(app, [a, b]);
  const failure = new Error('half-way');
  const failed = bench.watcher.queryBatch(app, async (batch) => {
    expect(await batch.get(c)).toBeUndefined();
    throw failure;
  });
  await expect(failed).rejects.toBe(failure);
  expect(bench.watcher.graph().watched).toMatchObject([a, b, c]);
  for (const name of ['a', 'b', 'c']) {
    bench.fake.put(configMap(name));
    await bench.settle();
  }
  expect(bench.recorder.calls.map(({ causes }) => causes)).toEqual([
    ['added'],
    ['added'],
    ['added'],
  ]);
});

test('13 restarts that find nothing changed reconcile nobody', async () => {
  await using bench = await startBench({}, [configMap('a')]);
  await bench.watcher.addWatcher(app, a);
  await bench.settle();
  const restarts = [
    () => bench.fake.closeWatches(),
    () => bench.fake.breakWatches(),
    () => (bench.fake.down(), bench.fake.up()),
    () => {
      bench.fake.breakWatches();
      bench.fake.put(configMap('unrelated'));
      bench.fake.compact();
    },
    () => bench.fake.breakWatches(),
  ];
  for (const restart of restarts) {
    restart();
    await bench.settle(20_000);
    expect(bench.fake.openWatches).toHaveLength(1);
  }
  expect(bench.fake.requests.watch).toBeGreaterThanOrEqual(1 + restarts.length);
  expect(bench.recorder.calls).toEqual([{ watcher: 'app', causes: ['initial'] }]);
});
