/**
 * What depwatch counts, for Prometheus: `createPrometheusMetrics` makes the Metrics that a dynamic watcher, a controller or
 * replicas are given, and registers them with your registry, of prom-client or of @prometheus-io/client. Names, units and
 * buckets are those of controller-runtime and client-go.
 */
export { createPrometheusMetrics } from './create-prometheus-metrics.ts';
export type { PrometheusMetricsOptions } from './create-prometheus-metrics.ts';
export type { PrometheusRegistry } from './registry.ts';

// What users of this package name in their own code, so that they need not install core beside it.
export type { Metrics } from '@depwatch/core';
