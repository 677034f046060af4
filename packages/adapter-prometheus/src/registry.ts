/** A registry of prom-client or of @prometheus-io/client, by the few methods that are used of it. */
export interface PrometheusRegistry {
  /** Takes a metric; throws when there is another one with its name. */
  registerMetric(metric: never): void;
  /** The metric of that name. */
  getSingleMetric(name: string): unknown;
}

/** What a registry asks of a metric: both libraries call no more of it. */
export interface RegisteredMetric {
  /** A registry that speaks OpenMetrics sets it anew: there a counter has no `_total`. */
  name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** How the values of several processes of a cluster come to one. */
  readonly aggregator: string;
  /** What it has come to. */
  get(): Promise<CollectedMetric>;
  /** Begins anew. */
  reset(): void;
}

/** What a metric has come to. */
export interface CollectedMetric extends Pick<
  RegisteredMetric,
  'name' | 'help' | 'type' | 'aggregator'
> {
  readonly values: readonly CollectedValue[];
}

/** One series. */
export interface CollectedValue {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  /** Where it is not the metric's name. */
  readonly metricName?: string;
}
