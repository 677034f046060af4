import { objectIdentifierKey, type ScopedGVR } from '@depwatch/core';
import { normalizeWatched } from '../normalize-watched.ts';
import type { Feed } from './feed.ts';
import type { FeedsListener } from './feeds-listener.ts';

/** Who is told of feeds that go by another identifier. */
export interface RenamedFeedsListener extends Pick<
  FeedsListener,
  'changed' | 'moved' | 'available'
> {
  /** The kind of a feed is served in another scope. */
  rescoped(feed: Feed, gvr: ScopedGVR): void;
  /** Another feed has taken its place, and its edges: it is over. */
  replaced(feed: Feed): void;
}

/**
 * Feeds whose kind has come to be served in another scope, so that they go by another identifier: without a namespace, or with
 * the one that they were asked for with. What is demanded by either is one.
 */
export class RenamedFeeds {
  readonly #feeds: Map<string, Feed>;
  readonly #listener: RenamedFeedsListener;

  /** @param feeds all there are, by their keys */
  constructor(feeds: Map<string, Feed>, listener: RenamedFeedsListener) {
    this.#feeds = feeds;
    this.#listener = listener;
  }

  /** A feed shows all there is: it goes by its identifier from now on. */
  live(feed: Feed): void {
    const gvr = feed.source?.query.gvr;
    if (!gvr || feed.isOver || isNamed(feed, gvr.namespaced)) return;
    const { key, id, watched, unavailable } = feed;
    const to = normalizeWatched(watched, gvr);
    const there = this.#feeds.get(objectIdentifierKey(to));
    if (there?.isUp) {
      this.#bring(feed, there);
    } else {
      // What has to come back first is behind: who was woken by this one would read that.
      if (there) this.#replace(there, feed);
      this.#register(feed, to);
      if (there) feed.showed();
    }
    this.#listener.moved({ key, id, watched, unavailable }, to, undefined);
    this.#listener.rescoped(feed, gvr);
  }

  #register(feed: Feed, id: Feed['id']): void {
    this.#feeds.delete(feed.key);
    feed.id = id;
    feed.key = objectIdentifierKey(id);
    this.#feeds.set(feed.key, feed);
  }

  /** Whoever depends on a feed that is not up sees by the other one from now on. */
  #replace(there: Feed, feed: Feed): void {
    if (there.unavailable) {
      there.store.discard();
      there.store.stage(feed.store.values());
      there.store.commit();
      there.unavailable = undefined;
      this.#listener.available(there);
    } else if (there.wasLive) {
      this.#bring(there, feed);
    }
    there.waiters?.resolve(undefined);
    there.waiters = undefined;
    this.#listener.replaced(there);
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
