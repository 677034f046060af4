import {
  compareResourceVersions,
  groupVersionKindKey,
  type Clock,
  type GroupVersionKind,
} from '@depwatch/core';

/** The watches of a resource come back within so long after an outage. */
const rememberedMs = 60_000;

/**
 * The newest version of each resource that the server has just called expired: older ones need not be tried. After an
 * outage that costs the server its history, thousands of watches would each be told the same.
 */
export class PastVersions {
  readonly #clock: Clock;
  readonly #newest = new Map<string, { readonly version: string; readonly until: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The server has called a version expired. */
  add(gvk: GroupVersionKind, version: string): void {
    if (this.has(gvk, version)) return;
    const until = this.#clock.now() + rememberedMs;
    this.#newest.set(groupVersionKindKey(gvk), { version, until });
  }

  /** Whether a version is no newer than one that has expired. */
  has(gvk: GroupVersionKind, version: string): boolean {
    if (this.#newest.size === 0) return false;
    const known = this.#newest.get(groupVersionKindKey(gvk));
    if (!known || known.until <= this.#clock.now()) return false;
    return (compareResourceVersions(version, known.version) ?? 1) <= 0;
  }

  /** The server's versions have gone back, so what was said of them holds no more. */
  clear(): void {
    this.#newest.clear();
  }
}
