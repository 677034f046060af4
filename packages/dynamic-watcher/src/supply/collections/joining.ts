import {
  compareResourceVersions,
  objectKey,
  type DepwatchError,
  type KubernetesObject,
  type ResourceQuery,
} from '@depwatch/core';
import type { Feed } from '../feed.ts';
import type { CollectionObjects } from './collection-objects.ts';
import { Lacking, type LackingOptions } from './lacking.ts';
import type { Membership } from './membership.ts';

/** So many may have a watch of their own on their way in; those beyond wait for a list that serves them all. */
const mostApart = 16;

/** What {@link Joining} works on. */
export interface JoiningOptions {
  /** What the collection has. */
  readonly objects: CollectionObjects;
  /** How what was dropped is fetched for many at once. */
  readonly lists: LackingOptions['context'];
  /** Of the collection, as it is watched. */
  query(): ResourceQuery;
  /** The version that the collection shows now. */
  version(): string | undefined;
  /** Whether the collection shows what there is, so that feeds may join. */
  isOpen(): boolean;
  /** Has those join for whom that is safe by now. */
  settle(memberships: Iterable<Membership>): void;
  /** Gives a feed a watch of its own. */
  watchApart(feed: Feed): void;
}

/**
 * The feeds that are on their way into a collection. One that has a source keeps it until it joins; one that has none waits,
 * and gets a watch of its own where its objects can't be had otherwise.
 */
export class Joining {
  readonly #options: JoiningOptions;
  readonly #all = new Set<Membership>();
  /** Those of them that have no source meanwhile. */
  readonly #waiting = new Set<Membership>();
  /** Those of them that may join once the collection is further on. */
  readonly #doubtful = new Set<Membership>();
  readonly #lacking: Lacking;

  constructor(options: JoiningOptions) {
    this.#options = options;
    const { objects, lists, query } = options;
    this.#lacking = new Lacking({
      context: lists,
      query,
      size: () => objects.store.size,
      fetched: (fetched) => objects.restore(fetched),
      done: (memberships) => this.#fetched(memberships),
    });
  }

  /** How many there are. */
  get size(): number {
    return this.#all.size;
  }

  /** How many of them have no source meanwhile. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** A copy: what is done about them may add some, or take some away. */
  all(): readonly Membership[] {
    return [...this.#all];
  }

  add(membership: Membership): void {
    this.#all.add(membership);
    if (!membership.feed.source) this.#waiting.add(membership);
  }

  /** It has joined, or is not to join any more. @returns whether it was on its way */
  delete(membership: Membership): boolean {
    this.#doubtful.delete(membership);
    this.#waiting.delete(membership);
    this.#lacking.delete(membership);
    return this.#all.delete(membership);
  }

  /** No more lists for those who wait. */
  close(): void {
    this.#lacking.close();
  }

  /** What it is to be shown, where it may join now; else it goes on waiting, with a watch of its own if need be. */
  shown(membership: Membership): readonly KubernetesObject[] | undefined {
    const { feed } = membership;
    const { version } = this.#options;
    const objects = objectsFor(membership, this.#options.objects);
    if (!objects && this.#mayLack(membership)) return undefined;
    if (objects && !isBehind(version(), feed)) return objects;
    this.waitElsewhere(membership);
    // A watch of its own says when it has moved, the collection when it has.
    if (objects || feed.source?.physical) this.#doubtful.add(membership);
    return undefined;
  }

  /** They may join by what comes next. */
  concerned(memberships: Iterable<Membership>): void {
    for (const membership of memberships) this.#doubtful.add(membership);
  }

  /** The collection is further on. */
  advanced(): void {
    if (this.#doubtful.size > 0) this.#options.settle(this.#doubtful);
  }

  /** The collection's request went out. */
  begun(): void {
    for (const { feed } of [...this.#waiting]) feed.begun();
  }

  /** The collection is retried, in so many milliseconds; where it was refused, nobody waits for it. */
  retrying(error: DepwatchError, ms: number, isRefused: boolean): void {
    for (const membership of [...this.#waiting]) {
      const { feed } = membership;
      if (isRefused) this.waitElsewhere(membership);
      // One that waited too long has a watch of its own meanwhile.
      else if (!feed.source) feed.disturbed(error, ms);
    }
  }

  /** One that waits without a source gets a watch of its own until it can join. */
  waitElsewhere(membership: Membership): void {
    if (this.#waiting.delete(membership) && !membership.feed.source) {
      this.#options.watchApart(membership.feed);
    }
  }

  /** Whether it waits, with many others, for a list of what was dropped. */
  #mayLack(membership: Membership): boolean {
    if (!this.#waiting.has(membership)) return false;
    if (this.#lacking.has(membership)) return true;
    if (this.#all.size - this.#waiting.size < mostApart) return false;
    this.#lacking.add(membership);
    return true;
  }

  /** Those join that lack nothing any more. The others have changed meanwhile, or there was no list. */
  #fetched(memberships: ReadonlySet<Membership>): void {
    const { settle, isOpen } = this.#options;
    settle(memberships);
    for (const membership of memberships) {
      this.#lacking.delete(membership);
      // Where it isn't up to date, they are looked at once it is.
      if (!isOpen() || !this.#waiting.has(membership)) continue;
      this.waitElsewhere(membership);
      this.#doubtful.add(membership);
    }
  }
}

/**
 * The objects that a feed asks for, as a collection has them: what was dropped there is taken over from the feed, where
 * that shows the same state. Undefined where some can't be had so.
 */
function objectsFor(
  membership: Membership,
  objects: CollectionObjects,
): readonly KubernetesObject[] | undefined {
  const { store } = membership.feed;
  const whole = objects.of(membership).map((object) => {
    if (objects.suffices(object)) return object;
    const shown = store.get(objectKey(object));
    return shown && objects.store.adopt(shown) ? shown : undefined;
  });
  return whole.every((object) => object !== undefined) ? whole : undefined;
}

/** Whether a feed may have been shown what a collection of that version has yet to see. */
function isBehind(version: string | undefined, { source, wasLive }: Feed): boolean {
  if (!source || (source.resourceVersion === undefined && !wasLive)) return false;
  return (compareResourceVersions(version, source.resourceVersion) ?? -1) < 0;
}
