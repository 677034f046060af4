import {
  isRefusal,
  objectIdentifierKey,
  type Cause,
  type DependencyGraph,
  type DepwatchError,
  type GraphChange,
  type ObjectIdentifier,
  type ScopedGVR,
} from '@depwatch/core';
import { inCluster } from '../reconcile/causes.ts';
import { edgeTerms, type EdgeTerms } from './edge-terms.ts';
import type { MapChange, Mappings } from './mappings.ts';
import type { Reconciles } from '../reconcile/reconciles.ts';
import { CallController, split, type CallSignal } from '../requests/call-signal.ts';
import type { Resources } from '../requests/resources.ts';
import { asKnown, resolve, resolveAll } from './resolve.ts';
import { spellings } from './spellings.ts';
import type { TentativeEdge, TentativeEdges } from './tentative-edges.ts';
import type { DemandedFeeds } from './demanded-feeds.ts';

/** What {@link Dependencies} works on. */
export interface DependenciesOptions {
  readonly graph: DependencyGraph<EdgeTerms>;
  readonly feeds: DemandedFeeds;
  readonly loop: Reconciles;
  readonly mappings: Mappings;
  readonly resources: Resources;
  readonly tentative: TentativeEdges;
  readonly disableInitialReconcile: boolean;
  /** What causes call the cluster. */
  readonly cluster: string | undefined;
  /** An identifier as the graph knows it, as far as can be told without asking the server. */
  normalize(id: ObjectIdentifier): ObjectIdentifier;
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

  constructor(options: DependenciesOptions) {
    this.#options = options;
  }

  /** As `DynamicWatcher.addWatcher`. */
  add(
    by: Watcher,
    watched: ObjectIdentifier,
    terms: EdgeTerms | undefined,
    signal: CallSignal,
  ): Promise<void> {
    return this.bringUp(by, [watched], terms, signal, (added) =>
      this.#reconcileInitially(by, added),
    );
  }

  /** As `DynamicWatcher.addMapping`. */
  addMapping(
    by: Watcher,
    watched: ObjectIdentifier,
    map: MapChange,
    waits: boolean,
    signal: CallSignal,
  ): Promise<void> {
    const { disableInitialReconcile, feeds, mappings } = this.#options;
    return this.bringUp(by, [watched], edgeTerms(undefined, waits, map), signal, (added) => {
      if (disableInitialReconcile) return;
      for (const edge of added) {
        mappings.shown(map, edge.watched, feeds.objects(edge.key), 'initial');
      }
    });
  }

  /** As `DynamicWatcher.addOrUpdateWatcher`: the old watches go once all the new ones are live. */
  replace(
    by: Watcher,
    watched: readonly ObjectIdentifier[],
    terms: EdgeTerms | undefined,
    signal: CallSignal,
  ): Promise<void> {
    return this.bringUp(by, watched, terms, signal, (added) => {
      this.retain(by, watched);
      this.#options.feeds.forgetEnded(by.key);
      this.#reconcileInitially(by, added);
    });
  }

  /** Drops everything of a watcher, within this call. */
  remove({ key, watcher }: Watcher): void {
    const { graph, loop, feeds, tentative } = this.#options;
    tentative.forget(key);
    this.#stopUnwatched(graph.remove(watcher));
    loop.drop(key, watcher);
    feeds.forgetEnded(key);
  }

  /**
   * Drops what the watcher depends on, except what is named, within this call. A kind may have come to be known since it was
   * named: its edges stand as they were asked for, or as the graph knows them by now.
   */
  retain({ key, watcher }: Watcher, watched: readonly ObjectIdentifier[]): void {
    const { graph, tentative } = this.#options;
    tentative.forget(key);
    const named = watched.flatMap((id) => spellings(this.#options, watcher, id));
    this.#stopUnwatched(graph.retain(watcher, named));
  }

  /** As {@link retain}, and on these terms, by key: what a watcher depended on before. */
  restore(
    by: Watcher,
    watched: readonly ObjectIdentifier[],
    terms: ReadonlyMap<string, EdgeTerms>,
  ): void {
    this.retain(by, watched);
    for (const id of watched) {
      const key = objectIdentifierKey(id);
      this.#note(by.key, key, id, terms.get(key));
    }
  }

  /**
   * Finds out the resources, adds the edges, starts the watches that nobody had asked for, and waits until what is new is
   * live; what the watcher depended on before has to have been so once. When that fails, the edges go that nobody else
   * needs.
   *
   * @param terms what they are for this watcher, whatever they were; what waits for what is not to be had comes up all the same
   * @param settle called at the end with the edges that have come to be; within it nothing can come in between
   */
  async bringUp<R>(
    by: Watcher,
    watched: readonly ObjectIdentifier[],
    terms: EdgeTerms | undefined,
    signal: CallSignal,
    settle: (added: readonly TentativeEdge[]) => R,
  ): Promise<R> {
    const { graph, tentative } = this.#options;
    const { key, watcher } = by;
    const waits = terms?.waits ?? false;
    // Most calls name one thing, by the thousand: it takes no signal of its own, nor a promise for all.
    const isOne = watched.length === 1;
    const how = isOne
      ? [await resolve(this.#options, watched[0]!, waits, signal)]
      : await resolveAll(this.#options, watched, waits, signal);
    const wanted = asKnown(this.#options, watched, how);
    signal.throwIfAborted();
    const keys = wanted.map(objectIdentifierKey);
    const claimed = this.#link(by, watched, wanted, keys, how, terms);
    if (waits) this.#wait(key, keys, claimed, terms);
    try {
      const states = isOne
        ? [await this.#ready(keys[0]!, wanted[0]!, claimed.length === 0, waits, signal)]
        : await this.#allReady(keys, wanted, claimed, waits, signal);
      const missing = waits ? undefined : states.find((why) => why !== undefined);
      if (missing) throw missing;
      // It may have been aborted between the end of what was awaited and here.
      signal.throwIfAborted();
    } catch (error) {
      const unneeded = tentative.release(key, claimed);
      if (unneeded.length > 0) this.#stopUnwatched(graph.remove(watcher, unneeded));
      throw error;
    }
    // An edge that was there keeps its terms where the call fails.
    for (let index = 0; index < keys.length; index += 1)
      this.#note(key, keys[index]!, wanted[index]!, terms);
    return settle(tentative.confirm(key, claimed));
  }

  /**
   * Has a watcher depend on something from now on, whether it can be had or not, and doesn't wait for it; its terms have to be
   * those of one that waits.
   *
   * @returns waits until it is up, can't be seen, or isn't depended on any more, however long that takes
   */
  async demand(
    by: Watcher,
    watched: ObjectIdentifier,
    terms: EdgeTerms | undefined,
    signal: CallSignal,
  ): Promise<() => Promise<unknown>> {
    const how = await resolve(this.#options, watched, true, signal);
    signal.throwIfAborted();
    const [id] = asKnown(this.#options, [watched], [how]);
    const key = objectIdentifierKey(id!);
    const claimed = this.#link(by, [watched], [id!], [key], [how], terms);
    this.#wait(by.key, [key], claimed, terms);
    this.#options.tentative.confirm(by.key, claimed);
    this.#note(by.key, key, id!, terms);
    const { feeds } = this.#options;
    return () => feeds.ready(key, id!, false, new CallController(), true).catch(() => {});
  }

  /** What comes up is waited for from now on, also where a call that doesn't wait asked for it first. */
  #wait(
    watcherKey: string,
    keys: readonly string[],
    claimed: readonly TentativeEdge[],
    terms: EdgeTerms | undefined,
  ): void {
    const { graph, feeds } = this.#options;
    for (const { key } of claimed) graph.note(watcherKey, key, terms);
    for (const key of keys) feeds.awaited(key);
  }

  /** Notes the terms of an edge, in whichever spelling it stands by now. */
  #note(watcherKey: string, key: string, id: ObjectIdentifier, terms: EdgeTerms | undefined): void {
    const { graph, feeds, normalize } = this.#options;
    const known = normalize(id);
    for (const one of known === id ? [key] : [key, objectIdentifierKey(known)]) {
      // What can't be seen by now is waited for all the same: nobody was told that it ended.
      if (terms?.waits || !feeds.unavailable(one)) graph.note(watcherKey, one, terms);
    }
  }

  /** Whether what the watcher depends on can't be seen by any of the names that it stands by. */
  isUnavailable(watcher: ObjectIdentifier, id: ObjectIdentifier): boolean {
    const { graph, feeds } = this.#options;
    const edges = spellings(this.#options, watcher, id).filter((one) => graph.has(watcher, one));
    // One may be pending that was asked for before the kind was known, beside what is seen by now.
    const isPending = (edge: ObjectIdentifier): boolean =>
      feeds.unavailable(objectIdentifierKey(edge)) !== undefined;
    return edges.length > 0 && edges.every(isPending);
  }

  /** @returns those of the edges that the call has to confirm or release */
  #link(
    { key: watcherKey, watcher }: Watcher,
    asked: readonly ObjectIdentifier[],
    wanted: readonly ObjectIdentifier[],
    keys: readonly string[],
    how: readonly (ScopedGVR | DepwatchError)[],
    terms: EdgeTerms | undefined,
  ): readonly TentativeEdge[] {
    const { graph, feeds, tentative } = this.#options;
    const { start, added } = graph.add(watcher, wanted, { watcher: watcherKey, watched: keys });
    if (terms) for (const id of added) graph.note(watcherKey, objectIdentifierKey(id), terms);
    let at = 0;
    for (const id of start) {
      // What starts is in the order of what is wanted, so that all are found in one pass.
      if (wanted.length > 1) for (const key = objectIdentifierKey(id); keys[at] !== key;) at += 1;
      feeds.start(keys[at]!, id, asked[at]!, how[at]!);
    }
    return tentative.claim(watcherKey, keys, added);
  }

  /** @returns why it can't be seen; undefined where it is up, or was so before and that will do */
  #ready(
    key: string,
    watched: ObjectIdentifier,
    orWas: boolean,
    waits: boolean,
    signal: CallSignal,
  ): Promise<DepwatchError | undefined> {
    const up = this.#options.feeds.ready(key, watched, orWas, signal);
    return waits ? up.catch(refusal) : up;
  }

  #allReady(
    keys: readonly string[],
    wanted: readonly ObjectIdentifier[],
    claimed: readonly TentativeEdge[],
    waits: boolean,
    signal: CallSignal,
  ): Promise<readonly (DepwatchError | undefined)[]> {
    const fresh = new Set(claimed.map(({ key }) => key));
    const parts = split(signal, wanted.length);
    return Promise.all(
      wanted.map((id, index) => {
        const key = keys[index]!;
        return this.#ready(key, id, !fresh.has(key), waits, parts[index]!);
      }),
    );
  }

  #stopUnwatched({ stop }: GraphChange): void {
    for (const id of stop) this.#options.feeds.stop(id);
  }

  #reconcileInitially({ key, watcher }: Watcher, added: readonly TentativeEdge[]): void {
    const { disableInitialReconcile, feeds, loop, cluster } = this.#options;
    if (disableInitialReconcile) return;
    for (const edge of added) {
      if (feeds.objectCount(edge.key) === 0) continue;
      const cause: Cause = { type: 'initial', watched: edge.watched };
      loop.enqueue(key, watcher, inCluster(cluster, cause));
    }
  }
}

/**
 * What a watch that was live is refused with at present, while it has its grace, is why it can't be seen, for who waits.
 *
 * @throws any other error
 */
function refusal(error: unknown): DepwatchError {
  const { cause } = error as DepwatchError;
  if (isRefusal(cause)) return cause;
  throw error;
}
