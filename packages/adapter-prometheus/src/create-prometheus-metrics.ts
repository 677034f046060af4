import { defaultBuckets, knownMetrics, type MetricLabels, type Metrics } from '@depwatch/core';
import { Counter, Gauge, Histogram, type Instrument } from './instruments.ts';
import type { PrometheusRegistry } from './registry.ts';

/** Options of {@link createPrometheusMetrics}. */
export interface PrometheusMetricsOptions {
  /** Yours: `register`, or a `new Registry()`, of prom-client or of @prometheus-io/client. */
  registry: PrometheusRegistry;
  /**
   * Stands before each name, such as `shop_`. Boards and alerts that know the names find them no more, so only for a
   * registry that has metrics of these names already.
   *
   * @default none
   */
  prefix?: string;
}

/**
 * Metrics that are in your registry: each from the first time on that something is told of it. Whoever is given the same
 * registry counts in the same metrics, so call it once, or once for each dynamic watcher.
 *
 * @throws Error when the registry has a metric of somebody else's with one of the names
 */
export function createPrometheusMetrics(options: PrometheusMetricsOptions): Metrics {
  const instruments = new Instruments(options);
  return {
    count: (name, labels, by = 1) => instruments.counter(name).add(labels, by),
    gauge: (name, value, labels, signal) => instruments.gauge(name).tell(value, labels, signal),
    observe: (name, value, labels?: MetricLabels) =>
      instruments.histogram(name).observe(labels, value),
  };
}

/** What Prometheus takes for the name of a metric. */
const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** What each registry was given, by name. */
const registered = new WeakMap<PrometheusRegistry, Map<string, Instrument>>();

/** What instruments are told of themselves. */
type Named = { readonly name: string; readonly help: string };

/** The instruments of a registry, each made and registered when it is first asked for. */
class Instruments {
  readonly #registry: PrometheusRegistry;
  readonly #prefix: string;
  /** Of the registry, whoever made them, by the names that they have there. */
  readonly #all: Map<string, Instrument>;
  // By the names that they are asked for by: each reconcile asks several times.
  readonly #counters = new Map<string, Counter>();
  readonly #gauges = new Map<string, Gauge>();
  readonly #histograms = new Map<string, Histogram>();

  constructor({ registry, prefix = '' }: PrometheusMetricsOptions) {
    if (typeof registry?.registerMetric !== 'function')
      throw new TypeError('registry: expected one of prom-client or @prometheus-io/client');
    if (prefix && !metricName.test(prefix))
      throw new TypeError('prefix: expected letters, digits and underscores, such as "shop_"');
    this.#registry = registry;
    this.#prefix = prefix;
    this.#all = registered.get(registry) ?? new Map();
    registered.set(registry, this.#all);
    // A registry may have been cleared since then.
    for (const [name, instrument] of this.#all)
      if (registry.getSingleMetric(name) !== instrument) this.#all.delete(name);
    for (const name of Object.keys(knownMetrics)) this.#checkFree(prefix + name);
  }

  counter(name: string): Counter {
    return (
      this.#counters.get(name) ??
      this.#add(this.#counters, name, Counter, (options) => new Counter(options))
    );
  }

  gauge(name: string): Gauge {
    const { aggregator = 'sum' } = knownMetrics[name] ?? {};
    return (
      this.#gauges.get(name) ??
      this.#add(this.#gauges, name, Gauge, (options) => new Gauge({ ...options, aggregator }))
    );
  }

  histogram(name: string): Histogram {
    return this.#histograms.get(name) ?? this.#addHistogram(name);
  }

  #addHistogram(name: string): Histogram {
    const { buckets = defaultBuckets } = knownMetrics[name] ?? {};
    const create = (options: Named): Histogram => new Histogram({ ...options, buckets });
    return this.#add(this.#histograms, name, Histogram, create);
  }

  /** Finds what somebody else has made for the registry, or makes and registers it. */
  #add<Type extends Instrument>(
    known: Map<string, Type>,
    name: string,
    type: abstract new (...args: never) => Type,
    create: (options: Named) => Type,
  ): Type {
    const fullName = this.#prefix + name;
    if (!metricName.test(fullName)) throw new TypeError(`${fullName}: it can't be a metric's name`);
    let instrument = this.#all.get(fullName);
    if (!instrument) {
      const { help = `What depwatch calls ${name}.` } = knownMetrics[name] ?? {};
      instrument = create({ name: fullName, help });
      this.#registry.registerMetric(instrument as never);
      this.#all.set(fullName, instrument);
    }
    if (!(instrument instanceof type))
      throw new TypeError(
        `${name}: it is a ${instrument.type}, and can't be another thing as well`,
      );
    known.set(name, instrument);
    return instrument;
  }

  #checkFree(name: string): void {
    if (this.#all.has(name) || this.#registry.getSingleMetric(name) === undefined) return;
    throw new Error(
      `registry: it has a metric named ${name} already, which is not depwatch's; give a prefix, or a registry of its own`,
    );
  }
}
