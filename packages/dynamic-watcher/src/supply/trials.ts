import { backOffMs, groupVersionKindKey, type Clock, type GroupVersionKind } from '@depwatch/core';
import type { Feed } from './feed.ts';

const backOff = { baseMs: 1000, maxMs: 30_000 };
/** Rights may be given by name: so many of those that wait are tried at a time, each in its turn. */
const mostAtOnce = 20;

/** Those of one resource that were refused. */
interface Refused {
  /** In the order in which they are tried. */
  readonly feeds: Set<Feed>;
  failures: number;
  timer: Disposable | undefined;
}

/**
 * Has feeds tried again that were refused: a few of a resource at a time, with one back-off for all of it; all of them, once
 * one gets through.
 */
export class Trials {
  readonly #clock: Clock;
  readonly #attempt: (feed: Feed) => void;
  readonly #refused = new Map<string, Refused>();

  /** @param attempt tries a feed; it is to be added again when that fails */
  constructor(clock: Clock, attempt: (feed: Feed) => void) {
    this.#clock = clock;
    this.#attempt = attempt;
  }

  add(feed: Feed): void {
    const key = groupVersionKindKey(feed.watched);
    let refused = this.#refused.get(key);
    if (!refused) {
      this.#refused.set(key, (refused = { feeds: new Set(), failures: 0, timer: undefined }));
    }
    refused.feeds.add(feed);
    this.#arm(refused);
  }

  /** It is over. */
  delete(feed: Feed): void {
    const key = groupVersionKindKey(feed.watched);
    const refused = this.#refused.get(key);
    if (!refused?.feeds.delete(feed) || refused.feeds.size > 0) return;
    this.#forget(key, refused);
  }

  /** Something of the kind got through: the others may as well. */
  succeeded(gvk: GroupVersionKind): void {
    const key = groupVersionKindKey(gvk);
    const refused = this.#refused.get(key);
    if (!refused) return;
    this.#forget(key, refused);
    for (const feed of [...refused.feeds]) this.#attempt(feed);
  }

  close(): void {
    for (const [key, refused] of this.#refused) this.#forget(key, refused);
  }

  #forget(key: string, refused: Refused): void {
    refused.timer?.[Symbol.dispose]();
    this.#refused.delete(key);
  }

  #arm(refused: Refused): void {
    if (refused.timer) return;
    const ms = backOffMs(refused.failures, backOff, this.#clock.random());
    refused.timer = this.#clock.setTimeout(() => {
      refused.timer = undefined;
      refused.failures += 1;
      for (const feed of [...refused.feeds].slice(0, mostAtOnce)) {
        refused.feeds.delete(feed);
        this.#attempt(feed);
      }
      if (refused.feeds.size > 0) this.#arm(refused);
    }, ms);
  }
}
