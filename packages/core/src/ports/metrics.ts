/** What tells one series of a metric from another. Values are bounded words (a kind, a state), never object names. */
export type MetricLabels = { readonly [name: string]: string };

/**
 * Where depwatch counts what it does; three verbs that map onto any metrics library. Names and units are Prometheus': base
 * units (seconds), and `_total` behind a counter. `knownMetrics` says what each name means.
 */
export interface Metrics {
  /** Adds `by` (default 1) to a counter; with 0 it is there from then on. */
  count(name: string, labels?: MetricLabels, by?: number): void;
  /**
   * Sets a gauge; or, given a function, has it read whenever somebody looks at the metrics. What several functions give for
   * the same name and labels adds up, so two dynamic watchers of one process show as one.
   *
   * @param signal ends the reading when it is aborted
   */
  gauge(
    name: string,
    value: number | (() => number),
    labels?: MetricLabels,
    signal?: AbortSignal,
  ): void;
  /** Adds one observation to a histogram; durations are in seconds, and such a name ends in `_seconds`. */
  observe(name: string, value: number, labels?: MetricLabels): void;
}

const ignore = (): void => {};

/** The default metrics: counts nothing. */
export const noMetrics: Metrics = { count: ignore, gauge: ignore, observe: ignore };
