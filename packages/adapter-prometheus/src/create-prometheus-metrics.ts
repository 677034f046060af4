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
 * Metrics that are in your registry, under the names of `knownMetrics` from now on, and under others from the first time on that
 * something is told of them. Whoever is given the same registry counts in the same metrics, so call it once, or once for each
 * dynamic watcher; and once more after the registry was cleared, from when on all count again.
 *
 * @throws Error when the registry has a metric of somebody else's with one of the names; a name that is not known throws so when
 * it is told of
 */
export function createPrometheusMetrics(options: PrometheusMetricsOptions): Metrics {
  const instruments = new Instruments(options);
  return {
    count: (name, labels, by = 1) => instruments.of(name, 'counter').add(labels, by),
    gauge: (name, value, labels, signal) =>
      instruments.of(name, 'gauge').tell(value, labels, signal),
    observe: (name, value, labels?: MetricLabels) =>
      instruments.of(name, 'histogram').observe(labels, value),
  };
}

/** What Prometheus takes for the name of a metric. */
const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** What each registry was given, by name. */
const given = new WeakMap<PrometheusRegistry, Map<string, Instrument>>();

type Type = Instrument['type'];
type OfType<T extends Type> = Extract<Instrument, { readonly type: T }>;

/** The instruments of a registry. */
class Instruments {
  readonly #registry: PrometheusRegistry;
  readonly #prefix: string;
  /** Of the registry, whoever made them, by the names that they have there. */
  readonly #all: Map<string, Instrument>;
  /** By the names that they are asked for by: each reconcile asks several times. */
  readonly #asked = new Map<string, Instrument>();

  constructor({ registry, prefix = '' }: PrometheusMetricsOptions) {
    if (typeof registry?.registerMetric !== 'function')
      throw new TypeError('registry: expected one of prom-client or @prometheus-io/client');
    if (prefix && !metricName.test(prefix))
      throw new TypeError('prefix: expected letters, digits and underscores, such as "shop_"');
    this.#registry = registry;
    this.#prefix = prefix;
    this.#all = given.get(registry) ?? new Map();
    given.set(registry, this.#all);
    // All at once: a name that somebody else took meanwhile could be told to nobody while work is done.
    const known = Object.entries(knownMetrics);
    for (const [name] of known) this.#checkFree(prefix + name);
    for (const [name, { type }] of known) this.of(name, type);
  }

  /** @throws TypeError for one that is of another type */
  of<T extends Type>(name: string, type: T): OfType<T> {
    const instrument = this.#asked.get(name) ?? this.#add(name, type);
    if (instrument.type === type) return instrument as OfType<T>;
    throw new TypeError(`${name}: it is a ${instrument.type}, and can't be another thing as well`);
  }

  /** Finds what somebody else has made for the registry, or makes it, and sees to it that the registry has it. */
  #add(name: string, type: Type): Instrument {
    const fullName = this.#prefix + name;
    if (!metricName.test(fullName)) throw new TypeError(`${fullName}: it can't be a metric's name`);
    this.#checkFree(fullName);
    const before = this.#all.get(fullName);
    const instrument = before ?? create(type, name, fullName);
    if (this.#registry.getSingleMetric(fullName) !== instrument) {
      // The registry was cleared since then, and may have had it under another name: see `RegisteredMetric`.
      before?.reset();
      instrument.name = fullName;
      this.#registry.registerMetric(instrument as never);
      this.#all.set(fullName, instrument);
    }
    this.#asked.set(name, instrument);
    return instrument;
  }

  #checkFree(name: string): void {
    const there = this.#registry.getSingleMetric(name);
    if (there === undefined || there === this.#all.get(name)) return;
    throw new Error(
      `registry: it has a metric named ${name} already, which is not depwatch's; give a prefix, or a registry of its own`,
    );
  }
}

function create(type: Type, name: string, fullName: string): Instrument {
  const {
    help = `What depwatch calls ${name}.`,
    aggregator = 'sum',
    buckets = defaultBuckets,
  } = knownMetrics[name] ?? {};
  const options = { name: fullName, help };
  if (type === 'counter') return new Counter(options);
  return type === 'gauge'
    ? new Gauge({ ...options, aggregator })
    : new Histogram({ ...options, buckets });
}
