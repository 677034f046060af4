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

/** Counts, now and then, whose the watchers are, and for how long nobody has owned some. */
export class OwnershipFigures {
  readonly #options: OwnershipFiguresOptions;
  /** Since when nobody has owned a watcher, by key. */
  #unownedSince = new Map<string, number>();
  #timer: Disposable;

  constructor(options: OwnershipFiguresOptions) {
    this.#options = options;
    this.#timer = this.#after(lookMs);
  }

  close(): void {
    this.#timer[Symbol.dispose]();
  }

  #after(ms: number): Disposable {
    return this.#options.clock.setTimeout(() => this.#look(), ms);
  }

  #look(): void {
    const { metrics, ownership, clock, watchers } = this.#options;
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
    for (const [owner, count] of Object.entries(counts)) {
      metrics.gauge('depwatch_watchers', count, { owner });
    }
    let longestMs = 0;
    for (const since of unownedSince.values()) longestMs = Math.max(longestMs, beganAt - since);
    metrics.gauge('depwatch_watchers_unowned_seconds', longestMs / 1000);
    this.#timer = this.#after(Math.max(lookMs, (clock.now() - beganAt) * share));
  }
}
