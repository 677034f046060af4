import type { MetricDefinition } from './known-metrics.ts';
import type { MetricLabels } from './metrics.ts';
import { SeriesByLabels } from './series.ts';

/** What a series comes from: what it was set to, and what is read. */
interface Level {
  set: number | undefined;
  readonly readers: Set<() => number>;
}

/** One gauge as `Metrics` has it: set, or read when somebody looks; for those who implement `Metrics`. */
export class GaugeLevels {
  readonly #aggregator: NonNullable<MetricDefinition['aggregator']>;
  readonly #series = new SeriesByLabels((): Level => ({ set: undefined, readers: new Set() }));

  /** @param aggregator what several parts of a series come to */
  constructor(aggregator: NonNullable<MetricDefinition['aggregator']> = 'sum') {
    this.#aggregator = aggregator;
  }

  /** Takes what `Metrics.gauge` is given. */
  tell(
    value: number | (() => number),
    labels: MetricLabels | undefined,
    signal: AbortSignal | undefined,
  ): void {
    if (signal?.aborted) return;
    const level = this.#series.of(labels);
    if (typeof value === 'number') {
      level.set = value;
      return;
    }
    // A function of its own: the same one may be given twice.
    const read = (): number => value();
    level.readers.add(read);
    signal?.addEventListener('abort', () => level.readers.delete(read), { once: true });
  }

  /** Forgets what was set. */
  reset(): void {
    for (const { series } of this.#series.all()) series.set = undefined;
  }

  /** What its series are now; undefined where it is read no more, since a last value would look like a present one. */
  *read(): Iterable<{ readonly labels: MetricLabels; readonly value: number | undefined }> {
    for (const { labels, series } of this.#series.all()) {
      const parts = [...series.readers].map(quietly).filter((part) => part !== undefined);
      if (series.set !== undefined) parts.push(series.set);
      yield { labels, value: parts.length > 0 ? this.#total(parts) : undefined };
    }
  }

  #total(parts: readonly number[]): number {
    if (this.#aggregator === 'max') return Math.max(...parts);
    return parts.reduce((sum, part) => sum + part, 0);
  }
}

/** What cannot be read must not hide all else. */
function quietly(read: () => number): number | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
