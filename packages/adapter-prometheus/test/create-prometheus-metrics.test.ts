import { knownMetrics } from '@depwatch/core';
import * as prometheusIo from '@prometheus-io/client';
import * as promClient from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createPrometheusMetrics, type Metrics } from '../src/index.ts';

const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

const libraries = [
  {
    library: 'prom-client',
    Registry: promClient.Registry,
    Counter: promClient.Counter,
    AggregatorRegistry: promClient.AggregatorRegistry,
  },
  {
    library: '@prometheus-io/client',
    Registry: prometheusIo.Registry as unknown as typeof promClient.Registry,
    Counter: prometheusIo.Counter as unknown as typeof promClient.Counter,
    AggregatorRegistry:
      prometheusIo.AggregatorRegistry as unknown as typeof promClient.AggregatorRegistry,
  },
];

/** The lines of a text that aren't comments, in order. */
const samples = (text: string) => text.split('\n').filter((line) => line && !line.startsWith('#'));

it('takes the registries of both libraries as they are', () => {
  createPrometheusMetrics({ registry: new promClient.Registry() });
  createPrometheusMetrics({ registry: new prometheusIo.Registry() });
  createPrometheusMetrics({ registry: promClient.register });
});

describe.each(libraries)(
  'with a registry of $library',
  ({ Registry, Counter, AggregatorRegistry }) => {
    const create = (prefix?: string): { registry: promClient.Registry; metrics: Metrics } => {
      const registry = new Registry();
      return {
        registry,
        metrics: createPrometheusMetrics({ registry, ...(prefix && { prefix }) }),
      };
    };

    it('has counters by their labels, whatever object these come in and in whatever order', async () => {
      const { registry, metrics } = create();
      const labels = { controller: 'app', result: 'error' };
      metrics.count('controller_runtime_reconcile_total', labels);
      metrics.count('controller_runtime_reconcile_total', labels, 2);
      metrics.count('controller_runtime_reconcile_total', { result: 'error', controller: 'app' });
      metrics.count('controller_runtime_reconcile_total', { ...labels, result: 'success' }, 0);
      expect(await registry.getSingleMetricAsString('controller_runtime_reconcile_total')).toBe(
        [
          '# HELP controller_runtime_reconcile_total Reconciles that have ended, by what they came to: success, error, requeue_after.',
          '# TYPE controller_runtime_reconcile_total counter',
          'controller_runtime_reconcile_total{controller="app",result="error"} 4',
          'controller_runtime_reconcile_total{controller="app",result="success"} 0',
        ].join('\n'),
      );
    });

    it('has histograms with the buckets that are known, each with all below it', async () => {
      const { registry, metrics } = create();
      const labels = { name: 'q' };
      for (const seconds of [0.002, 0.002, 0.1, 5000])
        metrics.observe('workqueue_work_duration_seconds', seconds, labels);
      const name = 'workqueue_work_duration_seconds';
      const lines = samples(await registry.metrics());
      expect(lines).toHaveLength(15);
      const bucketsOf = (le: string) =>
        Number(lines.find((line) => line.includes(`le="${le}"`))!.split(' ')[1]);
      expect(['1e-8', '0.001', '0.01', '0.1', '1000', '+Inf'].map(bucketsOf)).toEqual([
        0, 0, 2, 3, 3, 4,
      ]);
      expect(lines).toContain(`${name}_sum{name="q"} 5000.104`);
      expect(lines).toContain(`${name}_count{name="q"} 4`);
    });

    it('reads gauges when they are looked at: sums, of the longest the longest, of what is over nothing', async () => {
      const { registry, metrics } = create();
      const [first, second] = [new AbortController(), new AbortController()];
      const longest = 'workqueue_longest_running_processor_seconds';
      let depth = 1;
      for (const { signal } of [first, second]) {
        metrics.gauge('workqueue_depth', () => depth, { name: 'q' }, signal);
        metrics.gauge(longest, () => (signal === first.signal ? 7 : 5), {}, signal);
      }
      expect(samples(await registry.metrics())).toEqual([
        'workqueue_depth{name="q"} 2',
        `${longest} 7`,
      ]);
      depth = 20;
      first.abort();
      expect(samples(await registry.metrics())).toEqual([
        'workqueue_depth{name="q"} 20',
        `${longest} 5`,
      ]);
      second.abort();
      expect(samples(await registry.metrics())).toEqual([]);
    });

    it('has gauges that were set, and hides nothing for one that cannot be read', async () => {
      const { registry, metrics } = create();
      metrics.gauge('leader_election_master_status', 1, { name: 'lease' });
      metrics.gauge('leader_election_master_status', 0, { name: 'lease' });
      metrics.gauge('workqueue_depth', () => {
        throw new Error('not today');
      });
      expect(samples(await registry.metrics())).toEqual([
        'leader_election_master_status{name="lease"} 0',
      ]);
    });

    it('speaks OpenMetrics', async () => {
      const { registry, metrics } = create();
      registry.setContentType(openMetrics as never);
      metrics.count('workqueue_adds_total', { name: 'q' });
      metrics.gauge('workqueue_depth', 3, { name: 'q' });
      const text = await registry.metrics();
      expect(text).toContain('# TYPE workqueue_adds counter\nworkqueue_adds_total{name="q"} 1\n');
      expect(text).toContain('workqueue_depth{name="q"} 3\n');
      expect(text.endsWith('# EOF\n')).toBe(true);
      expect(await registry.metrics()).toBe(text);
    });

    it('gives itself as JSON, and as one metric among others', async () => {
      const { registry, metrics } = create();
      registry.setDefaultLabels({ app: 'shop' });
      metrics.count('workqueue_adds_total', { name: 'q' });
      const json = await registry.getMetricsAsJSON();
      expect(json.filter(({ name }) => name === 'workqueue_adds_total')).toMatchObject([
        {
          name: 'workqueue_adds_total',
          type: 'counter',
          aggregator: 'sum',
          values: [{ value: 1, labels: { name: 'q', app: 'shop' } }],
        },
      ]);
      expect(await registry.getSingleMetricAsString('workqueue_adds_total')).toContain(' 1');
      registry.resetMetrics();
      expect(samples(await registry.metrics())).toEqual([
        'workqueue_adds_total{name="q",app="shop"} 0',
      ]);
    });

    it('is shared by all who are given the registry, with or without a prefix', async () => {
      const { registry, metrics } = create();
      createPrometheusMetrics({ registry }).count('workqueue_adds_total');
      metrics.count('workqueue_adds_total');
      createPrometheusMetrics({ registry, prefix: 'shop_' }).count('workqueue_adds_total');
      expect(samples(await registry.metrics())).toEqual([
        'workqueue_adds_total 2',
        'shop_workqueue_adds_total 1',
      ]);
    });

    it('goes on after the registry was cleared and it was made anew, for whoever had it before, too', async () => {
      const { registry, metrics } = create();
      const hits = new AbortController();
      metrics.count('workqueue_adds_total');
      metrics.count('shop_orders_total');
      metrics.gauge('workqueue_depth', () => 3, { name: 'q' }, hits.signal);
      registry.clear();
      const again = createPrometheusMetrics({ registry });
      for (const each of [metrics, again]) each.count('workqueue_adds_total');
      again.count('shop_orders_total');
      expect(samples(await registry.metrics())).toEqual([
        'workqueue_depth{name="q"} 3',
        'workqueue_adds_total 2',
        'shop_orders_total 1',
      ]);
    });

    it('goes on after that in OpenMetrics, too', async () => {
      const { registry, metrics } = create();
      registry.setContentType(openMetrics as never);
      metrics.count('workqueue_adds_total');
      await registry.metrics();
      registry.clear();
      createPrometheusMetrics({ registry });
      metrics.count('workqueue_adds_total');
      createPrometheusMetrics({ registry }).count('workqueue_adds_total');
      expect(samples(await registry.metrics())).toEqual(['workqueue_adds_total 2']);
    });

    it("refuses a registry that has one of the names for another one's metric", () => {
      const registry = new Registry();
      new Counter({ name: 'workqueue_adds_total', help: 'mine', registers: [registry] });
      expect(() => createPrometheusMetrics({ registry })).toThrow(/workqueue_adds_total.*prefix/);
      // What it refuses stays as it was.
      expect(registry.getMetricsAsArray()).toHaveLength(1);
      createPrometheusMetrics({ registry, prefix: 'shop_' });
    });

    it.each(Object.keys(knownMetrics))(
      'who takes %s for a metric of theirs afterwards is told at once, and depwatch still counts',
      async (name) => {
        const { registry, metrics } = create();
        const mine = () => new Counter({ name, help: 'mine', registers: [registry] });
        expect(mine).toThrow(name);
        const { type } = knownMetrics[name]!;
        if (type === 'counter') metrics.count(name);
        if (type === 'gauge') metrics.gauge(name, 1);
        if (type === 'histogram') metrics.observe(name, 1);
        const [only] = samples(await registry.metrics());
        expect(only).toMatch(new RegExp(`^${name}`));
      },
    );

    it('says so where a name of yours has been taken meanwhile', () => {
      const { registry, metrics } = create();
      new Counter({ name: 'shop_orders_total', help: 'mine', registers: [registry] });
      const verbs = [
        () => metrics.count('shop_orders_total'),
        () => metrics.gauge('shop_orders_total', 1),
        () => metrics.observe('shop_orders_total', 1),
      ];
      for (const verb of verbs) expect(verb).toThrow(/shop_orders_total.*prefix/);
    });

    it('is in several registries, each for itself', async () => {
      const [one, other] = [create(), create()];
      one.metrics.count('workqueue_adds_total');
      other.metrics.count('workqueue_adds_total', {}, 2);
      expect(samples(await one.registry.metrics())).toEqual(['workqueue_adds_total 1']);
      expect(samples(await other.registry.metrics())).toEqual(['workqueue_adds_total 2']);
    });

    it('is one over the processes of a cluster: sums, of the longest the longest', async () => {
      const workers = [create(), create()];
      for (const [index, { metrics }] of workers.entries()) {
        metrics.count('workqueue_adds_total', { name: 'q' });
        metrics.gauge('workqueue_longest_running_processor_seconds', () => 5 + index, {
          name: 'q',
        });
        metrics.observe('workqueue_work_duration_seconds', 0.002, { name: 'q' });
      }
      const told = await Promise.all(workers.map(({ registry }) => registry.getMetricsAsJSON()));
      const text = await AggregatorRegistry.aggregate(told as never).metrics();
      expect(samples(text)).toEqual(
        expect.arrayContaining([
          'workqueue_adds_total{name="q"} 2',
          'workqueue_longest_running_processor_seconds{name="q"} 6',
          'workqueue_work_duration_seconds_bucket{name="q",le="0.01"} 2',
          'workqueue_work_duration_seconds_count{name="q"} 2',
        ]),
      );
    });

    it('takes names that it does not know', async () => {
      const { registry, metrics } = create();
      metrics.count('shop_orders_total', { state: 'a"b\\c\nd' });
      metrics.observe('shop_wait_seconds', 2);
      const text = await registry.metrics();
      expect(text).toContain('# TYPE shop_orders_total counter');
      expect(text).toContain('shop_orders_total{state="a\\"b\\\\c\\nd"} 1');
      expect(text).toContain('shop_wait_seconds_bucket{le="2.5"} 1');
    });

    it('makes no metric two things, and none of a name that is none', () => {
      const { metrics } = create();
      metrics.count('workqueue_adds_total');
      expect(() => metrics.observe('workqueue_adds_total', 1)).toThrow(/counter/);
      expect(() => metrics.count('no name')).toThrow(/no name/);
      expect(() => create('9')).toThrow(/^prefix: /);
    });
  },
);

it('says what it expects in place of what is no registry', () => {
  for (const registry of [undefined, {}, 'register'])
    expect(() => createPrometheusMetrics({ registry } as never)).toThrow(/^registry: /);
});
