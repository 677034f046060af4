import type { Clock, Metrics } from '@depwatch/core';

/** What the queue reports, where anybody listens. */
export interface QueueMetrics {
  added(entry: { addedAt: number }): void;
  started(entry: { addedAt: number; startedAt: number }, depth: number): void;
  done(entry: { startedAt: number }): void;
  retried(): void;
  depth(depth: number): void;
}

/** Reports to `metrics`; undefined without one, so that a queue that is not measured reads no clock. */
export function createQueueMetrics(
  metrics: Metrics | undefined,
  name: string,
  clock: Clock,
): QueueMetrics | undefined {
  if (!metrics) return undefined;
  const labels = { name };
  const guarded = (report: () => void): void => {
    try {
      report();
    } catch {
      // Whoever counts must not stop whoever works.
    }
  };
  const depth = (value: number): void =>
    guarded(() => metrics.gauge('workqueue_depth', value, labels));
  return {
    depth,
    added: (entry) => {
      entry.addedAt = clock.now();
      guarded(() => metrics.count('workqueue_adds_total', labels));
    },
    started: (entry, value) => {
      entry.startedAt = clock.now();
      const waited = entry.startedAt - entry.addedAt;
      guarded(() => metrics.observe('workqueue_queue_duration_ms', waited, labels));
      depth(value);
    },
    done: (entry) => {
      const worked = clock.now() - entry.startedAt;
      guarded(() => metrics.observe('workqueue_work_duration_ms', worked, labels));
    },
    retried: () => guarded(() => metrics.count('workqueue_retries_total', labels)),
  };
}
