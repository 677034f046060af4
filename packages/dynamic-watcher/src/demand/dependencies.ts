import {
  DepwatchError,
  formatObjectIdentifier,
  objectIdentifierKey,
  type DependencyGraph,
  type GraphChange,
  type GroupVersionKind,
  type ObjectIdentifier,
  type ScopedGVR,
} from '@depwatch/core';
import { normalizeWatched } from './normalize-watched.ts';
import type { ReconcileLoop } from '../reconcile/reconcile-loop.ts';
import type { ResourceResolver } from '../requests/resource-resolver.ts';
import type { Operation } from './watcher-lines.ts';
import type { WatchSet } from '../supply/watch-set.ts';

/** What {@link Dependencies} works on. */
export interface DependenciesOptions {
  readonly graph: DependencyGraph;
  readonly watches: WatchSet;
  readonly loop: ReconcileLoop;
  readonly resources: ResourceResolver;
  readonly disableInitialReconcile: boolean;
}

/** What is to be watched, as the graph knows it, and the resource of each. */
export interface Resolved {
  readonly wanted: readonly ObjectIdentifier[];
  readonly gvrs: readonly ScopedGVR[];
}

/** Changes what watchers depend on, and starts and stops watches as the graph then asks for. */
export class Dependencies {
  readonly #options: DependenciesOptions;

  constructor(options: DependenciesOptions) {
    this.#options = options;
  }

  /** As `DynamicWatcher.addWatcher`. */
  add(watcher: ObjectIdentifier, watched: ObjectIdentifier, operation: Operation): Promise<void> {
    return this.#bringUp(watcher, [watched], operation, () => {});
  }

  /** As `DynamicWatcher.addOrUpdateWatcher`: the old watches go once all the new ones are live. */
  replace(
    watcher: ObjectIdentifier,
    watched: readonly ObjectIdentifier[],
    operation: Operation,
  ): Promise<void> {
    return this.#bringUp(watcher, watched, operation, (wanted) => {
      this.retain(watcher, wanted);
      this.#options.watches.forgetEnded(objectIdentifierKey(watcher));
    });
  }

  /** Drops everything of a watcher, within this call. */
  remove(watcher: ObjectIdentifier): void {
    const key = objectIdentifierKey(watcher);
    this.#stopUnwatched(this.#options.graph.remove(watcher));
    this.#options.loop.drop(key, watcher);
    this.#options.watches.forgetEnded(key);
  }

  /** Drops what the watcher depends on, except what is named, within this call. */
  retain(watcher: ObjectIdentifier, watched: readonly ObjectIdentifier[]): void {
    this.#stopUnwatched(this.#options.graph.retain(watcher, watched));
  }

  /** Drops what is named, within this call. */
  drop(watcher: ObjectIdentifier, watched: readonly ObjectIdentifier[]): void {
    this.#stopUnwatched(this.#options.graph.remove(watcher, watched));
  }

  /** Finds out the resources of what is to be watched. */
  async resolve(watched: readonly ObjectIdentifier[], operation: Operation): Promise<Resolved> {
    const { resources } = this.#options;
    const gvrs =
      watched.length === 1
        ? [await resources.resolve(watched[0]!, operation)]
        : await Promise.all(watched.map((id) => resources.resolve(id, operation)));
    return { wanted: watched.map((id, index) => normalizeWatched(id, gvrs[index]!)), gvrs };
  }

  /**
   * Adds the edges, and starts the watches that nobody had asked for; within this call. Throws when the operation was
   * ended meanwhile.
   */
  link(
    watcher: ObjectIdentifier,
    { wanted, gvrs }: Resolved,
    operation: Operation,
  ): readonly ObjectIdentifier[] {
    throwIfEnded(operation);
    const { graph, watches } = this.#options;
    const { start, added } = graph.add(watcher, wanted);
    let at = 0;
    for (const id of start) {
      // What starts is in the order of what is wanted, so that all are found in one pass.
      while (!sameKind(wanted[at]!, id)) at += 1;
      watches.start(id, gvrs[at]!);
    }
    return added;
  }

  /**
   * Waits until what is new is live; what the watcher depended on before has to have been so once. To be followed by
   * {@link throwIfEnded}.
   */
  ready(
    wanted: readonly ObjectIdentifier[],
    added: readonly ObjectIdentifier[],
    operation: Operation,
  ): Promise<unknown> {
    const { watches } = this.#options;
    if (wanted.length === 1) return watches.ready(wanted[0]!, added.length === 0, operation);
    const fresh = new Set(added.map(objectIdentifierKey));
    return Promise.all(
      wanted.map((id) => watches.ready(id, !fresh.has(objectIdentifierKey(id)), operation)),
    );
  }

  /** All three in a row, and `settle`; when that fails, it drops what it added. */
  async #bringUp(
    watcher: ObjectIdentifier,
    watched: readonly ObjectIdentifier[],
    operation: Operation,
    settle: (wanted: readonly ObjectIdentifier[]) => void,
  ): Promise<void> {
    const resolved = await this.resolve(watched, operation);
    const added = this.link(watcher, resolved, operation);
    try {
      await this.ready(resolved.wanted, added, operation);
      throwIfEnded(operation);
    } catch (error) {
      // One that jumped the line has settled already what the graph is to hold.
      if (!operation.overruled) this.drop(watcher, added);
      throw error;
    }
    settle(resolved.wanted);
    this.#reconcileInitially(watcher, added);
  }

  #stopUnwatched({ stop }: GraphChange): void {
    for (const id of stop) {
      const message = `the watch of ${formatObjectIdentifier(id)} was stopped, since nothing depends on it any more`;
      this.#options.watches.stop(id, new DepwatchError('ERR_ABORTED', message));
    }
  }

  #reconcileInitially(watcher: ObjectIdentifier, added: readonly ObjectIdentifier[]): void {
    const { disableInitialReconcile, watches, loop } = this.#options;
    if (disableInitialReconcile) return;
    for (const watched of added) {
      if (watches.objectCount(watched) === 0) continue;
      loop.enqueue(objectIdentifierKey(watcher), watcher, { type: 'initial', watched });
    }
  }
}

/**
 * To be called after each await that is followed by something lasting: a call that jumped the line may have come in
 * between the end of what was awaited and here.
 */
export function throwIfEnded({ ended }: Operation): void {
  if (ended) throw ended;
}

function sameKind(a: GroupVersionKind, b: GroupVersionKind): boolean {
  return a.kind === b.kind && a.version === b.version && (a.group || '') === (b.group || '');
}
