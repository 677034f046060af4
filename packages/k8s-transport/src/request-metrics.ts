import type { MetricLabels, Metrics } from '@depwatch/core';

import type { ApiMethod } from './api-request.ts';
import type { Server } from './credentials/kube-config.ts';

/** Counts requests as client-go does: each that goes over the wire, by the status of its answer. */
export class RequestMetrics {
  readonly #metrics: Metrics;
  /** Made once each: there are a few methods and codes, and metrics may know a series by its labels. */
  readonly #series = new Map<string, MetricLabels>();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  /**
   * A request was answered, or has failed without an answer.
   *
   * @param status undefined where there was none; client-go calls that `<error>`
   */
  ended({ address }: Server, method: ApiMethod, status: number | undefined): void {
    const code = status === undefined ? '<error>' : String(status);
    const key = `${method} ${code} ${address}`;
    let labels = this.#series.get(key);
    if (!labels) this.#series.set(key, (labels = { code, method, host: address }));
    try {
      this.#metrics.count('rest_client_requests_total', labels);
    } catch {
      // Whoever counts must not stop what is counted.
    }
  }
}
