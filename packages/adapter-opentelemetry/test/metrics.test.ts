import { createDynamicWatcher } from '@depwatch/dynamic-watcher';
import { createFakeTransport } from '@depwatch/testing';
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type HistogramMetricData,
} from '@opentelemetry/sdk-metrics';
import { expect, it, onTestFinished } from 'vitest';
import { createOpenTelemetry } from '../src/index.ts';

/** An adapter whose metrics are read at once. */
function startMeter() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1e8 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  onTestFinished(() => meterProvider.shutdown());
  const read = async () => {
    exporter.reset();
    await reader.forceFlush();
    const all = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
    const metrics = all.flatMap((scope) => scope.metrics);
    return new Map(metrics.map((metric) => [metric.descriptor.name, metric]));
  };
  return { metrics: createOpenTelemetry({ meterProvider }).metrics, read };
}

it('counts, observes and reads gauges by the names and units of Prometheus', async () => {
  const { metrics, read } = startMeter();
  const labels = { controller: 'app' };
  metrics.count('controller_runtime_reconcile_errors_total', labels);
  metrics.count('controller_runtime_reconcile_errors_total', labels, 2);
  metrics.observe('controller_runtime_reconcile_time_seconds', 0.3, labels);
  const [first, second] = [new AbortController(), new AbortController()];
  for (const { signal } of [first, second])
    metrics.gauge('workqueue_depth', () => 2, labels, signal);
  metrics.gauge('leader_election_master_status', 1);
  const seen = await read();
  const valueOf = (from: typeof seen, name: string) =>
    from.get(name)?.dataPoints.map(({ value }) => value);
  expect(valueOf(seen, 'controller_runtime_reconcile_errors_total')).toEqual([3]);
  expect(valueOf(seen, 'workqueue_depth')).toEqual([4]);
  expect(valueOf(seen, 'leader_election_master_status')).toEqual([1]);
  const time = seen.get('controller_runtime_reconcile_time_seconds') as HistogramMetricData;
  expect(time.dataPointType).toBe(DataPointType.HISTOGRAM);
  expect(time.descriptor).toMatchObject({ unit: 's', description: 'How long reconciles took.' });
  expect(time.dataPoints[0]!.value.buckets.boundaries.slice(0, 3)).toEqual([0.005, 0.01, 0.025]);
  first.abort();
  expect(valueOf(await read(), 'workqueue_depth')).toEqual([2]);
  second.abort();
  expect(valueOf(await read(), 'workqueue_depth')).toEqual([0]);
});

it('tells of a dynamic watcher', async () => {
  const { metrics, read } = startMeter();
  const fake = createFakeTransport();
  await using watcher = createDynamicWatcher({
    transport: fake,
    clock: fake.clock,
    metrics,
    reconciler() {},
  });
  await watcher.start();
  watcher.enqueue({ version: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'app' });
  await fake.clock.advance(10);
  const total = (await read()).get('controller_runtime_reconcile_total')!;
  expect(total.dataPoints.find(({ attributes }) => attributes['result'] === 'success')?.value).toBe(
    1,
  );
});
