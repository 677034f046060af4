import { expect, test } from 'vitest';
import { configMapId, startBench } from './harness.ts';
import { config, numbered } from './server-bench.ts';

const by = configMapId('app');
const watched = configMapId('config');

test('with settleMs, 40 changes in 1.2 s are one reconcile, 500 ms after the last of them', async () => {
  await using bench = await startBench({ settleMs: 500 }, [config('config', 'before')]);
  const { fake, recorder, watcher } = bench;
  const adding = watcher.addWatcher(by, watched);
  await bench.settle(1000);
  await adding;
  recorder.calls.length = 0;
  for (const value of numbered('v', 40)) {
    fake.put(config('config', value));
    await bench.settle(30);
  }
  await bench.settle(469);
  expect(recorder.calls).toEqual([]);
  await bench.settle(1);
  expect(recorder.calls).toEqual([{ watcher: 'app', causes: ['modified'] }]);
});

test('with settleMs, a watcher whose changes never end is reconciled every ten times that', async () => {
  await using bench = await startBench({ settleMs: 100, disableInitialReconcile: true }, [
    config('config', 'before'),
  ]);
  const adding = bench.watcher.addWatcher(by, watched);
  await bench.settle();
  await adding;
  for (let count = 0; count < 100; count += 1) {
    bench.fake.put(config('config', `${count}`));
    await bench.settle(50);
  }
  expect(bench.recorder.calls.length).toBeGreaterThanOrEqual(4);
  expect(bench.recorder.calls.length).toBeLessThanOrEqual(5);
});

test('with minIntervalMs, changes, failures and requeues start reconciles no closer than that, and no other watcher waits', async () => {
  await using bench = await startBench({ minIntervalMs: 1000 }, [config('config', 'before')]);
  const { fake, recorder, watcher } = bench;
  const starts: number[] = [];
  const others: number[] = [];
  recorder.act = ({ name }) => {
    if (name !== 'app') return void others.push(fake.clock.now());
    starts.push(fake.clock.now());
    if (starts.length === 2) throw new Error('not now');
    return starts.length === 3 ? { requeueAfterMs: 10 } : undefined;
  };
  const adding = watcher.addWatcher(by, watched);
  await bench.settle(5000);
  await adding;
  starts.length = 0;
  for (const value of numbered('v', 40)) {
    fake.put(config('config', value));
    await bench.settle(30);
  }
  watcher.enqueue(configMapId('other'));
  await bench.settle(0);
  expect(others).toHaveLength(1);
  await bench.settle(10_000);
  // A change, those of the first second (which fails), its retry with what came since, and what that asked for.
  const gaps = starts.slice(1).map((at, index) => at - starts[index]!);
  expect(gaps).toEqual([1000, 1000, 1000]);
});

test.each([
  ['minIntervalMs', -1],
  ['settleMs', Number.NaN],
])('%s: %s is refused by its name', async (option, value) => {
  await expect(startBench({ [option]: value })).rejects.toMatchObject({
    code: 'ERR_INVALID_INPUT',
    message: expect.stringContaining(option) as string,
  });
});
