import { expect, test } from 'vitest';
import { configMap, configMapId, startBench } from './harness.ts';

const app = configMapId('app');
const [a, b, c] = ['a', 'b', 'c'].map((name) => configMapId(name)) as [
  ReturnType<typeof configMapId>,
  ReturnType<typeof configMapId>,
  ReturnType<typeof configMapId>,
];
const all = { version: 'v1', kind: 'ConfigMap', namespace: 'default' };

test('a batch reads, makes the watcher depend on what it read, and causes no reconcile', async () => {
  await using bench = await startBench({ enableCache: true }, [configMap('a', { x: '1' })]);
  const batch = await bench.watcher.startQueryBatch(app);
  expect(await batch.get(a)).toMatchObject({ data: { x: '1' } });
  expect(await batch.get(b)).toBeUndefined();
  expect(await batch.list(all)).toHaveLength(1);
  expect(await batch.list({ ...all, selector: 'x=2' })).toEqual([]);
  await batch.end();
  await bench.settle();
  expect(bench.recorder.calls).toEqual([]);
  bench.fake.put(configMap('b', { x: '2' }));
  await bench.settle();
  expect(bench.recorder.calls).toHaveLength(1);
  expect(bench.watcher.getWatchCount()).toBe(4);
});

test('a commit keeps exactly what was asked for', async () => {
  await using bench = await startBench({ enableCache: true });
  await bench.watcher.addOrUpdateWatcher(app, [a, b]);
  await bench.watcher.queryBatch(app, async (batch) => {
    await Promise.all([batch.get(b), batch.get(b), batch.get(c)]);
  });
  expect(bench.watcher.graph().watched).toMatchObject([b, c]);
});

test('a query that failed counts as asked for', async () => {
  await using bench = await startBench({ enableCache: true });
  await bench.watcher.addOrUpdateWatcher(app, [a, b]);
  await bench.watcher.startQueryBatch(app);
  await expect(bench.watcher.get(app, a, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'ERR_ABORTED',
  });
  const undo = bench.fake.fail({ operation: 'watch', error: new Error('no') });
  const pending = bench.watcher.get(app, c).catch((error: { code: string }) => error.code);
  await bench.settle(20_000);
  expect(await pending).toBe('ERR_TRANSPORT');
  undo();
  await bench.watcher.get(app, b);
  await bench.watcher.endQueryBatch(app);
  expect(bench.watcher.graph().watched).toMatchObject([a, b]);
});

test('an abort restores what was there before, and ends pending queries', async () => {
  await using bench = await startBench({ enableCache: true });
  await bench.watcher.addWatcher(app, a);
  const batch = await bench.watcher.startQueryBatch(app);
  await batch.get(b);
  const release = bench.fake.hold('watch');
  const pending = batch.get(c);
  const outcome = pending.catch((error: { code: string }) => error.code);
  await batch.abort();
  expect(await outcome).toBe('ERR_ABORTED');
  release();
  await bench.settle();
  expect(bench.watcher.graph().watched).toMatchObject([a]);
  expect(bench.fake.openWatches.map(({ name }) => name)).toEqual(['a']);
});

test('a batch whose run throws keeps the union', async () => {
  await using bench = await startBench({ enableCache: true });
  await bench.watcher.addWatcher(app, a);
  const failure = new Error('half-way');
  await expect(
    bench.watcher.queryBatch(app, async (batch) => {
      await batch.get(b);
      throw failure;
    }),
  ).rejects.toBe(failure);
  expect(bench.watcher.graph().watched).toMatchObject([a, b]);
  await (await bench.watcher.startQueryBatch(app)).end();
});

test('what a batch in progress refuses', async () => {
  await using bench = await startBench({ enableCache: true });
  const batch = await bench.watcher.startQueryBatch(app);
  const inProgress = { code: 'ERR_QUERY_BATCH_IN_PROGRESS' };
  await expect(bench.watcher.startQueryBatch(app)).rejects.toMatchObject(inProgress);
  await expect(bench.watcher.addWatcher(app, a)).rejects.toMatchObject(inProgress);
  await expect(bench.watcher.addOrUpdateWatcher(app, [a])).rejects.toMatchObject(inProgress);
  await expect(bench.watcher.removeWatcher(app)).rejects.toMatchObject(inProgress);
  await expect(batch.get({ ...all, selector: 'x' })).rejects.toMatchObject({
    code: 'ERR_INVALID_INPUT',
  });
  await expect(batch.list(a)).rejects.toMatchObject({ code: 'ERR_INVALID_INPUT' });
  await batch.get(a);
  await bench.watcher.removeWatcher(app, { abortBatch: true });
  expect(bench.watcher.getWatchCount()).toBe(0);
  const none = { code: 'ERR_QUERY_BATCH_NOT_STARTED' };
  await expect(batch.get(a)).rejects.toMatchObject(none);
  await expect(bench.watcher.get(app, a)).rejects.toMatchObject(none);
  await expect(bench.watcher.endQueryBatch(app)).rejects.toMatchObject(none);
  await expect(bench.watcher.abortQueryBatch(app)).rejects.toMatchObject(none);
});

test('a stale handle never acts on a newer batch', async () => {
  await using bench = await startBench({ enableCache: true });
  const old = await bench.watcher.startQueryBatch(app);
  await old.end();
  const batch = await bench.watcher.startQueryBatch(app);
  await expect(old.get(a)).rejects.toMatchObject({ code: 'ERR_QUERY_BATCH_NOT_STARTED' });
  await old.end();
  await old.abort();
  await batch.get(a);
  await batch.end();
  expect(bench.watcher.getWatchCount()).toBe(1);
});

test('end waits for pending queries and refuses later ones', async () => {
  await using bench = await startBench({ enableCache: true });
  const batch = await bench.watcher.startQueryBatch(app);
  const release = bench.fake.hold('watch');
  const pending = batch.get(a);
  const ended = batch.end();
  await expect(batch.get(b)).rejects.toMatchObject({ code: 'ERR_QUERY_BATCH_NOT_STARTED' });
  release();
  await ended;
  expect(await pending).toBeUndefined();
  expect(bench.watcher.getWatchCount()).toBe(1);
});

test('a batch left open by its own reconcile is ended with it', async () => {
  await using bench = await startBench({ enableCache: true });
  let tries = 0;
  bench.recorder.act = async (watcher) => {
    const batch = await bench.watcher.startQueryBatch(watcher);
    await batch.get(a);
    tries += 1;
    if (tries === 1) throw new Error('before the end');
    await batch.end();
  };
  bench.watcher.enqueue(app);
  await bench.settle(100);
  expect(tries).toBe(2);
  expect(bench.watcher.getWatchCount()).toBe(1);
});

test('of reconciles that run at once each ends the batch that it left open itself', async () => {
  await using bench = await startBench({ enableCache: true, maxConcurrentReconciles: 2 });
  const second = Promise.withResolvers<void>();
  const other = configMapId('other');
  const code = 'ERR_QUERY_BATCH_IN_PROGRESS';
  bench.recorder.act = async (watcher) => {
    await bench.watcher.startQueryBatch(watcher);
    if (watcher.name === 'other') await second.promise;
  };
  bench.watcher.enqueue(app);
  bench.watcher.enqueue(other);
  await bench.settle();
  await (await bench.watcher.startQueryBatch(app)).end();
  await expect(bench.watcher.startQueryBatch(other)).rejects.toMatchObject({ code });
  second.resolve();
  await bench.settle();
  await (await bench.watcher.startQueryBatch(other)).end();
});

test('a batch that others opened during a reconcile outlives it', async () => {
  await using bench = await startBench({ enableCache: true });
  const release = Promise.withResolvers<void>();
  bench.recorder.act = () => release.promise;
  bench.watcher.enqueue(app);
  await bench.settle();
  const batch = await bench.watcher.startQueryBatch(app);
  release.resolve();
  await bench.settle();
  await batch.get(a);
  await batch.end();
  expect(bench.watcher.getWatchCount()).toBe(1);
});

test('without the cache there are no batches and no cached reads', async () => {
  await using bench = await startBench();
  const code = 'ERR_CACHE_DISABLED';
  await expect(bench.watcher.startQueryBatch(app)).rejects.toMatchObject({ code });
  await expect(bench.watcher.get(app, a)).rejects.toMatchObject({ code });
  expect(() => bench.watcher.getFromCache(a)).toThrowError(expect.objectContaining({ code }));
  expect(() => bench.watcher.listWatchedFromCache(app)).toThrowError(
    expect.objectContaining({ code }),
  );
  expect(await bench.watcher.gvkToGvr(a)).toEqual({
    group: '',
    version: 'v1',
    resource: 'configmaps',
    namespaced: true,
  });
});

test('`await using` ends a batch', async () => {
  await using bench = await startBench({ enableCache: true });
  {
    await using batch = await bench.watcher.startQueryBatch(app);
    await batch.get(a);
  }
  await (await bench.watcher.startQueryBatch(app)).abort();
});
