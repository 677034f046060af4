import type { Feed, Handover } from '../feed.ts';
import type { Membership } from './membership.ts';

/** So many feeds at a time go back to watches of their own. */
const mostAtOnce = 64;

/** What {@link Parting} works on. */
export interface PartingOptions {
  /** Those that are still in the collection. */
  readonly joined: Iterable<Membership>;
  /** The version that the collection shows now; undefined while it can't be gone on from. */
  version(): string | undefined;
  /** Gives one a watch of its own, from that version on. */
  serveApart(membership: Membership, version: string, handover: Handover): void;
  /** One has it, or needs it no more. */
  done(): void;
}

/**
 * Has the feeds of a collection go back to watches of their own, a few at a time, each from where the collection is when its
 * turn comes: a watch from an old version costs the server a look through all events since.
 */
export class Parting {
  readonly #options: PartingOptions;
  readonly #underWay = new Set<Feed>();

  constructor(options: PartingOptions) {
    this.#options = options;
  }

  /** How many have a watch that is not live yet. */
  get size(): number {
    return this.#underWay.size;
  }

  /** Goes on, as far as there is room. */
  next(): void {
    const { joined, version, serveApart } = this.#options;
    const from = version();
    if (from === undefined) return;
    for (const membership of joined) {
      if (this.#underWay.size >= mostAtOnce) return;
      const { feed } = membership;
      // Another collection is to take it over, and it waits for that here.
      if (feed.handover) continue;
      const done = (): void => this.#done(feed);
      this.#underWay.add(feed);
      serveApart(membership, from, { moved: done, withdraw: done });
    }
  }

  #done(feed: Feed): void {
    if (!this.#underWay.delete(feed)) return;
    feed.handover = undefined;
    this.next();
    this.#options.done();
  }
}
