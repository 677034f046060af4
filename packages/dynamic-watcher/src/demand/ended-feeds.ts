import { objectIdentifierKey, type ObjectIdentifier } from '@depwatch/core';
import type { WatchStatus } from '../public-interface.ts';

/** How many stay listed. */
const mostKept = 1000;

interface Ended {
  readonly status: WatchStatus;
  /** Who was told of it, and still cares, by key. */
  readonly watchers: Map<string, ObjectIdentifier>;
}

/** What became of the last feeds that were refused for good. */
export class EndedFeeds {
  readonly #ended = new Map<string, Ended>();
  /** The keys of the feeds that a watcher was told of, by the watcher's key: thousands may have been told of one. */
  readonly #toldTo = new Map<string, Set<string>>();

  /** All, the oldest first. */
  values(): readonly WatchStatus[] {
    return [...this.#ended.values()].map(statusOf);
  }

  get(key: string): WatchStatus | undefined {
    const ended = this.#ended.get(key);
    return ended && statusOf(ended);
  }

  add(key: string, status: WatchStatus): void {
    this.delete(key);
    const watchers = new Map(status.watchers.map((one) => [objectIdentifierKey(one), one]));
    this.#ended.set(key, { status, watchers });
    for (const watcherKey of watchers.keys()) {
      const told = this.#toldTo.get(watcherKey);
      if (told) told.add(key);
      else this.#toldTo.set(watcherKey, new Set([key]));
    }
    for (const oldest of this.#ended.keys()) {
      if (this.#ended.size <= mostKept) break;
      this.delete(oldest);
    }
  }

  /** It is demanded again. */
  delete(key: string): void {
    const watchers = this.#ended.get(key)?.watchers.keys() ?? [];
    this.#ended.delete(key);
    for (const watcherKey of watchers) {
      const told = this.#toldTo.get(watcherKey);
      told?.delete(key);
      if (told?.size === 0) this.#toldTo.delete(watcherKey);
    }
  }

  /** A watcher has gone, or depends on other things now: what only it was told of is forgotten. */
  forget(watcherKey: string): void {
    const told = this.#toldTo.get(watcherKey) ?? [];
    this.#toldTo.delete(watcherKey);
    for (const key of told) {
      const { watchers } = this.#ended.get(key)!;
      watchers.delete(watcherKey);
      if (watchers.size === 0) this.#ended.delete(key);
    }
  }

  clear(): void {
    this.#ended.clear();
    this.#toldTo.clear();
  }
}

function statusOf({ status, watchers }: Ended): WatchStatus {
  return { ...status, watchers: [...watchers.values()] };
}
