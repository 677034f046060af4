import { wholeKind, type PlanBranch } from '@depwatch/core';
import type { Feed } from '../feed.ts';

/** The feeds of one kind that are watched, by the branch of the plan that they are in. */
export class GroupFeeds {
  readonly #namespaced: boolean;
  /** Under {@link wholeKind} those that span all namespaces. */
  readonly byNamespace = new Map<string, Set<Feed>>();
  total = 0;

  /** @param namespaced whether the kind lives in namespaces */
  constructor(namespaced: boolean, feeds: Iterable<Feed> = []) {
    this.#namespaced = namespaced;
    for (const feed of feeds) this.add(feed);
  }

  add(feed: Feed): void {
    const namespace = this.namespaceOf(feed);
    const feeds = this.byNamespace.get(namespace);
    if (feeds) feeds.add(feed);
    else this.byNamespace.set(namespace, new Set([feed]));
    this.total += 1;
  }

  /** @returns whether it was there */
  delete(feed: Feed): boolean {
    const namespace = this.namespaceOf(feed);
    const feeds = this.byNamespace.get(namespace);
    if (!feeds?.delete(feed)) return false;
    if (feeds.size === 0) this.byNamespace.delete(namespace);
    this.total -= 1;
    return true;
  }

  namespaceOf({ watched }: Feed): string {
    return (this.#namespaced && watched.namespace) || wholeKind;
  }

  /** A copy: what is done about them may add some, or take some away. */
  of(branch: PlanBranch): readonly Feed[] {
    if (branch !== wholeKind) return [...(this.byNamespace.get(branch) ?? [])];
    return [...this.byNamespace.values()].flatMap((feeds) => [...feeds]);
  }
}
