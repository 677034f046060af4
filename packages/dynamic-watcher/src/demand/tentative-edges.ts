import { objectIdentifierKey, SmallMap, type ObjectIdentifier } from '@depwatch/core';

/** An edge that was added by calls of which none has come through yet. */
export interface TentativeEdge {
  /** The key of what is watched. */
  key: string;
  watched: ObjectIdentifier;
  /** How many calls that need it are under way. */
  claims: number;
}

/** The edges that go again when all the calls fail that asked for them; by watcher, then by what is watched. */
export class TentativeEdges {
  readonly #edges = new Map<string, SmallMap<string, TentativeEdge>>();

  /**
   * Notes that a call needs edges.
   *
   * @param keys of what it needs
   * @param added what of it the call itself added to the graph, in the same order
   * @returns those that are tentative: it has to confirm or release them
   */
  claim(
    watcherKey: string,
    keys: readonly string[],
    added: readonly ObjectIdentifier[],
  ): readonly TentativeEdge[] {
    let edges = this.#edges.get(watcherKey);
    if (!edges) {
      if (added.length === 0) return [];
      edges = new SmallMap();
      this.#edges.set(watcherKey, edges);
    }
    const isAll = added.length === keys.length;
    if (isAll && keys.length === 1) {
      const edge = { key: keys[0]!, watched: added[0]!, claims: 1 };
      edges.set(edge.key, edge);
      return [edge];
    }
    // An edge of before that is added anew is another one.
    for (const [index, watched] of added.entries()) {
      const key = isAll ? keys[index]! : objectIdentifierKey(watched);
      edges.set(key, { key, watched, claims: 0 });
    }
    const claimed: TentativeEdge[] = [];
    // Named twice, it is needed once.
    for (const key of isAll ? keys : new Set(keys)) {
      const edge = edges.get(key);
      if (!edge) continue;
      edge.claims += 1;
      claimed.push(edge);
    }
    return claimed;
  }

  /** The call came through: the edges stay. @returns those that were tentative until now */
  confirm(watcherKey: string, claimed: readonly TentativeEdge[]): readonly TentativeEdge[] {
    const edges = this.#edges.get(watcherKey);
    if (!edges || claimed.length === 0) return [];
    const isStill = (edge: TentativeEdge): boolean => edges.get(edge.key) === edge;
    const were = claimed.every(isStill) ? claimed : claimed.filter(isStill);
    // Nearly always they are all there are.
    if (were.length === edges.size) this.#edges.delete(watcherKey);
    else for (const { key } of were) edges.delete(key);
    return were;
  }

  /** The call failed. @returns what nobody needs any more */
  release(watcherKey: string, claimed: readonly TentativeEdge[]): readonly ObjectIdentifier[] {
    for (const edge of claimed) edge.claims -= 1;
    const unclaimed = claimed.filter(({ claims }) => claims === 0);
    return this.confirm(watcherKey, unclaimed).map(({ watched }) => watched);
  }

  /**
   * What is watched turned out to mean something else, and its edge went there.
   *
   * @param isNew whether there was no edge there yet; one that was there for good stays for good, and so does what moves for good
   */
  move(watcherKey: string, from: string, to: ObjectIdentifier, isNew: boolean): void {
    const edges = this.#edges.get(watcherKey);
    if (!edges) return;
    const key = objectIdentifierKey(to);
    const moved = edges.get(from);
    edges.delete(from);
    if (!moved) {
      edges.delete(key);
    } else if (isNew) {
      moved.key = key;
      moved.watched = to;
      edges.set(key, moved);
    }
    if (edges.size === 0) this.#edges.delete(watcherKey);
  }

  /** What the watcher depends on was settled over the heads of the calls under way. */
  forget(watcherKey: string): void {
    this.#edges.delete(watcherKey);
  }
}
