import {
  objectIdentifierKey,
  type DependencyGraph,
  type GraphChange,
  type ObjectIdentifier,
  type ScopedGVR,
} from '@depwatch/core';
import { normalizeWatched } from './normalize-watched.ts';
import type { Select } from './selections.ts';
import type { Reconciles } from '../reconcile/reconciles.ts';
import type { Resources } from '../requests/resources.ts';
import { TentativeEdges, type TentativeEdge } from './tentative-edges.ts';
import type { Feeds } from '../supply/feeds.ts';

/** What {@link Dependencies} works on. */
export interface DependenciesOptions {
  readonly graph: DependencyGraph;
  readonly feeds: Feeds;
  readonly loop: Reconciles;
  readonly resources: Resources;
  readonly disableInitialReconcile: boolean;
}

/** A watcher, with its key, which takes time to make. */
export interface Watcher {
  readonly key: string;
  readonly watcher: ObjectIdentifier;
}

/**
 * Changes what watchers depend on, and starts and stops watches as the graph then asks for. The signals are those of
 * {@link WatcherOperations}: who aborts one has settled already what the graph is to hold, or leaves it to the call.
 */
export class Dependencies {
  readonly #options: DependenciesOptions;
  readonly #tentative = new TentativeEdges();

  constructor(options: DependenciesOptions) {
    this.#options = options;
  }

  /** As `DynamicWatcher.addWatcher`. */
  add(
    by: Watcher,
    watched: ObjectIdentifier,
    select: Select | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    return this.bringUp(by, [watched], signal, (added, wanted) => {
      this.#select(by, wanted, select);
      this.#reconcileInitially(by, added);
    });
  }

  /** As `DynamicWatcher.addOrUpdateWatcher`: the old watches go once all the new ones are live. */
  replace(
    by: Watcher,
    watched: readonly ObjectIdentifier[],
    select: Select | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    return this.bringUp(by, watched, signal, (added, wanted) => {
      this.retain(by, wanted);
      this.#select(by, wanted, select);
      this.#options.feeds.forgetEnded(by.key);
      this.#reconcileInitially(by, added);
    });
  }

  /** Drops everything of a watcher, within this call. */
  remove({ key, watcher }: Watcher): void {
    const { graph, loop, feeds } = this.#options;
    this.#tentative.forget(key);
    this.#stopUnwatched(graph.remove(watcher));
    loop.drop(key, watcher);
    feeds.forgetEnded(key);
  }

  /** Drops what the watcher depends on, except what is named, within this call. */
  retain({ key, watcher }: Watcher, watched: readonly ObjectIdentifier[]): void {
    this.#tentative.forget(key);
    this.#stopUnwatched(this.#options.graph.retain(watcher, watched));
  }

  /**
   * Finds out the resources, adds the edges, starts the watches that nobody had asked for, and waits until what is new is
   * live; what the watcher depended on before has to have been so once. When that fails, the edges go that nobody else
   * needs.
   *
   * @param settle called at the end with the edges that have come to be; within it nothing can come in between
   * @param resolved called with what is to be watched as the graph knows it, before any of it is added
   */
  async bringUp<R>(
    { key, watcher }: Watcher,
    watched: readonly ObjectIdentifier[],
    signal: AbortSignal,
    settle: (added: readonly TentativeEdge[], wanted: readonly ObjectIdentifier[]) => R,
    resolved?: (wanted: readonly ObjectIdentifier[]) => void,
  ): Promise<R> {
    const gvrs = await this.#resolve(watched, signal);
    const wanted = watched.map((id, index) => normalizeWatched(id, gvrs[index]!));
    resolved?.(wanted);
    signal.throwIfAborted();
    const keys = wanted.map(objectIdentifierKey);
    const claimed = this.#tentative.claim(
      key,
      keys,
      this.#link(watcher, watched, wanted, keys, gvrs),
    );
    try {
      await this.#ready(wanted, keys, claimed, signal);
      // It may have been aborted between the end of what was awaited and here.
      signal.throwIfAborted();
    } catch (error) {
      const unneeded = this.#tentative.release(key, claimed);
      if (unneeded.length > 0) this.#stopUnwatched(this.#options.graph.remove(watcher, unneeded));
      throw error;
    }
    return settle(this.#tentative.confirm(key, claimed), wanted);
  }

  #resolve(
    watched: readonly ObjectIdentifier[],
    signal: AbortSignal,
  ): Promise<readonly ScopedGVR[]> {
    const { resources } = this.#options;
    if (watched.length === 1) return resources.resolve(watched[0]!, signal).then((gvr) => [gvr]);
    const parts = split(signal, watched.length);
    return Promise.all(watched.map((id, index) => resources.resolve(id, parts[index]!)));
  }

  #link(
    watcher: ObjectIdentifier,
    asked: readonly ObjectIdentifier[],
    wanted: readonly ObjectIdentifier[],
    keys: readonly string[],
    gvrs: readonly ScopedGVR[],
  ): readonly ObjectIdentifier[] {
    const { graph, feeds } = this.#options;
    const { start, added } = graph.add(watcher, wanted);
    let at = 0;
    for (const id of start) {
      // What starts is in the order of what is wanted, so that all are found in one pass.
      if (wanted.length > 1) for (const key = objectIdentifierKey(id); keys[at] !== key;) at += 1;
      feeds.start(keys[at]!, id, asked[at]!, gvrs[at]!);
    }
    return added;
  }

  #ready(
    wanted: readonly ObjectIdentifier[],
    keys: readonly string[],
    claimed: readonly TentativeEdge[],
    signal: AbortSignal,
  ): Promise<unknown> {
    const { feeds } = this.#options;
    if (wanted.length === 1) return feeds.ready(keys[0]!, wanted[0]!, !claimed[0], signal);
    const fresh = new Set(claimed.map(({ key }) => key));
    const parts = split(signal, wanted.length);
    return Promise.all(
      keys.map((key, index) => feeds.ready(key, wanted[index]!, !fresh.has(key), parts[index]!)),
    );
  }

  /** What is said last of an edge holds, also where nothing is said: then it is woken by all changes. */
  #select({ key }: Watcher, wanted: readonly ObjectIdentifier[], select: Select | undefined): void {
    for (const id of wanted) this.#options.graph.note(key, objectIdentifierKey(id), select);
  }

  #stopUnwatched({ stop }: GraphChange): void {
    for (const id of stop) this.#options.feeds.stop(id);
  }

  #reconcileInitially({ key, watcher }: Watcher, added: readonly TentativeEdge[]): void {
    const { disableInitialReconcile, feeds, loop } = this.#options;
    if (disableInitialReconcile) return;
    for (const edge of added) {
      if (feeds.objectCount(edge.key) === 0) continue;
      loop.enqueue(key, watcher, { type: 'initial', watched: edge.watched });
    }
  }
}

/** So many signals that are aborted with one, whose listeners would be searched one by one for each that is added. */
function split(signal: AbortSignal, count: number): readonly AbortSignal[] {
  const parts = Array.from({ length: count }, () => new AbortController());
  signal.addEventListener('abort', () => parts.forEach((part) => part.abort(signal.reason)));
  return parts.map((part) => part.signal);
}
