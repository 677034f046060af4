import { guardMetrics, type Clock, type MetricLabels, type Metrics } from '@depwatch/core';

/** What of an entry is told. */
interface Measured {
  addedAt: number;
  startedAt: number;
  readonly running: boolean;
}

/** What is read of the queue when somebody looks. */
export interface QueueState {
  readonly line: { readonly length: number };
  entries(): Iterable<Measured>;
}

/** Tells {@link Metrics} of a queue as client-go does. */
export class QueueMetrics {
  readonly #metrics: Metrics;
  readonly #labels: MetricLabels;
  readonly #clock: Clock;
  readonly #end = new AbortController();

  constructor(metrics: Metrics, name: string, clock: Clock, queue: QueueState) {
    // Whoever counts must not stop whoever works.
    this.#metrics = guardMetrics(metrics, this.#end.signal);
    this.#labels = { name, controller: name };
    this.#clock = clock;
    this.#gauge('workqueue_depth', () => queue.line.length);
    this.#gauge('workqueue_unfinished_work_seconds', () => {
      return this.#ages(queue).reduce((sum, age) => sum + age, 0);
    });
    this.#gauge('workqueue_longest_running_processor_seconds', () => {
      return this.#ages(queue).reduce((longest, age) => Math.max(longest, age), 0);
    });
    for (const counter of ['workqueue_adds_total', 'workqueue_retries_total'])
      this.#count(counter, 0);
  }

  added(entry: Measured): void {
    entry.addedAt = this.#clock.now();
    this.#count('workqueue_adds_total', 1);
  }

  started(entry: Measured): void {
    entry.startedAt = this.#clock.now();
    this.#observe('workqueue_queue_duration_seconds', entry.startedAt - entry.addedAt);
  }

  done(entry: Measured): void {
    this.#observe('workqueue_work_duration_seconds', this.#clock.now() - entry.startedAt);
  }

  retried(): void {
    this.#count('workqueue_retries_total', 1);
  }

  /** Nothing of the queue is read any more. */
  end(): void {
    this.#end.abort();
  }

  /** How long what is worked on has been so, in seconds. */
  #ages(queue: QueueState): number[] {
    const now = this.#clock.now();
    const ages = [];
    for (const { running, startedAt } of queue.entries())
      if (running) ages.push((now - startedAt) / 1000);
    return ages;
  }

  #gauge(name: string, read: () => number): void {
    this.#metrics.gauge(name, read, this.#labels);
  }

  #count(name: string, by: number): void {
    this.#metrics.count(name, this.#labels, by);
  }

  #observe(name: string, ms: number): void {
    this.#metrics.observe(name, ms / 1000, this.#labels);
  }
}
