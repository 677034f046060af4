import { expect, test } from 'vitest';
import { configMap, configMapId, startBench } from './harness.ts';

const app = configMapId('app');
const config = configMapId('config');

test('a change before an enqueue is due does not take its place', async () => {
  await using bench = await startBench();
  await bench.watcher.addWatcher(app, config);
  bench.watcher.enqueue(app, { afterMs: 100 });
  bench.fake.put(configMap('config'));
  await bench.settle(50);
  expect(bench.recorder.calls).toEqual([{ watcher: 'app', causes: ['added'] }]);
  await bench.settle(50);
  expect(bench.recorder.calls.at(-1)).toEqual({ watcher: 'app', causes: ['enqueued'] });
});

test('a change before a requeue is due does not take its place', async () => {
  await using bench = await startBench();
  await bench.watcher.addWatcher(app, config);
  bench.recorder.act = () => (bench.recorder.calls.length === 1 ? { requeueAfterMs: 100 } : {});
  bench.fake.put(configMap('config'));
  await bench.settle(50);
  bench.fake.put(configMap('config', { a: '1' }));
  await bench.settle(1000);
  expect(bench.recorder.calls.map(({ causes }) => causes)).toEqual([
    ['added'],
    ['modified'],
    ['requeue'],
  ]);
});

test('a change before a retry is due does not take its place', async () => {
  await using bench = await startBench({
    rateLimiter: { when: () => 100, forget: () => {}, retries: () => 0 },
  });
  await bench.watcher.addWatcher(app, config);
  bench.recorder.act = () => {
    if (bench.recorder.calls.length === 1) throw new Error('once');
  };
  bench.fake.put(configMap('config'));
  await bench.settle(50);
  bench.fake.put(configMap('config', { a: '1' }));
  await bench.settle(1000);
  expect(bench.recorder.calls.map(({ causes }) => causes)).toEqual([
    ['added'],
    ['modified'],
    ['retry'],
  ]);
});

test('what becomes due while its watcher is reconciled is one more reconcile, with all its causes', async () => {
  await using bench = await startBench();
  await bench.watcher.addWatcher(app, config);
  const gate = Promise.withResolvers<void>();
  bench.recorder.act = () => gate.promise;
  bench.fake.put(configMap('config'));
  await bench.settle();
  bench.watcher.enqueue(app, { afterMs: 100 });
  bench.watcher.enqueue(app, { afterMs: 500 });
  await bench.settle(200);
  bench.fake.put(configMap('config', { a: '1' }));
  await bench.settle();
  gate.resolve();
  await bench.settle(1000);
  expect(bench.recorder.calls.map(({ causes }) => causes)).toEqual([
    ['added'],
    ['enqueued', 'modified'],
  ]);
  expect(bench.fake.clock.nextAt).toBeGreaterThan(bench.fake.clock.now() + 1000);
});

test('removing a watcher drops what is delayed, whatever was reconciled meanwhile', async () => {
  await using bench = await startBench();
  await bench.watcher.addWatcher(app, config);
  bench.watcher.enqueue(app, { afterMs: 100 });
  bench.fake.put(configMap('config'));
  await bench.settle();
  await bench.watcher.removeWatcher(app);
  await bench.settle(1000);
  expect(bench.recorder.calls).toEqual([{ watcher: 'app', causes: ['added'] }]);
  expect(bench.fake.clock.pending).toBe(0);
});
