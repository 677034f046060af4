import {
  matchesLabelSelector,
  parseLabelSelector,
  type DepwatchError,
  type KubernetesObject,
  type LabelSelector,
  type ObjectChange,
  type ResourceQuery,
  type WatchEvent,
} from '@depwatch/core';
import type { Collection } from './collection.ts';
import type { Feed, Handover } from '../feed.ts';
import type { Source } from '../sources/source.ts';

/** A feed's part in a {@link Collection}: on its way into it (its `handover`), and then its source. */
export class Membership implements Source, Handover {
  readonly feed: Feed;
  readonly collection: Collection;
  /** The key of the one object that it is about; undefined for a selector. */
  readonly key: string | undefined;
  readonly #selector: LabelSelector | undefined;

  constructor(collection: Collection, feed: Feed) {
    const { name, namespace, selector } = feed.watched;
    this.feed = feed;
    this.collection = collection;
    if (name) this.key = collection.gvr.namespaced ? `${namespace}/${name}` : name;
    else this.#selector = parseLabelSelector(selector ?? '');
  }

  /** Whether it is what fills the feed; else it is on its way, or has left. */
  get isJoined(): boolean {
    return this.feed.source === this;
  }

  get servedBy(): 'namespace' | 'kind' {
    return this.collection.servedBy;
  }

  get resourceVersion(): string | undefined {
    return this.collection.resourceVersion;
  }

  get query(): ResourceQuery {
    return this.collection.source.query;
  }

  get physical(): Source {
    return this.collection.source;
  }

  /** Whether a selector selects an object. */
  selects({ metadata }: KubernetesObject): boolean {
    const { namespace } = this.feed.watched;
    if (!this.#selector) return false;
    if (namespace && metadata?.namespace && metadata.namespace !== namespace) return false;
    return matchesLabelSelector(this.#selector, metadata?.labels);
  }

  /** What a change in the collection is to the feed; undefined where it is none. */
  eventOf({ type, key, after }: ObjectChange): WatchEvent | undefined {
    if (after && (this.key === key || this.selects(after))) {
      return { type: type === 'added' ? 'ADDED' : 'MODIFIED', object: after };
    }
    // What it had tells whether it was selected, and which of two objects of one name is deleted.
    const known = this.feed.store.get(key);
    return known && { type: 'DELETED', object: withName(known, key) };
  }

  start(): void {}

  stop(): void {
    this.collection.leave(this);
  }

  expire(error: DepwatchError): void {
    this.collection.source.expire(error);
  }

  followed(): void {
    this.collection.follow(this.feed);
  }

  moved(): void {
    this.collection.settle([this]);
  }

  withdraw(): void {
    this.collection.leave(this);
  }
}

/** What a store keeps of an object may lack the name that it is kept under. */
function withName({ metadata }: KubernetesObject, key: string): KubernetesObject {
  const slash = key.indexOf('/');
  const name = key.slice(slash + 1);
  const { uid } = metadata ?? {};
  return {
    metadata: {
      name,
      ...(slash > 0 && { namespace: key.slice(0, slash) }),
      ...(uid !== undefined && { uid }),
    },
  };
}
