import {
  groupVersionKindKey,
  type DepwatchError,
  type Logger,
  type ObjectIdentifier,
} from '@depwatch/core';
import type { Feed } from '../feed.ts';

/**
 * Says once of a kind in a namespace that what is waited for there may not be watched, at once, since somebody has to do
 * something about it; and once more when all of it may be.
 */
export class Refusals {
  readonly #logger: Logger;
  readonly #refused = new Map<string, Set<Feed>>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** A feed that somebody waits for was refused. */
  refused(feed: Feed, error: DepwatchError): void {
    const key = keyOf(feed.watched);
    const refused = this.#refused.get(key);
    if (refused) return void refused.add(feed);
    this.#refused.set(key, new Set([feed]));
    const what = describe(feed.watched);
    this.#logger.warn({ error }, `${what} may not be watched; they are tried until they may`);
  }

  /** It can be seen. */
  live(feed: Feed): void {
    if (this.#delete(feed)) {
      this.#logger.info({}, `${describe(feed.watched)} may be watched again`);
    }
  }

  /** It is over. */
  delete(feed: Feed): void {
    this.#delete(feed);
  }

  /** @returns whether it was the last one */
  #delete(feed: Feed): boolean {
    if (this.#refused.size === 0) return false;
    const key = keyOf(feed.watched);
    const refused = this.#refused.get(key);
    return refused?.delete(feed) === true && refused.size === 0 && this.#refused.delete(key);
  }
}

function keyOf(watched: ObjectIdentifier): string {
  return `${groupVersionKindKey(watched)} ${watched.namespace ?? ''}`;
}

function describe({ kind, namespace }: ObjectIdentifier): string {
  return `${kind} objects${namespace ? ` in namespace ${namespace}` : ''}`;
}
