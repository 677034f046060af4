import { expect, test } from 'vitest';
import { configMap, configMapId, startBench } from './harness.ts';

const app = configMapId('app');
const config = configMapId('config');

test('forbidden at add: rejects and leaves nothing behind', async () => {
  await using bench = await startBench();
  const undo = bench.fake.deny({ verbs: ['watch', 'list'], resource: 'configmaps' });
  await expect(bench.watcher.addWatcher(app, config)).rejects.toMatchObject({
    code: 'ERR_FORBIDDEN',
    message: expect.stringMatching(/watch.*ConfigMap.*"config".*"default"/),
  });
  expect(bench.watcher.getWatchCount()).toBe(0);
  expect(bench.watcher.graph()).toEqual({ watchers: [], watched: [], edges: [] });
  undo();
  await bench.watcher.addWatcher(app, config);
});

test('unknown and unwatchable kinds', async () => {
  await using bench = await startBench();
  const widget = {
    group: 'example.com',
    version: 'v1',
    kind: 'Widget',
    namespace: 'default',
    name: 'w',
  };
  await expect(bench.watcher.addWatcher(app, widget)).rejects.toMatchObject({
    code: 'ERR_NO_VERSIONED_RESOURCE',
  });
  bench.fake.registerKind({
    group: 'example.com',
    version: 'v1',
    kind: 'Widget',
    namespaced: true,
    verbs: ['get', 'list'],
  });
  for (let again = 0; again < 2; again += 1) {
    await expect(bench.watcher.addWatcher(app, widget)).rejects.toMatchObject({
      code: 'ERR_RESOURCE_UNWATCHABLE',
    });
  }
  expect(bench.watcher.graph().watchers).toEqual([]);
});

test('a clean end and a drop resume from the last version, without a relist or a reconcile', async () => {
  await using bench = await startBench({}, [configMap('config')]);
  await bench.watcher.addWatcher(app, config);
  await bench.settle(2000);
  const calls = bench.recorder.calls.length;
  bench.fake.closeWatches();
  await bench.settle(50);
  expect(bench.fake.openWatches).toHaveLength(1);
  await bench.settle(2000);
  bench.fake.breakWatches();
  await bench.settle(399);
  expect(bench.fake.openWatches).toHaveLength(0);
  await bench.settle(402);
  expect(bench.fake.openWatches).toHaveLength(1);
  expect(bench.recorder.calls).toHaveLength(calls);
  expect(bench.fake.requests).toMatchObject({ list: 0, streaming: 1, watch: 3 });
  bench.fake.put(configMap('config', { a: '2' }));
  await bench.settle();
  expect(bench.recorder.calls).toHaveLength(calls + 1);
});

test('a change made while the watch was down is seen after it resumed', async () => {
  await using bench = await startBench({ enableCache: true });
  await bench.watcher.addWatcher(app, config);
  bench.fake.breakWatches();
  bench.fake.put(configMap('config', { a: '1' }));
  await bench.settle(1000);
  expect(bench.recorder.calls).toEqual([{ watcher: 'app', causes: ['added'] }]);
  expect(bench.watcher.getFromCache(config)).toMatchObject({ data: { a: '1' } });
});

test('410: a relist that finds nothing new wakes nobody, one that does wakes who depends on it', async () => {
  await using bench = await startBench({ enableCache: true }, [
    configMap('config'),
    configMap('gone'),
  ]);
  await bench.watcher.addOrUpdateWatcher(app, [config, configMapId('gone')]);
  await bench.settle(2000);
  const calls = bench.recorder.calls.length;
  bench.fake.breakWatches();
  bench.fake.put(configMap('unrelated'));
  bench.fake.compact();
  await bench.settle(1000);
  expect(bench.fake.requests.streaming).toBe(4);
  expect(bench.recorder.calls).toHaveLength(calls);
  await bench.settle(2000);
  bench.fake.breakWatches();
  bench.fake.remove(configMapId('gone'));
  bench.fake.put(configMap('config', { a: '2' }));
  bench.fake.compact();
  await bench.settle(5000);
  expect(
    bench.recorder.calls
      .slice(calls)
      .flatMap(({ causes }) => causes)
      .sort(),
  ).toEqual(['deleted', 'modified']);
  expect(bench.watcher.getFromCache(configMapId('gone'))).toBeUndefined();
});

test('an outage is one fact: one probe at a time, then all resume, with one line in the log each way', async () => {
  const lines: string[] = [];
  const say = (_fields: object, message: string): void => void lines.push(message);
  const logger = { debug: () => {}, info: say, warn: say, error: say };
  await using bench = await startBench({ logger, watchPlan: 'per-object' });
  const names = Array.from({ length: 200 }, (_, index) => configMapId(`c${index}`));
  await bench.watcher.addOrUpdateWatcher(app, names);
  const before = bench.fake.requests;
  bench.fake.down();
  await bench.settle(60_000);
  const attempts = bench.fake.requests.watch - before.watch;
  expect(attempts).toBe(0);
  const probes = bench.fake.requests.probe - before.probe;
  expect(probes).toBeGreaterThan(5);
  expect(probes).toBeLessThan(30);
  expect(bench.watcher.getWatchCount()).toBe(200);
  expect(bench.watcher.watchStatus().every(({ state }) => state === 'retrying')).toBe(true);
  bench.fake.up();
  await bench.settle(5100);
  expect(bench.watcher.watchStatus().filter(({ state }) => state === 'live')).toHaveLength(200);
  expect(bench.fake.requests.streaming).toBe(before.streaming);
  expect(bench.fake.requests.watch - before.watch - attempts).toBeLessThanOrEqual(201);
  expect(lines).toEqual([
    'the API server cannot be reached; its watches wait until it answers',
    'the API server answers again',
  ]);
  bench.fake.put(configMap('c7'));
  await bench.settle();
  expect(bench.recorder.calls).toHaveLength(1);
});

test('an add in an outage rejects when the request time-out has passed, and leaves nothing behind', async () => {
  await using bench = await startBench();
  await bench.watcher.addWatcher(app, config);
  bench.fake.down();
  await bench.settle(5000);
  const late = bench.watcher.addWatcher(app, configMapId('other')).catch((error: object) => error);
  const unknown = bench.watcher
    .addWatcher(configMapId('b'), {
      version: 'v1',
      kind: 'Secret',
      namespace: 'default',
      name: 's',
    })
    .catch((error: object) => error);
  await bench.settle(9999);
  expect(bench.watcher.getWatchCount()).toBe(2);
  await bench.settle(2);
  const why = { code: 'ERR_TRANSPORT', retryable: true, reason: 'unreachable' };
  expect(await late).toMatchObject({ ...why, cause: { reason: 'unreachable' } });
  expect(await unknown).toMatchObject({ ...why, cause: { reason: 'unreachable' } });
  expect(bench.watcher.getWatchCount()).toBe(1);
});

test('a streaming list that is refused falls back to list and watch, and that is remembered', async () => {
  await using bench = await startBench({ enableCache: true }, [configMap('config', { a: '1' })]);
  bench.fake.refuseStreamingLists(422);
  await bench.watcher.addWatcher(app, config);
  expect(bench.watcher.getFromCache(config)).toMatchObject({ data: { a: '1' } });
  await bench.watcher.addWatcher(app, configMapId('other'));
  expect(bench.fake.requests).toMatchObject({ streaming: 1, list: 2, watch: 3 });
});

test('403 on a live watch: tried for the grace, then it ends and says why', async () => {
  await using bench = await startBench({ enableCache: true, authGraceMs: 10_000 });
  await bench.watcher.addWatcher(app, config);
  await bench.settle(2000);
  const undo = bench.fake.deny({ verbs: ['watch', 'list'], resource: 'configmaps' });
  bench.fake.closeWatches();
  await bench.settle(5000);
  expect(bench.watcher.watchStatus()).toMatchObject([
    { state: 'retrying', lastError: { code: 'ERR_FORBIDDEN' } },
  ]);
  await bench.settle(6000);
  expect(bench.recorder.calls).toEqual([{ watcher: 'app', causes: ['ended'] }]);
  expect(bench.watcher.getWatchCount()).toBe(0);
  expect(() => bench.watcher.getFromCache(config)).toThrowError(
    expect.objectContaining({ code: 'ERR_NO_CACHE_ENTRY' }),
  );
  expect(bench.watcher.watchStatus()).toMatchObject([
    { state: 'ended', watchers: [app], lastError: { code: 'ERR_FORBIDDEN' } },
  ]);
  undo();
  await bench.watcher.addWatcher(app, config);
  expect(bench.watcher.watchStatus()).toMatchObject([{ state: 'live' }]);
});

test('a kind that is deleted while watched: a delete, and back when it is back', async () => {
  await using bench = await startBench({ enableCache: true });
  const kind = { group: 'example.com', version: 'v1', kind: 'Widget', namespaced: true };
  const widget = {
    group: 'example.com',
    version: 'v1',
    kind: 'Widget',
    namespace: 'default',
    name: 'w',
  };
  const object = {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { namespace: 'default', name: 'w' },
  };
  bench.fake.registerKind(kind);
  bench.fake.put(object);
  await bench.watcher.addWatcher(app, widget);
  await bench.settle(2000);
  bench.fake.unregisterKind(kind);
  await bench.settle(2000);
  expect(bench.recorder.calls.at(-1)).toEqual({ watcher: 'app', causes: ['deleted'] });
  expect(bench.watcher.getFromCache(widget)).toBeUndefined();
  bench.fake.registerKind(kind);
  bench.fake.put(object);
  await bench.settle(31_000);
  expect(bench.recorder.calls.at(-1)).toEqual({ watcher: 'app', causes: ['added'] });
});

test('an add can be ended by its own signal', async () => {
  await using bench = await startBench();
  bench.fake.hold('watch');
  const controller = new AbortController();
  const add = bench.watcher.addWatcher(app, config, { signal: controller.signal });
  const outcome = add.catch((error: object) => error);
  await bench.settle();
  controller.abort();
  expect(await outcome).toMatchObject({ code: 'ERR_ABORTED' });
  expect(bench.watcher.getWatchCount()).toBe(0);
  expect(bench.fake.openWatches).toEqual([]);
});

test('removeWatcher ends a pending add', async () => {
  await using bench = await startBench();
  const release = bench.fake.hold('watch');
  const outcome = bench.watcher.addWatcher(app, config).catch((error: object) => error);
  await bench.settle();
  await bench.watcher.removeWatcher(app);
  expect(await outcome).toMatchObject({ code: 'ERR_ABORTED' });
  const again = bench.watcher.addWatcher(app, config);
  release();
  await again;
  expect(bench.watcher.getWatchCount()).toBe(1);
});

test('a remove that meets the very end of an add leaves no reconcile behind', async () => {
  for (let turns = 0; turns < 20; turns += 1) {
    await using bench = await startBench({}, [configMap('config')]);
    await bench.watcher.addWatcher(configMapId('other'), config);
    await bench.settle();
    const outcome = bench.watcher
      .addWatcher(app, config)
      .catch((error: { code: string }) => error.code);
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    await bench.watcher.removeWatcher(app);
    await bench.settle();
    expect([undefined, 'ERR_ABORTED']).toContain(await outcome);
    expect(bench.recorder.calls.map(({ watcher }) => watcher)).toEqual(['other']);
    expect(bench.watcher.graph().watchers).toEqual([configMapId('other')]);
  }
});

test('many watches of a kind that is gone ask the server once for all', async () => {
  await using bench = await startBench();
  const kind = { group: 'example.com', version: 'v1', kind: 'Widget', namespaced: true };
  bench.fake.registerKind(kind);
  const widgets = Array.from({ length: 100 }, (_, index) => ({
    group: 'example.com',
    version: 'v1',
    kind: 'Widget',
    namespace: 'default',
    name: `w${index}`,
  }));
  await bench.watcher.addOrUpdateWatcher(app, widgets);
  await bench.settle(2000);
  const { discover } = bench.fake.requests;
  bench.fake.unregisterKind(kind);
  const release = bench.fake.hold('discover');
  await bench.settle(10_000);
  expect(bench.fake.requests.discover - discover).toBe(1);
  bench.fake.registerKind(kind);
  release();
  await bench.settle(100);
  expect(bench.watcher.watchStatus().filter(({ state }) => state === 'live')).toHaveLength(100);
});
