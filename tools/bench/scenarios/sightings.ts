import { now } from '../meter.ts';
import type { Write } from '../servers/load.ts';
import { quantile } from '../statistics.ts';

/** That a version of something was seen, and when. */
export interface Sighting {
  readonly index: number;
  readonly version: number;
  readonly ms: number;
}

/** Notes what is seen, until all that was written has been. */
export class Sightings {
  readonly #all: Sighting[] = [];
  readonly #versions = new Map<number, number>();
  #missing: Map<number, number> | undefined;
  #done: PromiseWithResolvers<void> | undefined;

  /** @param index whose version it is; 0 where there is but one */
  note(index: number, version: number): void {
    this.#all.push({ index, version, ms: now() });
    this.#versions.set(index, version);
    const wanted = this.#missing?.get(index);
    if (wanted === undefined || version < wanted) return;
    this.#missing!.delete(index);
    if (this.#missing!.size === 0) this.#done?.resolve();
  }

  /** Resolves to all that was seen, once for each of the pairs (index, version) that or a newer version was. */
  async until(last: readonly (readonly [index: number, version: number])[]): Promise<Sighting[]> {
    this.#missing = new Map(
      last.filter(([index, version]) => !((this.#versions.get(index) ?? 0) >= version)),
    );
    if (this.#missing.size > 0) {
      this.#done = Promise.withResolvers();
      await this.#done.promise;
    }
    return this.#all;
  }
}

/** The version of the last write to each object. */
export function lastVersions(writes: readonly Write[]): [index: number, version: number][] {
  const last = new Map<number, number>();
  for (const { index, version } of writes) last.set(index, Math.max(version, last.get(index) ?? 0));
  return [...last];
}

/**
 * When each write was first seen, in the order of the writes; sightings of newer versions count.
 *
 * @throws Error when one was not
 */
export function seenAt(writes: readonly Write[], sightings: readonly Sighting[]): number[] {
  const byIndex = Map.groupBy(sightings, ({ index }) => index);
  return writes.map(({ index, version }) => {
    const all = byIndex.get(index) ?? [];
    // Versions never go back, so that the first one that is new enough is found by halving.
    let low = 0;
    let high = all.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (all[middle]!.version >= version) high = middle;
      else low = middle + 1;
    }
    if (low === all.length) throw new Error(`version ${version} of object ${index} was never seen`);
    return all[low]!.ms;
  });
}

/** How long after they were sent writes were seen: the median and the 99th percentile, in milliseconds. */
export function latencies(
  writes: readonly Write[],
  sightings: readonly Sighting[],
): { p50Ms: number; p99Ms: number } {
  const seen = seenAt(writes, sightings);
  const ms = writes.map(({ sentMs }, n) => seen[n]! - sentMs);
  return { p50Ms: quantile(ms, 0.5), p99Ms: quantile(ms, 0.99) };
}
