import { objectIdentifierKey, type ScopedGVR } from '@depwatch/core';
import { normalizeWatched } from '../normalize-watched.ts';
import type { Feed } from './feed.ts';
import type { FeedsListener } from './feeds.ts';

/** Who is told of feeds that go by another identifier. */
export interface RenamedFeedsListener extends Pick<FeedsListener, 'changed' | 'moved'> {
  /** The kind of a feed is served in another scope. */
  rescoped(feed: Feed, gvr: ScopedGVR): void;
}

/**
 * Feeds whose kind has come to be served in another scope, so that they go by another identifier: without a namespace, or with
 * the one that they were asked for with. What is demanded by either is one.
 */
export class RenamedFeeds {
  readonly #feeds: Map<string, Feed>;
  readonly #listener: RenamedFeedsListener;
  /** Those for which another feed is coming up that goes by their identifier already. */
  readonly #waiting = new Set<Feed>();

  /** @param feeds all there are, by their keys */
  constructor(feeds: Map<string, Feed>, listener: RenamedFeedsListener) {
    this.#feeds = feeds;
    this.#listener = listener;
  }

  /** A feed shows all there is: it, or those that have waited for it, go by their identifiers from now on. */
  live(feed: Feed): void {
    this.#rename(feed);
    for (const other of [...this.#waiting]) this.#rename(other);
  }

  /** It is over. */
  delete(feed: Feed): void {
    this.#waiting.delete(feed);
  }

  #rename(feed: Feed): void {
    const gvr = feed.source?.query.gvr;
    if (!gvr || feed.isOver || isNamed(feed, gvr.namespaced))
      return void this.#waiting.delete(feed);
    const { key, id, watched, unavailable } = feed;
    const to = normalizeWatched(watched, gvr);
    const there = this.#feeds.get(objectIdentifierKey(to));
    if (there && there.state !== 'live') return void this.#waiting.add(feed);
    this.#waiting.delete(feed);
    if (there) this.#bring(feed, there);
    else this.#register(feed, to);
    this.#listener.moved({ key, id, watched, unavailable }, to, undefined);
    this.#listener.rescoped(feed, gvr);
  }

  #register(feed: Feed, id: Feed['id']): void {
    this.#feeds.delete(feed.key);
    feed.id = id;
    feed.key = objectIdentifierKey(id);
    this.#feeds.set(feed.key, feed);
  }

  /** To where the other one is: whoever depends on the feed will be told by that what changes from then on. */
  #bring(feed: Feed, there: Feed): void {
    feed.store.discard();
    feed.store.stage(there.store.values());
    const changes = feed.store.commit();
    if (changes.length > 0) this.#listener.changed(feed, changes);
  }
}

function isNamed({ id, watched }: Feed, namespaced: boolean): boolean {
  return namespaced ? id.namespace === watched.namespace : !id.namespace;
}
