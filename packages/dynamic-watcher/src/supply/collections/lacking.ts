import type { KubernetesObject, ResourceQuery } from '@depwatch/core';
import type { Membership } from './membership.ts';
import { WholeList, type ListContext } from './whole-list.ts';

/** What {@link Lacking} is made of. */
export interface LackingOptions {
  readonly context: ListContext & { readonly maxSizeFactor: number };
  /** Of the collection, as it is watched. */
  query(): ResourceQuery;
  /** How many objects the collection has. */
  size(): number;
  /** Objects came that somebody may wait for. */
  fetched(objects: readonly KubernetesObject[]): void;
  /** All came that is to come for these, who wait no longer: what they lack still they have to get otherwise. */
  done(memberships: ReadonlySet<Membership>): void;
}

/**
 * Those that wait for objects which their collection has dropped. Whoever comes in a burst, by the thousand where watchers are
 * taken over from another replica, is served by one list of all instead of a watch each.
 */
export class Lacking {
  readonly #options: LackingOptions;
  #all = new Set<Membership>();
  /** Those of them that the list under way is for; who comes later may have missed its page. */
  #served: ReadonlySet<Membership> = new Set();
  /** The list, or what waits for the burst to be over. */
  #pending: Disposable | undefined;

  constructor(options: LackingOptions) {
    this.#options = options;
  }

  has(membership: Membership): boolean {
    return this.#all.has(membership);
  }

  add(membership: Membership): void {
    this.#all.add(membership);
    this.#begin();
  }

  /** It has what it lacked, or waits no longer. */
  delete(membership: Membership): void {
    this.#all.delete(membership);
  }

  close(): void {
    this.#pending?.[Symbol.dispose]();
    this.#pending = undefined;
    this.#all.clear();
  }

  #begin(): void {
    if (this.#all.size === 0) return;
    this.#pending ??= this.#options.context.clock.setTimeout(() => this.#list(), 0);
  }

  #list(): void {
    const { context, query, size, fetched } = this.#options;
    this.#served = new Set(this.#all);
    if (this.#served.size * context.maxSizeFactor < size()) return this.#done();
    const list = new WholeList(query(), context, { page: fetched, done: () => this.#done() });
    this.#pending = list;
    list.start();
  }

  #done(): void {
    this.#pending = undefined;
    this.#options.done(new Set([...this.#served].filter((one) => this.#all.has(one))));
    this.#begin();
  }
}
