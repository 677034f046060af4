import { objectIdentifierKey, type ObjectIdentifier } from '@depwatch/core';

/** An edge that was added by calls of which none has come through yet. */
export interface TentativeEdge {
  /** The key of what is watched. */
  readonly key: string;
  readonly watched: ObjectIdentifier;
  /** How many calls that need it are under way. */
  claims: number;
}

/** The edges that go again when all the calls fail that asked for them; by watcher, then by what is watched. */
export class TentativeEdges {
  readonly #edges = new Map<string, Map<string, TentativeEdge>>();

  /**
   * Notes that a call needs edges.
   *
   * @param added those of them that the call itself added to the graph
   * @returns those that are tentative: it has to confirm or release them
   */
  claim(
    watcherKey: string,
    wanted: readonly ObjectIdentifier[],
    added: readonly ObjectIdentifier[],
  ): readonly TentativeEdge[] {
    let edges = this.#edges.get(watcherKey);
    if (added.length > 0) {
      if (!edges) this.#edges.set(watcherKey, (edges = new Map()));
      // An edge of before that is added anew is another one.
      for (const watched of added) {
        const key = objectIdentifierKey(watched);
        edges.set(key, { key, watched, claims: 0 });
      }
    }
    if (!edges) return [];
    // The usual case, and a shorter way to the same.
    const claimed =
      wanted.length === added.length && edges.size === added.length
        ? [...edges.values()]
        : edgesOf(edges, wanted);
    for (const edge of claimed) edge.claims += 1;
    return claimed;
  }

  /** The call came through: the edges stay. @returns those that were tentative until now */
  confirm(watcherKey: string, claimed: readonly TentativeEdge[]): readonly ObjectIdentifier[] {
    return this.#settle(watcherKey, claimed);
  }

  /** The call failed. @returns the edges that nobody needs any more */
  release(watcherKey: string, claimed: readonly TentativeEdge[]): readonly ObjectIdentifier[] {
    for (const edge of claimed) edge.claims -= 1;
    return this.#settle(
      watcherKey,
      claimed.filter(({ claims }) => claims === 0),
    );
  }

  /** What the watcher depends on was settled over the heads of the calls under way. */
  forget(watcherKey: string): void {
    this.#edges.delete(watcherKey);
  }

  /** Has them be tentative no more. @returns those that were */
  #settle(watcherKey: string, settled: readonly TentativeEdge[]): readonly ObjectIdentifier[] {
    const edges = this.#edges.get(watcherKey);
    if (!edges) return [];
    const were = settled.filter((edge) => edges.get(edge.key) === edge);
    for (const { key } of were) edges.delete(key);
    if (edges.size === 0) this.#edges.delete(watcherKey);
    return were.map(({ watched }) => watched);
  }
}

function edgesOf(
  edges: ReadonlyMap<string, TentativeEdge>,
  wanted: readonly ObjectIdentifier[],
): readonly TentativeEdge[] {
  // Named twice, it is needed once.
  const found = new Set(wanted.map((id) => edges.get(objectIdentifierKey(id))));
  return [...found].filter((edge) => edge !== undefined);
}
