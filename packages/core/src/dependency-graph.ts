import {
  copyObjectIdentifier,
  objectIdentifierKey,
  type ObjectIdentifier,
} from './object-identifier.ts';
import { SmallMap } from './small-map.ts';

/** What a change to the graph asks for. All lists are in the order in which things were added. */
export interface GraphChange {
  /** Watched objects that nobody watched before: start watching them. */
  readonly start: readonly ObjectIdentifier[];
  /** Watched objects that nobody watches any more: stop watching them. */
  readonly stop: readonly ObjectIdentifier[];
  /** What the watcher has come to depend on. */
  readonly added: readonly ObjectIdentifier[];
  /** What the watcher no longer depends on. */
  readonly removed: readonly ObjectIdentifier[];
}

/** Who depends on what, as plain data. */
export interface DependencyGraphSnapshot {
  readonly watchers: readonly ObjectIdentifier[];
  readonly watched: readonly ObjectIdentifier[];
  readonly edges: readonly {
    readonly watcher: ObjectIdentifier;
    readonly watched: ObjectIdentifier;
  }[];
}

/**
 * Watchers, what they watch, and how often each watched object is held. It is told of changes and returns what they ask
 * for; it starts and stops nothing itself. Identifiers that mean the same are one node, known by the spelling that came
 * first: it keeps a copy, or the identifier itself where that is frozen. Nothing is left behind: a node without an edge does not exist.
 *
 * @typeParam Note what is kept with edges
 */
export interface DependencyGraph<Note = unknown> {
  /**
   * Adds what of `watched` the watcher does not depend on yet.
   *
   * @param keys of both, from whoever has them: each takes time to make, and room
   */
  add(
    watcher: ObjectIdentifier,
    watched: readonly ObjectIdentifier[],
    keys?: { readonly watcher: string; readonly watched: readonly string[] },
  ): GraphChange;
  /** Makes the watcher depend on exactly `watched`; on nothing removes it. */
  replace(watcher: ObjectIdentifier, watched: readonly ObjectIdentifier[]): GraphChange;
  /** Removes from the watcher what it depends on, except what is named; adds nothing. */
  retain(watcher: ObjectIdentifier, watched: readonly ObjectIdentifier[]): GraphChange;
  /** Removes from the watcher what it depends on: all, or only what is named. */
  remove(watcher: ObjectIdentifier, watched?: readonly ObjectIdentifier[]): GraphChange;
  /** Whether the watcher depends on it. */
  has(watcher: ObjectIdentifier, watched: ObjectIdentifier): boolean;
  /** What the watcher depends on, in the order in which it came to. */
  watchedBy(watcher: ObjectIdentifier): readonly ObjectIdentifier[];
  /** Who depends on it. */
  watchersOf(watched: ObjectIdentifier): readonly ObjectIdentifier[];
  /**
   * Keeps something with an edge, for as long as the edge is there; undefined takes it away. Where there is no such edge it
   * does nothing.
   */
  note(watcherKey: string, watchedKey: string, note: Note | undefined): void;
  /** What is kept with the edges of the watcher with this key, by the watched object's; a copy. */
  notes(watcherKey: string): ReadonlyMap<string, Note>;
  /**
   * Calls `visit` with the key and the identifier of each watcher of the watched object with this key, and with what is kept
   * with the edge.
   */
  forEachWatcher(
    watchedKey: string,
    visit: (watcherKey: string, watcher: ObjectIdentifier, note: Note | undefined) => void,
  ): void;
  /** Whether anybody depends on the watched object with this key. */
  isWatched(watchedKey: string): boolean;
  /** How many distinct objects are watched. */
  readonly watchedCount: number;
  /** A copy of the whole. */
  snapshot(): DependencyGraphSnapshot;
}

interface Node<Note> {
  readonly key: string;
  readonly identifier: ObjectIdentifier;
  /** The other ends of its edges, by key. */
  readonly edges: SmallMap<string, Node<Note>>;
  /** Of a watched object: what is kept with its edges, by the watcher's key. */
  notes?: SmallMap<string, Note>;
}

/** An empty {@link DependencyGraph}. */
export function createDependencyGraph<Note = unknown>(): DependencyGraph<Note> {
  const watchers = new Map<string, Node<Note>>();
  const watched = new Map<string, Node<Note>>();

  const change = (
    watcher: ObjectIdentifier,
    wanted: readonly ObjectIdentifier[],
    unwanted?: (node: Node<Note>) => Iterable<Node<Note>>,
    keys?: { readonly watcher: string; readonly watched: readonly string[] },
  ): GraphChange => {
    const from = nodeFor(watchers, watcher, keys?.watcher);
    const result: MutableGraphChange = { start: none, stop: none, added: none, removed: none };
    for (const [index, identifier] of wanted.entries()) {
      const to = nodeFor(watched, identifier, keys?.watched[index]);
      if (from.edges.has(to.key)) continue;
      if (to.edges.size === 0) {
        watched.set(to.key, to);
        result.start = and(result.start, to.identifier);
      }
      to.edges.set(from.key, from);
      from.edges.set(to.key, to);
      result.added = and(result.added, to.identifier);
    }
    for (const to of unwanted?.(from) ?? []) {
      from.edges.delete(to.key);
      to.edges.delete(from.key);
      to.notes?.delete(from.key);
      result.removed = and(result.removed, to.identifier);
      if (to.edges.size === 0) {
        watched.delete(to.key);
        result.stop = and(result.stop, to.identifier);
      }
    }
    if (from.edges.size === 0) watchers.delete(from.key);
    else watchers.set(from.key, from);
    return result;
  };

  return {
    add: (watcher, identifiers, keys) => change(watcher, identifiers, undefined, keys),
    replace: (watcher, identifiers) => change(watcher, identifiers, allBut(identifiers)),
    retain: (watcher, identifiers) => change(watcher, [], allBut(identifiers)),
    remove: (watcher, identifiers) => {
      const only = identifiers && new Set(identifiers.map(objectIdentifierKey));
      return change(watcher, [], (from) =>
        from.edges.values().filter((to) => !only || only.has(to.key)),
      );
    },
    has: (watcher, identifier) =>
      nodeOf(watchers, watcher)?.edges.has(objectIdentifierKey(identifier)) ?? false,
    watchedBy: (watcher) => othersOf(nodeOf(watchers, watcher)),
    watchersOf: (identifier) => othersOf(nodeOf(watched, identifier)),
    note: (watcherKey, watchedKey, note) => {
      const node = watched.get(watchedKey);
      if (!node?.edges.has(watcherKey)) return;
      if (note === undefined) node.notes?.delete(watcherKey);
      else (node.notes ??= new SmallMap()).set(watcherKey, note);
    },
    notes: (watcherKey) => {
      const found = new Map<string, Note>();
      for (const { key, notes } of watchers.get(watcherKey)?.edges.values() ?? []) {
        const note = notes?.get(watcherKey);
        if (note !== undefined) found.set(key, note);
      }
      return found;
    },
    forEachWatcher: (watchedKey, visit) => {
      const node = watched.get(watchedKey);
      node?.edges.forEach(({ identifier }, key) => visit(key, identifier, node.notes?.get(key)));
    },
    isWatched: (watchedKey) => watched.has(watchedKey),
    get watchedCount() {
      return watched.size;
    },
    snapshot: () => ({
      watchers: [...watchers.values()].map(({ identifier }) => identifier),
      watched: [...watched.values()].map(({ identifier }) => identifier),
      edges: [...watchers.values()].flatMap((from) =>
        from.edges.values().map((to) => ({
          watcher: from.identifier,
          watched: to.identifier,
        })),
      ),
    }),
  };
}

function allBut<Note>(
  identifiers: readonly ObjectIdentifier[],
): (from: Node<Note>) => Node<Note>[] {
  const keep = new Set(identifiers.map(objectIdentifierKey));
  return (from) => from.edges.values().filter((to) => !keep.has(to.key));
}

type MutableGraphChange = { -readonly [Key in keyof GraphChange]: GraphChange[Key] };

const none: readonly ObjectIdentifier[] = Object.freeze([]);

/** Adds one to a list of this change's own. Most hold one at most, and an array that grows from none has room for 17. */
function and(list: readonly ObjectIdentifier[], one: ObjectIdentifier): ObjectIdentifier[] {
  if (list.length === 0) return [one];
  const own = list as ObjectIdentifier[];
  own.push(one);
  return own;
}

function nodeOf<Note>(
  nodes: Map<string, Node<Note>>,
  identifier: ObjectIdentifier,
): Node<Note> | undefined {
  return nodes.get(objectIdentifierKey(identifier));
}

/** The node that is there, or a new one, which is not. */
function nodeFor<Note>(
  nodes: Map<string, Node<Note>>,
  identifier: ObjectIdentifier,
  key = objectIdentifierKey(identifier),
): Node<Note> {
  const known = nodes.get(key);
  if (known) return known;
  // What is frozen can't change under the graph's hands.
  const own = Object.isFrozen(identifier) ? identifier : copyObjectIdentifier(identifier);
  return { key, identifier: own, edges: new SmallMap() };
}

function othersOf<Note>(node: Node<Note> | undefined): readonly ObjectIdentifier[] {
  return node ? node.edges.values().map(({ identifier }) => identifier) : [];
}
