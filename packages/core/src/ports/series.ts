import type { MetricLabels } from './metrics.ts';

const none: MetricLabels = {};

/** What a metric knows of each of its series, by its labels; for those who implement `Metrics`. */
export class SeriesByLabels<Series> {
  readonly #byKey = new Map<string, { readonly labels: MetricLabels; readonly series: Series }>();
  /** Who counts often has its labels made once, and then this finds the series fast. */
  readonly #byLabels = new WeakMap<MetricLabels, Series>();
  readonly #create: () => Series;
  /** Whose turn it was last is mostly whose it is next. */
  #last: { readonly labels: MetricLabels; readonly series: Series } | undefined;

  constructor(create: () => Series) {
    this.#create = create;
  }

  /** The series of these labels, made where there is none. */
  of(labels = none): Series {
    if (this.#last?.labels === labels) return this.#last.series;
    const series = this.#byLabels.get(labels) ?? this.#add(labels);
    this.#last = { labels, series };
    return series;
  }

  /** All of them, in the order in which they came. */
  all(): Iterable<{ readonly labels: MetricLabels; readonly series: Series }> {
    return this.#byKey.values();
  }

  #add(labels: MetricLabels): Series {
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
}
