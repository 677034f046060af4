import type { MetricLabels } from './metrics.ts';

const none: MetricLabels = {};

/** What a metric knows of each of its series, by its labels; for those who implement `Metrics`. */
export class SeriesByLabels<Series> {
  readonly #byKey = new Map<string, { readonly labels: MetricLabels; readonly series: Series }>();
  /** Who counts often has its labels made once, and then this finds the series fast. */
  readonly #byLabels = new WeakMap<MetricLabels, Series>();
  readonly #create: () => Series;

  constructor(create: () => Series) {
    this.#create = create;
  }

  /** The series of these labels, made where there is none. */
  of(labels = none): Series {
    const known = this.#byLabels.get(labels);
    if (known !== undefined) return known;
    const names = Object.keys(labels).toSorted();
    const key = JSON.stringify(names.map((name) => [name, labels[name]]));
    let entry = this.#byKey.get(key);
    if (!entry) {
      entry = { labels: { ...labels }, series: this.#create() };
      this.#byKey.set(key, entry);
    }
    this.#byLabels.set(labels, entry.series);
    return entry.series;
  }

  /** All of them, in the order in which they came. */
  all(): Iterable<{ readonly labels: MetricLabels; readonly series: Series }> {
    return this.#byKey.values();
  }
}
