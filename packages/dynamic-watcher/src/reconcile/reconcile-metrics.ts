import type { MetricLabels, Metrics, Outcome } from '@depwatch/core';

const results = ['success', 'requeue_after', 'error'] as const;

type ReconcileResult = (typeof results)[number];

/** Tells {@link Metrics} of reconciles, as controller-runtime does. */
export class ReconcileMetrics {
  readonly #metrics: Metrics;
  readonly #labels: MetricLabels;
  /** Made once: metrics may know a series by its labels. */
  readonly #byResult: Readonly<Record<ReconcileResult, MetricLabels>>;

  /**
   * @param name of the controller
   * @param active how many reconciles are under way
   * @param failing how many watchers failed the last time
   */
  constructor(
    metrics: Metrics,
    name: string,
    { active, failing, most }: { active: () => number; failing: () => number; most: number },
  ) {
    const labels = { controller: name };
    this.#metrics = metrics;
    this.#labels = labels;
    this.#byResult = {
      success: { ...labels, result: 'success' },
      requeue_after: { ...labels, result: 'requeue_after' },
      error: { ...labels, result: 'error' },
    };
    metrics.gauge('controller_runtime_active_workers', active, labels);
    metrics.gauge('depwatch_watchers_failing', failing, labels);
    metrics.gauge('controller_runtime_max_concurrent_reconciles', () => most, labels);
    // What is there from the start has a rate when it first happens.
    for (const result of results) this.#count(result, 0);
    metrics.count('controller_runtime_reconcile_errors_total', labels, 0);
    metrics.count('controller_runtime_reconcile_timeouts_total', labels, 0);
  }

  /** A reconcile took longer than it may. */
  timedOut(): void {
    this.#metrics.count('controller_runtime_reconcile_timeouts_total', this.#labels);
  }

  /** A reconcile has come to something, after so many milliseconds. */
  settled(outcome: Outcome, ms: number): void {
    this.#metrics.observe('controller_runtime_reconcile_time_seconds', ms / 1000, this.#labels);
    const failed = 'error' in outcome;
    if (failed) this.#metrics.count('controller_runtime_reconcile_errors_total', this.#labels);
    const comesAgain = !failed && outcome.afterMs !== undefined;
    this.#count(failed ? 'error' : comesAgain ? 'requeue_after' : 'success');
  }

  #count(result: ReconcileResult, by = 1): void {
    this.#metrics.count('controller_runtime_reconcile_total', this.#byResult[result], by);
  }
}
