import { backOffMs, groupVersionKindKey, type Clock, type ObjectIdentifier } from '@depwatch/core';
import type { Feed } from '../feed.ts';

/** With what a review may be old, a right is found within 30 s. */
const backOff = { baseMs: 1000, maxMs: 26_000 };
/** Of so many namespaces the rights are asked for at a time, for a resource; the others have their turn. */
const mostNamespaces = 20;
/**
 * Where the server can't say what is granted, so many are tried at a time: rights may be given by name. Of one resource, and
 * of all together: a thousand that wait for rights to fifty resources made 53 requests a second.
 */
const mostTried = 20;
const mostTriedInAll = 100;

/** What {@link Trials} work on. */
export interface TrialsOptions {
  readonly clock: Clock;
  /** Whether the server says that something may be read; undefined where it can't say. Never rejects. */
  granted(watched: ObjectIdentifier, signal: AbortSignal): Promise<boolean | undefined>;
  /** Tries a feed; it is to be added again when that fails. */
  attempt(feed: Feed): void;
}

/** Those of one resource that were refused. */
interface Refused {
  /** In the order in which they are looked at. */
  readonly feeds: Set<Feed>;
  /** Those that are being tried. */
  readonly tried: Set<Feed>;
  failures: number;
  timer: Disposable | undefined;
  readonly over: AbortController;
}

/**
 * Has feeds tried again that were refused, with one back-off for all of a resource: those that the server says may be read,
 * by one question a namespace; where it can't say, a few at a time, and all of them once one gets through.
 */
export class Trials {
  readonly #options: TrialsOptions;
  readonly #refused = new Map<string, Refused>();
  /** Those that were tried because the server says that they may be read; if they come back, that is not to be relied on. */
  readonly #misjudged = new WeakSet<Feed>();

  constructor(options: TrialsOptions) {
    this.#options = options;
  }

  add(feed: Feed): void {
    const key = groupVersionKindKey(feed.watched);
    let refused = this.#refused.get(key);
    if (!refused) {
      refused = {
        feeds: new Set(),
        tried: new Set(),
        failures: 0,
        timer: undefined,
        over: new AbortController(),
      };
      this.#refused.set(key, refused);
    }
    refused.tried.delete(feed);
    refused.feeds.add(feed);
    this.#arm(refused);
  }

  /** It is over. */
  delete(feed: Feed): void {
    const key = groupVersionKindKey(feed.watched);
    const refused = this.#refused.get(key);
    if (!refused) return;
    refused.feeds.delete(feed);
    refused.tried.delete(feed);
    if (refused.feeds.size + refused.tried.size === 0) this.#forget(key, refused);
  }

  /** Something of the kind got through: the others may as well. */
  succeeded(feed: Feed): void {
    const key = groupVersionKindKey(feed.watched);
    const refused = this.#refused.get(key);
    this.delete(feed);
    this.#misjudged.delete(feed);
    if (!refused || refused.over.signal.aborted) return;
    refused.failures = 0;
    void this.#round(refused, Infinity);
  }

  close(): void {
    for (const [key, refused] of this.#refused) this.#forget(key, refused);
  }

  #forget(key: string, { timer, over }: Refused): void {
    timer?.[Symbol.dispose]();
    over.abort();
    this.#refused.delete(key);
  }

  #arm(refused: Refused): void {
    if (refused.timer || refused.feeds.size === 0) return;
    const { clock } = this.#options;
    refused.timer = clock.setTimeout(
      () => {
        refused.timer = undefined;
        refused.failures += 1;
        void this.#round(refused, this.#mostGuesses());
      },
      backOffMs(refused.failures, backOff, clock.random()),
    );
  }

  #mostGuesses(): number {
    const share = Math.floor(mostTriedInAll / this.#refused.size);
    return Math.max(1, Math.min(mostTried, share));
  }

  /** @param mostGuesses how many are tried of which it isn't known whether they may be read */
  async #round(refused: Refused, mostGuesses: number): Promise<void> {
    const { granted, attempt } = this.#options;
    const { feeds, tried, over } = refused;
    const asked = ofSomeNamespaces(feeds);
    const answers = await Promise.all(asked.map(({ watched }) => granted(watched, over.signal)));
    if (over.signal.aborted) return;
    let guesses = 0;
    for (const [index, feed] of asked.entries()) {
      const answer = answers[index] && this.#misjudged.has(feed) ? undefined : answers[index];
      if (answer === undefined && guesses >= mostGuesses) continue;
      if (!feeds.delete(feed)) continue;
      if (answer === false) {
        // To the end, so that other namespaces have their turn.
        feeds.add(feed);
        continue;
      }
      if (answer === undefined) guesses += 1;
      else this.#misjudged.add(feed);
      tried.add(feed);
      attempt(feed);
    }
    if (!over.signal.aborted) this.#arm(refused);
  }
}

/** Those in the namespaces that come first. */
function ofSomeNamespaces(feeds: Iterable<Feed>): readonly Feed[] {
  const namespaces = new Set<string>();
  return [...feeds].filter(({ watched: { namespace = '' } }) => {
    if (namespaces.size < mostNamespaces) namespaces.add(namespace);
    return namespaces.has(namespace);
  });
}
