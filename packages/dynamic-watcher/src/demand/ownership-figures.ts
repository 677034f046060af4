import type { Clock, Metrics, Ownership } from '@depwatch/core';

/** What {@link OwnershipFigures} are taken from. */
export interface OwnershipFiguresOptions {
  readonly metrics: Metrics;
  readonly ownership: Ownership;
  readonly clock: Clock;
  /** The keys of all watchers that are known. */
  readonly watchers: () => Iterable<string>;
}

/** How often all watchers are looked at; less often where a look takes more than a fiftieth of that. */
const lookMs = 5000;
const share = 50;

const owners = ['this', 'another', 'nobody'] as const;

/**
 * Counts, now and then, whose the watchers are, and for how long nobody has owned some. Others of the process may count into
 * the same gauges, so they are given functions, which add up and end.
 */
export class OwnershipFigures {
  readonly #options: OwnershipFiguresOptions;
  /** As of the last look. */
  #counts: Readonly<Record<(typeof owners)[number], number>> = { this: 0, another: 0, nobody: 0 };
  #longestMs = 0;
  /** Since when nobody has owned a watcher, by key. */
  #unownedSince = new Map<string, number>();
  #timer: Disposable;
  readonly #end = new AbortController();

  constructor(options: OwnershipFiguresOptions) {
    this.#options = options;
    const { metrics } = options;
    const { signal } = this.#end;
    for (const owner of owners)
      metrics.gauge('depwatch_watchers', () => this.#counts[owner], { owner }, signal);
    metrics.gauge('depwatch_watchers_unowned_seconds', () => this.#longestMs / 1000, {}, signal);
    this.#timer = this.#after(lookMs);
  }

  close(): void {
    this.#end.abort();
    this.#timer[Symbol.dispose]();
  }

  #after(ms: number): Disposable {
    return this.#options.clock.setTimeout(() => this.#look(), ms);
  }

  #look(): void {
    const { ownership, clock, watchers } = this.#options;
    const beganAt = clock.now();
    const counts = { this: 0, another: 0, nobody: 0 };
    const unownedSince = new Map<string, number>();
    for (const key of watchers()) {
      if (ownership.owns(key)) counts.this += 1;
      // Whoever can't say is believed.
      else if (!ownership.ownerOf || ownership.ownerOf(key) !== undefined) counts.another += 1;
      else {
        counts.nobody += 1;
        unownedSince.set(key, this.#unownedSince.get(key) ?? beganAt);
      }
    }
    this.#unownedSince = unownedSince;
    this.#counts = counts;
    this.#longestMs = 0;
    for (const since of unownedSince.values())
      this.#longestMs = Math.max(this.#longestMs, beganAt - since);
    this.#timer = this.#after(Math.max(lookMs, (clock.now() - beganAt) * share));
  }
}
