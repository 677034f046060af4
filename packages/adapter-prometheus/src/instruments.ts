import { GaugeLevels, SeriesByLabels, type MetricLabels } from '@depwatch/core';
import type { CollectedMetric, CollectedValue, RegisteredMetric } from './registry.ts';

/** What all instruments are made of. */
export interface InstrumentOptions {
  readonly name: string;
  readonly help: string;
}

/** A metric as a registry knows it: without the classes of its library, whichever that is. */
abstract class Base implements RegisteredMetric {
  name: string;
  readonly help: string;
  abstract readonly type: RegisteredMetric['type'];
  readonly aggregator: 'sum' | 'max' = 'sum';

  constructor({ name, help }: InstrumentOptions) {
    this.name = name;
    this.help = help;
  }

  async get(): Promise<CollectedMetric> {
    const { name, help, type, aggregator } = this;
    return { name, help, type, aggregator, values: [...this.values()] };
  }

  abstract reset(): void;
  protected abstract values(): Iterable<CollectedValue>;
}

/** Counts up. */
export class Counter extends Base {
  readonly type = 'counter';
  readonly #series = new SeriesByLabels(() => ({ value: 0 }));

  add(labels: MetricLabels | undefined, by: number): void {
    this.#series.of(labels).value += by;
  }

  reset(): void {
    for (const { series } of this.#series.all()) series.value = 0;
  }

  protected *values(): Iterable<CollectedValue> {
    for (const { labels, series } of this.#series.all()) yield { labels, value: series.value };
  }
}

/** Goes up and down: set, or read when somebody looks. */
export class Gauge extends Base {
  readonly type = 'gauge';
  override readonly aggregator: 'sum' | 'max';
  readonly #levels: GaugeLevels;

  constructor(options: InstrumentOptions & { readonly aggregator: 'sum' | 'max' }) {
    super(options);
    this.aggregator = options.aggregator;
    this.#levels = new GaugeLevels(options.aggregator);
  }

  tell(...what: Parameters<GaugeLevels['tell']>): void {
    this.#levels.tell(...what);
  }

  reset(): void {
    this.#levels.reset();
  }

  protected *values(): Iterable<CollectedValue> {
    for (const { labels, value } of this.#levels.read())
      if (value !== undefined) yield { labels, value };
  }
}

/** Sorts observations into buckets. */
export class Histogram extends Base {
  readonly type = 'histogram';
  readonly #bounds: readonly number[];
  /** The last bucket is for what is above all bounds. */
  readonly #series = new SeriesByLabels(() => ({
    sum: 0,
    buckets: this.#bounds.map(() => 0).concat(0),
  }));

  constructor(options: InstrumentOptions & { readonly buckets: readonly number[] }) {
    super(options);
    this.#bounds = options.buckets;
  }

  observe(labels: MetricLabels | undefined, value: number): void {
    const series = this.#series.of(labels);
    series.sum += value;
    series.buckets[firstAtLeast(this.#bounds, value)]! += 1;
  }

  reset(): void {
    for (const { series } of this.#series.all()) {
      series.sum = 0;
      series.buckets.fill(0);
    }
  }

  protected *values(): Iterable<CollectedValue> {
    const { name } = this;
    for (const { labels, series } of this.#series.all()) {
      let count = 0;
      for (const [index, inBucket] of series.buckets.entries()) {
        count += inBucket;
        const le = this.#bounds[index] ?? '+Inf';
        yield { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count };
      }
      yield { metricName: `${name}_sum`, labels, value: series.sum };
      yield { metricName: `${name}_count`, labels, value: count };
    }
  }
}

/** Any of them. */
export type Instrument = Counter | Gauge | Histogram;

/** The index of the first bound that is no less than a value; their number where there is none. */
function firstAtLeast(bounds: readonly number[], value: number): number {
  let [low, high] = [0, bounds.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bounds[middle]! >= value) high = middle;
    else low = middle + 1;
  }
  return low;
}
