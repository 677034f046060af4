import { knownMetrics, type MetricLabels, type Metrics } from '@depwatch/core';
import { createFakeTransport } from '@depwatch/testing';
import { expect, test } from 'vitest';
import {
  createDynamicWatcher,
  createReconcileGroup,
  type DynamicWatcherSettings,
} from '../src/index.ts';
import { configMap, configMapId, startBench, type Bench } from './harness.ts';

/** Series by what Prometheus calls them; gauges as they are when looked at. */
class RecordedMetrics implements Metrics {
  readonly counts = new Map<string, number>();
  readonly observed = new Map<string, number[]>();
  readonly #gauges = new Map<string, Set<() => number>>();

  count(name: string, labels?: MetricLabels, by = 1): void {
    const key = series(name, labels);
    this.counts.set(key, (this.counts.get(key) ?? 0) + by);
  }

  gauge(
    name: string,
    value: number | (() => number),
    labels?: MetricLabels,
    signal?: AbortSignal,
  ): void {
    const readers = this.#gauges.get(series(name, labels)) ?? new Set();
    this.#gauges.set(series(name, labels), readers);
    const read = typeof value === 'function' ? value : (): number => value;
    readers.add(read);
    signal?.addEventListener('abort', () => readers.delete(read));
  }

  observe(name: string, value: number, labels?: MetricLabels): void {
    const key = series(name, labels);
    const values = this.observed.get(key) ?? [];
    this.observed.set(key, values);
    values.push(value);
  }

  /** A gauge; undefined where nobody tells it. */
  read(name: string): number | undefined {
    const readers = [...(this.#gauges.get(name) ?? [])];
    return readers.length > 0 ? readers.reduce((sum, read) => sum + read(), 0) : undefined;
  }

  /** All that was ever told. */
  get series(): readonly string[] {
    return [...this.counts.keys(), ...this.observed.keys(), ...this.#gauges.keys()].toSorted();
  }
}

function series(name: string, labels: MetricLabels = {}): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
  return pairs.length > 0 ? `${name}{${pairs.join()}}` : name;
}

const sleep = ({ fake }: Bench, ms: number): Promise<void> =>
  new Promise((resolve) => fake.clock.setTimeout(resolve, ms));

const app = configMapId('app');
const config = configMapId('config');
const runtime = 'controller_runtime_';

const start = async (settings: Partial<DynamicWatcherSettings> = {}) => {
  const metrics = new RecordedMetrics();
  return { metrics, bench: await startBench({ metrics, ...settings }) };
};

test('of the many that are reconciled, it shows how many fail', async () => {
  const { metrics, bench } = await start({ name: 'apps' });
  await using _ = bench;
  const failing = () => metrics.read('depwatch_watchers_failing{controller="apps"}');
  const [one, two] = [configMapId('one'), configMapId('two')];
  for (const watcher of [app, one, two]) await bench.watcher.addWatcher(watcher, config);
  expect(failing()).toBe(0);
  let fails = [one.name, two.name];
  bench.recorder.act = ({ name }) => {
    if (fails.includes(name)) throw new Error('not yet');
  };
  bench.fake.put(configMap('config'));
  await bench.settle(5000);
  expect(failing()).toBe(2);
  await bench.watcher.removeWatcher(two);
  expect(failing()).toBe(1);
  fails = [];
  await bench.settle(60_000);
  expect(failing()).toBe(0);
});

test('reconciles are counted by what they come to, and timed in seconds', async () => {
  const { metrics, bench } = await start({ name: 'apps' });
  await using _ = bench;
  const total = (result: string) =>
    metrics.counts.get(`${runtime}reconcile_total{controller="apps",result="${result}"}`);
  expect([total('success'), total('error'), total('requeue_after')]).toEqual([0, 0, 0]);
  await bench.watcher.addWatcher(app, config);
  const outcomes = [
    () => {
      throw new Error('not yet');
    },
    () => ({ requeueAfterMs: 60_000 }),
    () => sleep(bench, 2000),
  ];
  bench.recorder.act = async () => outcomes.shift()!();
  bench.fake.put(configMap('config'));
  await bench.settle(100);
  await bench.settle(61_000);
  const labels = '{controller="apps"}';
  expect(metrics.read(`${runtime}active_workers${labels}`)).toBe(1);
  await bench.settle(2000);
  expect([total('success'), total('error'), total('requeue_after')]).toEqual([1, 1, 1]);
  expect(metrics.counts.get(`${runtime}reconcile_errors_total${labels}`)).toBe(1);
  expect(metrics.observed.get(`${runtime}reconcile_time_seconds${labels}`)).toEqual([0, 0, 2]);
  expect(metrics.read(`${runtime}active_workers${labels}`)).toBe(0);
  expect(metrics.read(`${runtime}max_concurrent_reconciles${labels}`)).toBe(1);
});

test('a reconcile that takes too long is counted as such once', async () => {
  const { metrics, bench } = await start({ reconcileTimeoutMs: 1000 });
  await using _ = bench;
  bench.recorder.act = () => sleep(bench, 5000);
  bench.watcher.enqueue(app);
  await bench.settle(1001);
  const name = `${runtime}reconcile_timeouts_total{controller="depwatch"}`;
  expect(metrics.counts.get(name)).toBe(1);
  await bench.settle(4000);
  expect(metrics.counts.get(name)).toBe(1);
});

test('watches are shown by their state, one that serves many once, and what is watched by what serves it', async () => {
  const { metrics, bench } = await start({ unavailable: 'wait', watchPlan: 'shared' });
  await using _ = bench;
  const watches = (state: string) => metrics.read(`depwatch_watches{state="${state}"}`);
  const served = (by: string) => metrics.read(`depwatch_watched{served_by="${by}"}`);
  const missing = {
    group: 'example.com',
    version: 'v1',
    kind: 'Widget',
    namespace: 'a',
    name: 'w',
  };
  const all = [...['a', 'b', 'c'].map((name) => configMapId(name)), missing];
  await bench.wait(bench.watcher.addOrUpdateWatcher(app, all));
  await bench.settle(5000);
  expect([watches('live'), watches('pending'), watches('retrying')]).toEqual([1, 1, 0]);
  expect([served('namespace'), served('kind'), served('none')]).toEqual([3, 0, 1]);
  bench.fake.down();
  await bench.settle(1000);
  expect([watches('live'), watches('retrying')]).toEqual([0, 1]);
  await bench.watcher.removeWatcher(app);
  expect([watches('live'), watches('retrying'), watches('pending')]).toEqual([0, 0, 0]);
});

test('ten thousand objects make no series of their own', async () => {
  const { metrics, bench } = await start();
  await using _ = bench;
  const names = Array.from({ length: 10_000 }, (__, index) => `object-${index}`);
  const run = async (some: readonly string[]): Promise<void> => {
    let failures = 10;
    bench.recorder.act = (__, { attempt }) => {
      if (attempt === 1 && failures-- > 0) throw new Error('once');
    };
    const adds = some.map((name) =>
      bench.watcher.addWatcher(configMapId(`of-${name}`), configMapId(name)),
    );
    await bench.settle(5000);
    await Promise.all(adds);
    for (const name of some) bench.fake.put(configMap(name));
    await bench.settle(5000);
  };
  await run(names.slice(0, 100));
  const before = metrics.series;
  await run(names.slice(100));
  expect(metrics.series).toEqual(before);
  expect(metrics.series.filter((one) => one.includes('object-'))).toEqual([]);
  expect(bench.recorder.calls.length).toBeGreaterThan(10_000);
});

test('all that is told is known to core, with help and the type that it is told as', async () => {
  const { metrics, bench } = await start();
  await using _ = bench;
  await bench.watcher.addWatcher(app, config);
  bench.fake.breakWatches();
  await bench.settle(2000);
  for (const one of metrics.series) {
    const name = one.replace(/\{.*/, '');
    const type = metrics.counts.has(one)
      ? 'counter'
      : metrics.observed.has(one)
        ? 'histogram'
        : 'gauge';
    expect(knownMetrics[name]?.type, name).toBe(type);
  }
});

test('what has stopped is read no more, and a group has a name of its own', async () => {
  const metrics = new RecordedMetrics();
  const group = createReconcileGroup({ reconciler() {}, metrics, name: 'both' });
  const { bench } = await start({ metrics });
  expect(metrics.read('workqueue_depth{name="both",controller="both"}')).toBe(0);
  expect(metrics.read('depwatch_watches{state="live"}')).toBe(0);
  await bench.watcher[Symbol.asyncDispose]();
  expect(metrics.read('depwatch_watches{state="live"}')).toBeUndefined();
  expect(metrics.read('workqueue_depth{name="depwatch",controller="depwatch"}')).toBeUndefined();
  expect(metrics.read(`${runtime}active_workers{controller="depwatch"}`)).toBeUndefined();
  expect(metrics.read('workqueue_depth{name="both",controller="both"}')).toBe(0);
  await group[Symbol.asyncDispose]();
  expect(metrics.read('workqueue_depth{name="both",controller="both"}')).toBeUndefined();
});

test.each(['a dynamic watcher', 'a group'])(
  'a reconcile that hangs is shown until %s has stopped, and no longer',
  async (whose) => {
    const metrics = new RecordedMetrics();
    const hang = Promise.withResolvers<void>();
    const transport = createFakeTransport();
    const { clock } = transport;
    const settings = { metrics, clock, name: 'apps', stopTimeoutMs: 5000 };
    const reconciler = (): Promise<void> => hang.promise;
    const group =
      whose === 'a group' ? createReconcileGroup({ ...settings, reconciler }) : undefined;
    await using watcher = createDynamicWatcher({
      transport,
      ...(group ? { clock, reconcileGroup: group } : { ...settings, reconciler }),
    });
    await watcher.start();
    watcher.enqueue(app);
    await clock.advance(1);
    const gauges = [
      'workqueue_unfinished_work_seconds{name="apps",controller="apps"}',
      'workqueue_longest_running_processor_seconds{name="apps",controller="apps"}',
      `${runtime}active_workers{controller="apps"}`,
    ];
    const { stopped } = group ?? watcher;
    await (group ?? watcher).stop();
    await clock.advance(4999);
    for (const gauge of gauges) expect(metrics.read(gauge), gauge).toBeGreaterThan(0);
    await clock.advance(1);
    await stopped;
    for (const gauge of gauges) expect(metrics.read(gauge), gauge).toBeUndefined();
    hang.resolve();
  },
);
