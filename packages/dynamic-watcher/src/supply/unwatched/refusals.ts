import {
  groupVersionKindKey,
  isRefusal,
  type DepwatchError,
  type Logger,
  type ObjectIdentifier,
} from '@depwatch/core';
import type { Feed } from '../feed.ts';

/** Feeds that can't be seen for one reason, which was told of, and what is said when the last of them can. */
interface Told {
  readonly feeds: Set<Feed>;
  readonly over: string;
}

/**
 * Says once, at once, that what is waited for may not be watched in a namespace, or that its kind isn't installed, since somebody
 * may have to do something about it; and once more when all of it can be seen.
 */
export class Refusals {
  readonly #logger: Logger;
  readonly #told = new Map<string, Told>();
  readonly #keys = new Map<Feed, string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** A feed that somebody waits for was refused, or there is no such kind. */
  unseen(feed: Feed, error: DepwatchError): void {
    const { watched } = feed;
    if (isRefusal(error)) {
      const what = describe(watched);
      const tell = (): void =>
        this.#logger.warn({ error }, `${what} may not be watched; they are tried until they may`);
      const key = `${groupVersionKindKey(watched)} ${watched.namespace ?? ''}`;
      return this.#enter(feed, key, `${what} may be watched again`, tell);
    }
    if (error.code !== 'ERR_NO_VERSIONED_RESOURCE') return;
    const { group, version, kind } = watched;
    const what = `${kind} of ${group ? `${group}/` : ''}${version}`;
    this.#enter(feed, groupVersionKindKey(watched), `${what} is installed by now`, () =>
      this.#logger.info({ error }, `${what} is not installed; it is waited for`),
    );
  }

  /** It can be seen. */
  live(feed: Feed): void {
    const told = this.#leave(feed);
    if (told) this.#logger.info({}, told.over);
  }

  /** It is over. */
  delete(feed: Feed): void {
    this.#leave(feed);
  }

  #enter(feed: Feed, key: string, over: string, tell: () => void): void {
    if (this.#keys.get(feed) === key) return;
    this.#leave(feed);
    this.#keys.set(feed, key);
    const told = this.#told.get(key);
    if (told) return void told.feeds.add(feed);
    this.#told.set(key, { feeds: new Set([feed]), over });
    tell();
  }

  /** @returns what was told of, where it was the last one */
  #leave(feed: Feed): Told | undefined {
    const key = this.#keys.get(feed);
    if (key === undefined) return undefined;
    this.#keys.delete(feed);
    const told = this.#told.get(key)!;
    told.feeds.delete(feed);
    if (told.feeds.size > 0) return undefined;
    this.#told.delete(key);
    return told;
  }
}

function describe({ kind, namespace }: ObjectIdentifier): string {
  return `${kind} objects${namespace ? ` in namespace ${namespace}` : ''}`;
}
