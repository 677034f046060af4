import { expect, test } from 'vitest';
import { configMap, configMapId, startBench } from './harness.ts';

const app = configMapId('app');
const config = configMapId('config');

test('a change to what is watched reconciles the watcher', async () => {
  await using bench = await startBench();
  await bench.watcher.addWatcher(app, config);
  expect(bench.watcher.getWatchCount()).toBe(1);
  bench.fake.put(configMap('config', { a: '1' }));
  await bench.settle();
  bench.fake.put(configMap('config', { a: '2' }));
  await bench.settle();
  bench.fake.remove(config);
  await bench.settle();
  expect(bench.recorder.calls).toEqual([
    { watcher: 'app', causes: ['added'] },
    { watcher: 'app', causes: ['modified'] },
    { watcher: 'app', causes: ['deleted'] },
  ]);
});

test('an object that exists reconciles its new watcher, after the add has resolved', async () => {
  await using bench = await startBench({}, [configMap('config')]);
  const order: string[] = [];
  bench.recorder.act = () => void order.push('reconcile');
  await bench.watcher.addWatcher(app, config).then(() => order.push('resolved'));
  await bench.settle();
  await bench.watcher.addWatcher(configMapId('other'), config).then(() => order.push('resolved'));
  await bench.settle();
  expect(order).toEqual(['resolved', 'reconcile', 'resolved', 'reconcile']);
  expect(bench.recorder.calls.map(({ causes }) => causes)).toEqual([['initial'], ['initial']]);
});

test('disableInitialReconcile leaves that out', async () => {
  await using bench = await startBench({ disableInitialReconcile: true }, [configMap('config')]);
  await bench.watcher.addWatcher(app, config);
  await bench.settle();
  expect(bench.recorder.calls).toEqual([]);
});

test('watchers share a watch, which ends with the last of them', async () => {
  await using bench = await startBench();
  const others = ['a', 'b', 'c'].map((name) => configMapId(name));
  await Promise.all(others.map((other) => bench.watcher.addWatcher(other, config)));
  expect(bench.fake.openWatches).toHaveLength(1);
  expect(bench.fake.requests.watch).toBe(1);
  bench.fake.put(configMap('config'));
  await bench.settle();
  expect(bench.recorder.calls.map(({ watcher }) => watcher)).toEqual(['a', 'b', 'c']);
  await bench.watcher.removeWatcher(others[0]!);
  await bench.watcher.removeWatcher(others[1]!);
  expect(bench.watcher.getWatchCount()).toBe(1);
  await bench.watcher.removeWatcher(others[2]!);
  expect(bench.watcher.getWatchCount()).toBe(0);
  await bench.settle();
  expect(bench.fake.openWatches).toEqual([]);
});

test('with the cache off only metadata is asked for', async () => {
  await using bench = await startBench();
  await bench.watcher.addWatcher(app, config);
  expect(bench.fake.openWatches).toMatchObject([
    { name: 'config', namespace: 'default', metadataOnly: true },
  ]);
});

test('the cache shows a change before the reconcile that it causes', async () => {
  await using bench = await startBench({ enableCache: true });
  const seen: unknown[] = [];
  bench.recorder.act = () =>
    void seen.push(bench.watcher.getFromCache<{ data?: object }>(config)?.data);
  await bench.watcher.addWatcher(app, config);
  expect(bench.watcher.getFromCache(config)).toBeUndefined();
  bench.fake.put(configMap('config', { a: '1' }));
  await bench.settle();
  bench.fake.put(configMap('config', { a: '2' }));
  await bench.settle();
  expect(seen).toEqual([{ a: '1' }, { a: '2' }]);
});

test('addOrUpdateWatcher replaces what is watched; old watches go when new ones are live', async () => {
  await using bench = await startBench();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => configMapId(name));
  await bench.watcher.addOrUpdateWatcher(app, [a!, b!]);
  await bench.watcher.addOrUpdateWatcher(app, [b!, c!]);
  await bench.settle();
  expect(bench.fake.openWatches.map(({ name }) => name)).toEqual(['b', 'c']);
  expect(bench.fake.requests.watch).toBe(3);
  await expect(bench.watcher.addOrUpdateWatcher(app, [])).rejects.toMatchObject({
    code: 'ERR_INVALID_INPUT',
  });
});

test('a failed addOrUpdateWatcher leaves everything as it was', async () => {
  await using bench = await startBench();
  const [a, b] = ['a', 'b'].map((name) => configMapId(name));
  await bench.watcher.addWatcher(app, a!);
  bench.fake.deny({ verbs: ['list', 'watch'], resource: 'secrets' });
  const secret = { version: 'v1', kind: 'Secret', namespace: 'default', name: 's' };
  const before = bench.watcher.graph();
  await expect(bench.watcher.addOrUpdateWatcher(app, [b!, secret])).rejects.toMatchObject({
    code: 'ERR_FORBIDDEN',
  });
  await bench.settle();
  expect(bench.watcher.graph()).toEqual(before);
  expect(bench.fake.openWatches.map(({ name }) => name)).toEqual(['a']);
});

test('a reconcile that fails comes again, later; one that asks for it too', async () => {
  await using bench = await startBench();
  await bench.watcher.addWatcher(app, config);
  let failures = 2;
  bench.recorder.act = () => {
    if (failures-- > 0) throw new Error('not yet');
    return failures === -1 ? { requeueAfterMs: 1000 } : {};
  };
  bench.fake.put(configMap('config'));
  await bench.settle(100);
  expect(bench.recorder.calls.map(({ causes }) => causes[0])).toEqual(['added', 'retry', 'retry']);
  await bench.settle(900);
  expect(bench.recorder.calls).toHaveLength(3);
  await bench.settle(100);
  expect(bench.recorder.calls.at(-1)).toEqual({ watcher: 'app', causes: ['requeue'] });
});

test('a change during a reconcile causes one more; one watcher never runs twice at once', async () => {
  await using bench = await startBench({ maxConcurrentReconciles: 4 });
  await bench.watcher.addWatcher(app, config);
  const gate = Promise.withResolvers<void>();
  let running = 0;
  let most = 0;
  bench.recorder.act = async () => {
    most = Math.max(most, ++running);
    await gate.promise;
    running -= 1;
  };
  for (let i = 0; i < 5; i += 1) {
    bench.fake.put(configMap('config', { i: String(i) }));
    await bench.settle();
  }
  expect(bench.recorder.calls).toHaveLength(1);
  gate.resolve();
  await bench.settle();
  expect(bench.recorder.calls).toHaveLength(2);
  expect(most).toBe(1);
});

test('enqueue asks for a reconcile that no watch asked for', async () => {
  await using bench = await startBench();
  bench.watcher.enqueue(app);
  bench.watcher.enqueue(app);
  bench.watcher.enqueue(configMapId('later'), { afterMs: 500 });
  await bench.settle(499);
  expect(bench.recorder.calls).toEqual([{ watcher: 'app', causes: ['enqueued'] }]);
  await bench.settle(2);
  expect(bench.recorder.calls.at(-1)).toEqual({ watcher: 'later', causes: ['enqueued'] });
  expect(() => bench.watcher.enqueue(app, { afterMs: Number.NaN })).toThrowError(/afterMs/);
});

test('removing a watcher drops its reconciles, and what runs is not requeued', async () => {
  await using bench = await startBench();
  await bench.watcher.addWatcher(app, config);
  bench.recorder.act = async () => {
    await bench.watcher.removeWatcher(app);
    throw new Error('fails after all');
  };
  bench.fake.put(configMap('config'));
  bench.watcher.enqueue(app, { afterMs: 10 });
  await bench.settle(10_000);
  expect(bench.recorder.calls).toHaveLength(1);
  expect(bench.watcher.getWatchCount()).toBe(0);
  await bench.watcher.removeWatcher(configMapId('unknown'));
});

test('a cluster-scoped kind ignores the namespace, a namespaced one needs it', async () => {
  await using bench = await startBench({ enableCache: true });
  const node = { version: 'v1', kind: 'Node', name: 'n1' };
  await bench.watcher.addWatcher(app, { ...node, namespace: 'default' });
  await bench.watcher.addWatcher(configMapId('other'), node);
  expect(bench.watcher.getWatchCount()).toBe(1);
  expect(bench.watcher.getFromCache({ ...node, namespace: 'x' })).toBeUndefined();
  await expect(
    bench.watcher.addWatcher(app, { version: 'v1', kind: 'ConfigMap', name: 'config' }),
  ).rejects.toMatchObject({
    code: 'ERR_INVALID_INPUT',
    message: expect.stringContaining('namespace'),
  });
});

test('selectors that mean the same share a watch', async () => {
  await using bench = await startBench({ enableCache: true }, [
    configMap('one', { app: 'x', tier: 'y' }),
  ]);
  const kind = { version: 'v1', kind: 'ConfigMap', namespace: 'default' };
  await bench.watcher.addWatcher(app, { ...kind, selector: 'app=x,tier in (y)' });
  await bench.watcher.addWatcher(app, { ...kind, selector: 'tier==y, app in (x)' });
  expect(bench.watcher.getWatchCount()).toBe(1);
  expect(bench.watcher.listFromCache({ ...kind, selector: 'tier=y,app=x' })).toHaveLength(1);
  expect(bench.watcher.listWatchedFromCache(app)).toHaveLength(1);
});

test('all of a kind can be neither watched nor a watcher, and the error names the ways out', async () => {
  await using bench = await startBench();
  const all = { version: 'v1', kind: 'ConfigMap', namespace: 'default' };
  const refusal = (argument: string) => ({
    code: 'ERR_INVALID_INPUT',
    message: expect.stringMatching(`^${argument}: name, selector: .*list .*addMapping`),
  });
  await expect(bench.watcher.addWatcher(app, all)).rejects.toMatchObject(refusal('watched'));
  await expect(bench.watcher.addWatcher(all, app)).rejects.toMatchObject(refusal('watcher'));
  await expect(bench.watcher.addOrUpdateWatcher(app, [config, all])).rejects.toMatchObject(
    refusal('watched\\[1\\]'),
  );
  expect(bench.watcher.getWatchCount()).toBe(0);
});
