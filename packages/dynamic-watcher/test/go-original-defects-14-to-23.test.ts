/* Defects of the Go library that this one re-implements, each by what must hold; 1 to 13 are in the file beside this. */
import type { KubernetesObject, ObjectIdentifier, Transport, WatchEvent } from '@depwatch/core';
import { createFakeTransport, startApiServer } from '@depwatch/testing';
import { KubeConfig } from '@kubernetes/client-node';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createDynamicWatcher } from '../src/index.ts';
import { configMap, configMapId, Recorder, startBench } from './harness.ts';

const app = configMapId('app');
const config = configMapId('config');
const everything: ObjectIdentifier = {
  version: 'v1',
  kind: 'ConfigMap',
  namespace: 'default',
  selector: 'all=yes',
};
const selected = (name: string, data: Record<string, string> = {}) =>
  configMap(name, { all: 'yes', ...data });

test('14 removing a watcher takes no time in an outage', async () => {
  await using bench = await startBench();
  for (const outageMs of [1, 300, 5_000, 120_000]) {
    await bench.watcher.addWatcher(app, config);
    bench.fake.down();
    await bench.settle(outageMs);
    expect(bench.watcher.watchStatus()).toMatchObject([{ state: 'retrying' }]);
    let removed = false;
    void bench.watcher.removeWatcher(app).then(() => (removed = true));
    await bench.settle(0);
    expect(removed).toBe(true);
    expect(bench.watcher.getWatchCount()).toBe(0);
    bench.fake.up();
    await bench.settle(5_000);
    expect(bench.fake.openWatches).toEqual([]);
    expect(bench.fake.clock.pending).toBe(0);
  }
});

test('15 as many watchers are reconciled at once as maxConcurrentReconciles says', async () => {
  for (const maxConcurrentReconciles of [undefined, 1, 4]) {
    const gate = Promise.withResolvers<void>();
    const transport = createFakeTransport();
    let running = 0;
    await using watcher = createDynamicWatcher({
      transport,
      clock: transport.clock,
      ...(maxConcurrentReconciles && { maxConcurrentReconciles }),
      reconciler: async () => {
        running += 1;
        await gate.promise;
      },
    });
    await watcher.start();
    for (let index = 0; index < 10; index += 1) watcher.enqueue(configMapId(`w${index}`));
    await transport.clock.advance(10);
    expect(running).toBe(maxConcurrentReconciles ?? 1);
    gate.resolve();
    await transport.clock.advance(10);
    expect(running).toBe(10);
  }
});

test('16 a list in its reader’s hands never changes, with unsafeDisableDeepCopy neither', async () => {
  for (const unsafeDisableDeepCopy of [false, true]) {
    await using bench = await startBench(
      { enableCache: true, objectCache: { unsafeDisableDeepCopy } },
      [selected('a', { x: '1' }), selected('b', { x: '1' })],
    );
    await bench.watcher.addWatcher(app, everything);
    const held = bench.watcher.listFromCache(everything);
    const before = structuredClone(held);
    bench.fake.put(selected('a', { x: '2' }));
    bench.fake.remove(configMapId('b'));
    bench.fake.put(selected('c'));
    await bench.settle();
    const names = bench.watcher.listFromCache(everything).map(({ metadata }) => metadata?.name);
    expect(names).toEqual(['a', 'c']);
    expect(held).toEqual(before);
  }
});

test('17 the caller’s arrays and identifiers stay as they are, and stay the caller’s', async () => {
  await using bench = await startBench();
  const node = { version: 'v1', kind: 'Node', name: 'n1', namespace: 'ignored' };
  const watched = [{ ...config }, node, { ...everything, selector: 'b=1,a=2,b=1' }];
  const watcher = { ...app };
  const before = structuredClone({ watched, watcher });
  const update = bench.watcher.addOrUpdateWatcher(watcher, watched);
  expect({ watched, watcher }).toEqual(before);
  watched[0]!.name = 'something else';
  watched.pop();
  watcher.name = 'somebody else';
  await update;
  expect(node).toEqual(before.watched[1]);
  const { watchers, watched: kept } = bench.watcher.graph();
  expect(watchers).toEqual([app]);
  expect(kept).toMatchObject([config, { kind: 'Node', name: 'n1' }, { kind: 'ConfigMap' }]);
});

test('18 an event costs no copy of the list: the others are neither read nor replaced', async () => {
  const count = 2_000;
  const fake = createFakeTransport({
    objects: Array.from({ length: count }, (_, index) => selected(`c${index}`)),
  });
  let reads = 0;
  const counted = (event: WatchEvent): WatchEvent => {
    if (event.type === 'BOOKMARK') return event;
    const { data, ...rest } = event.object as KubernetesObject & { data?: object };
    const get = (): unknown => ((reads += 1), data);
    return { ...event, object: Object.defineProperty(rest, 'data', { get, enumerable: true }) };
  };
  const transport: Transport = {
    discover: (gvk, options) => fake.discover(gvk, options),
    list: (query, options) => fake.list(query, options),
    async *watch(query, options) {
      for await (const burst of fake.watch(query, options)) yield burst.map(counted);
    },
  };
  await using watcher = createDynamicWatcher({
    transport,
    clock: fake.clock,
    reconciler: () => {},
    enableCache: true,
  });
  await watcher.start();
  await watcher.addWatcher(app, everything);
  const before = watcher.listFromCache(everything);
  expect(before).toHaveLength(count);
  reads = 0;
  for (let event = 0; event < 10; event += 1) {
    fake.put(selected('c7', { event: String(event) }));
    await fake.clock.advance(1);
  }
  const after = watcher.listFromCache(everything);
  expect(reads).toBeLessThan(100);
  expect(after.filter((object, index) => object !== before[index])).toHaveLength(1);
});

test('19 a deleted CRD and a 410 are noticed, and not asked about every second', async () => {
  await using bench = await startBench({ enableCache: true });
  const kind = { group: 'example.com', version: 'v1', kind: 'Widget' };
  const widget = { ...kind, namespace: 'default', name: 'w' };
  bench.fake.registerKind({ ...kind, namespaced: true });
  bench.fake.put({
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { namespace: 'default', name: 'w' },
  });
  await bench.watcher.addWatcher(app, widget);
  await bench.settle();
  const sent = (): number =>
    bench.fake.requests.discover + bench.fake.requests.list + bench.fake.requests.watch;
  let before = sent();
  bench.fake.unregisterKind(kind);
  await bench.settle(3_600_000);
  expect(sent() - before).toBeLessThan(3_600 / 10);
  expect(bench.recorder.calls.at(-1)).toEqual({ watcher: 'app', causes: ['deleted'] });
  expect(bench.watcher.watchStatus()).toMatchObject([
    { state: 'retrying', lastError: { code: 'ERR_NO_VERSIONED_RESOURCE' } },
  ]);
  await bench.watcher.removeWatcher(app);

  await bench.watcher.addWatcher(app, config);
  before = sent();
  const undo = bench.fake.fail({ operation: 'watch', error: { code: 410, reason: 'Expired' } });
  bench.fake.closeWatches();
  await bench.settle(3_600_000);
  expect(sent() - before).toBeLessThan(3_600 / 5);
  expect(bench.watcher.watchStatus()).toMatchObject([
    { state: 'retrying', lastError: { code: 'ERR_EXPIRED' } },
  ]);
  undo();
  await bench.settle(60_000);
  expect(bench.watcher.watchStatus()).toMatchObject([{ state: 'live' }]);
});

test('20 a reconciler that throws, whatever and however, is tried again and ends nothing', async () => {
  await using bench = await startBench();
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  onTestFinished(() => void process.off('unhandledRejection', unhandled));
  await bench.watcher.addWatcher(app, config);
  const thrown = (what: unknown): never => {
    throw what;
  };
  const failures: (() => unknown)[] = [
    () => thrown(new Error('at once')),
    () => Promise.reject(new TypeError('later')),
    () => thrown(undefined),
    () => ({ requeueAfterMs: Number.NaN }),
  ];
  bench.recorder.act = () => failures.shift()?.() as Promise<void> | undefined;
  bench.fake.put(configMap('config'));
  await bench.settle(10_000);
  expect(bench.recorder.calls.map(({ causes }) => causes)).toEqual([
    ['added'],
    ...Array.from({ length: 4 }, () => ['retry']),
  ]);
  bench.fake.put(configMap('config', { a: '1' }));
  await bench.settle();
  expect(bench.recorder.calls.at(-1)).toEqual({ watcher: 'app', causes: ['modified'] });
  expect(unhandled).not.toHaveBeenCalled();
});

test('21 a 401 that passes leaves the watch as it was', async () => {
  await using bench = await startBench();
  await bench.watcher.addWatcher(app, config);
  await bench.settle(2000);
  bench.fake.fail({ operation: 'watch', error: { code: 401 }, times: 3 });
  bench.fake.closeWatches();
  await bench.settle(1000);
  expect(bench.watcher.watchStatus()).toMatchObject([
    { state: 'retrying', lastError: { code: 'ERR_UNAUTHORIZED' } },
  ]);
  await bench.settle(29_000);
  expect(bench.watcher.watchStatus()).toMatchObject([{ state: 'live', watchers: [app] }]);
  bench.fake.put(configMap('config'));
  await bench.settle();
  expect(bench.recorder.calls).toEqual([{ watcher: 'app', causes: ['added'] }]);
});

test('22 stop cancels the calls in flight: discovery, list and watch', async () => {
  const fake = createFakeTransport();
  const inFlight = new Set<AbortSignal>();
  const during = async <R>(signal: AbortSignal, call: () => Promise<R>): Promise<R> => {
    inFlight.add(signal);
    return call().finally(() => signal.aborted || inFlight.delete(signal));
  };
  await using watcher = createDynamicWatcher({
    transport: {
      discover: (gvk, o) => during(o.signal!, () => fake.discover(gvk, o)),
      list: (query, o) => during(o.signal!, () => fake.list(query, o)),
      async *watch(query, o) {
        inFlight.add(o.signal!);
        try {
          yield* fake.watch(query, o);
        } finally {
          if (!o.signal!.aborted) inFlight.delete(o.signal!);
        }
      },
    },
    clock: fake.clock,
    reconciler: () => {},
  });
  await watcher.start();
  await watcher.addWatcher(app, config);
  fake.hold({ operation: 'discover', match: { kind: 'Secret' } });
  fake.hold({ operation: 'watch', match: { name: 'slow' } });
  fake.hold({ operation: 'list', match: { kind: 'Pod' } });
  fake.fail({ operation: 'watch', match: { kind: 'Pod' }, error: { code: 400 } });
  const pending = [{ kind: 'Secret' }, { name: 'slow' }, { kind: 'Pod' }].map((what, index) =>
    watcher
      .addWatcher(configMapId(`w${index}`), { ...config, ...what })
      .catch((error: { code: string }) => error.code),
  );
  await fake.clock.advance(100);
  const cancelled = [...inFlight];
  expect(cancelled.map(({ aborted }) => aborted)).toEqual([false, false, false, false]);
  await watcher.stop();
  expect(cancelled.map(({ aborted }) => aborted)).toEqual([true, true, true, true]);
  expect(await Promise.all(pending)).toEqual(pending.map(() => 'ERR_NOT_STARTED'));
  expect(fake.openWatches).toEqual([]);
});

test('23 a name is a name: it can’t add a condition to the field selector', async () => {
  await using server = await startApiServer();
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(server.kubeConfig);
  const recorder = new Recorder();
  await using watcher = createDynamicWatcher({ kubeConfig, reconciler: recorder });
  await watcher.start();
  const role = { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole' };
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const put = (name: string) =>
    server.objects.apply({ apiVersion, kind: 'ClusterRole', metadata: { name } });
  const hostile = ['x,metadata.name!=y', 'a=b', 'a\\,b', 'system:a,b'];
  for (const name of hostile) await watcher.addWatcher(configMapId(name), { ...role, name });
  for (const name of ['x', 'a', 'b', 'y']) put(name);
  for (const [index, name] of hostile.entries()) {
    put(name);
    await recorder.reached(index + 1);
  }
  expect(recorder.calls).toEqual(hostile.map((watcher) => ({ watcher, causes: ['added'] })));
});
