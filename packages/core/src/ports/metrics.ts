/** What tells one series of a metric from another. Values are bounded words (a kind, a state), never object names. */
export type MetricLabels = { readonly [name: string]: string };

/** Where depwatch counts what it does; three verbs that map onto any metrics library. */
export interface Metrics {
  /** Adds `by` (default 1) to a counter. */
  count(name: string, labels?: MetricLabels, by?: number): void;
  /** Sets a gauge. */
  gauge(name: string, value: number, labels?: MetricLabels): void;
  /** Adds one observation to a histogram; durations are in milliseconds, and such a name ends in `_ms`. */
  observe(name: string, value: number, labels?: MetricLabels): void;
}

const ignore = (): void => {};

/** The default metrics: counts nothing. */
export const noMetrics: Metrics = { count: ignore, gauge: ignore, observe: ignore };
