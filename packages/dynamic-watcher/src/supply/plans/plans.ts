import { groupVersionKindKey, type ObjectIdentifier, type ScopedGVR } from '@depwatch/core';
import type { Feed } from '../feed.ts';
import { PlanGroup, type PlanContext } from './plan-group.ts';

/** Which watches serve the feeds that can be watched; a group for each kind, and one for its metadata. */
export class Plans {
  readonly #context: PlanContext;
  readonly #groups = new Map<string, PlanGroup>();

  constructor(context: PlanContext) {
    this.#context = context;
  }

  /** Has a feed watched from now on: by a watch of its own, or by one that serves others as well. */
  add(feed: Feed, gvr: ScopedGVR): void {
    const key = this.#keyOf(feed.watched);
    let group = this.#groups.get(key);
    if (!group) {
      const { group: name, version, kind } = feed.watched;
      const gvk = { ...(name && { group: name }), version, kind };
      const all = { ...gvk, ...(this.#isApart(feed.watched) && { metadataOnly: true }) };
      this.#groups.set(key, (group = new PlanGroup(all, gvr, this.#context)));
    }
    group.add(feed, gvr);
  }

  /** A feed is over, or can't be watched any more; its source was stopped. Does nothing for one that was not added. */
  remove(feed: Feed): void {
    const key = this.#keyOf(feed.watched);
    const group = this.#groups.get(key);
    group?.remove(feed);
    if (group?.isIdle) this.#groups.delete(key);
  }

  /** The kind of a feed has come to be served in another scope. */
  rescoped(feed: Feed, gvr: ScopedGVR): void {
    this.#groups.get(groupVersionKindKey(feed.watched))?.rescoped(gvr);
  }

  /** Ends all that serves several. */
  close(): void {
    for (const group of this.#groups.values()) group.close();
    this.#groups.clear();
  }

  #keyOf(watched: ObjectIdentifier): string {
    return `${groupVersionKindKey(watched)}${this.#isApart(watched) ? ' metadata' : ''}`;
  }

  /** Whether others of its kind are fetched whole, and it is not. */
  #isApart({ metadataOnly }: ObjectIdentifier): boolean {
    return metadataOnly === true && !this.#context.metadataOnly;
  }
}
