import {
  copyObjectIdentifier,
  DepwatchError,
  formatObjectIdentifier,
  groupVersionKindKey,
  objectIdentifierKey,
  type DependencyGraph,
  type GraphChange,
  type ObjectIdentifier,
  type ScopedGVR,
} from '@depwatch/core';
import { normalizeWatched } from './planner.ts';
import type { ReconcileLoop } from './reconcile-loop.ts';
import type { ResourceResolver } from './resource-resolver.ts';
import type { Operation } from './watcher-lines.ts';
import type { WatchSet } from './watch-set.ts';

/** What {@link Dependencies} works on. */
export interface DependenciesOptions {
  readonly graph: DependencyGraph;
  readonly watches: WatchSet;
  readonly loop: ReconcileLoop;
  readonly resources: ResourceResolver;
  readonly disableInitialReconcile: boolean;
}

/** What is to be watched, as the graph knows it, and the resources of its kinds. */
export interface Resolved {
  readonly wanted: readonly ObjectIdentifier[];
  readonly resources: ReadonlyMap<string, ScopedGVR>;
}

interface BroughtUp {
  readonly wanted: readonly ObjectIdentifier[];
  /** What of it is new to the watcher. */
  readonly added: readonly ObjectIdentifier[];
}

/** Changes what watchers depend on, and starts and stops watches as the graph then asks for. */
export class Dependencies {
  readonly #options: DependenciesOptions;

  constructor(options: DependenciesOptions) {
    this.#options = options;
  }

  /** As `DynamicWatcher.addWatcher`. */
  async add(
    watcher: ObjectIdentifier,
    watched: ObjectIdentifier,
    operation: Operation,
  ): Promise<void> {
    const { added } = await this.#bringUp(watcher, [watched], operation);
    throwIfOverruled(operation);
    this.#reconcileInitially(watcher, added);
  }

  /** As `DynamicWatcher.addOrUpdateWatcher`: the old watches go once all the new ones are live. */
  async replace(
    watcher: ObjectIdentifier,
    watched: readonly ObjectIdentifier[],
    operation: Operation,
  ): Promise<void> {
    const { wanted, added } = await this.#bringUp(watcher, watched, operation);
    throwIfOverruled(operation);
    this.#stopUnwatched(this.#options.graph.retain(watcher, wanted));
    this.#options.watches.forgetEnded(objectIdentifierKey(watcher));
    this.#reconcileInitially(watcher, added);
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
    const resolver = this.#options.resources;
    const resources = new Map<string, ScopedGVR>();
    const wanted: ObjectIdentifier[] = [];
    for (const id of watched) {
      const gvr = resolver.peek(id) ?? (await resolver.resolve(id, operation.signal));
      resources.set(groupVersionKindKey(id), gvr);
      wanted.push(normalizeWatched(id, gvr));
    }
    return { wanted, resources };
  }

  /**
   * Adds the edges, and starts the watches that nobody had asked for; within this call. Throws when the operation was
   * ended meanwhile.
   */
  link(
    watcher: ObjectIdentifier,
    { wanted, resources }: Resolved,
    operation: Operation,
  ): readonly ObjectIdentifier[] {
    throwIfEnded(operation);
    const { graph, watches } = this.#options;
    const { start, added } = graph.add(watcher, wanted);
    for (const id of start) watches.start(id, resources.get(groupVersionKindKey(id))!);
    return added;
  }

  /** Waits until what is new is live; what the watcher depended on before has to have been so once. */
  async ready(
    wanted: readonly ObjectIdentifier[],
    added: readonly ObjectIdentifier[],
    operation: Operation,
  ): Promise<void> {
    const fresh = new Set(added.map(objectIdentifierKey));
    await Promise.all(
      wanted.map((id) =>
        this.#options.watches.ready(id, !fresh.has(objectIdentifierKey(id)), operation.signal),
      ),
    );
    throwIfEnded(operation);
  }

  /** All three in a row; when that fails, it drops what it added. */
  async #bringUp(
    watcher: ObjectIdentifier,
    watched: readonly ObjectIdentifier[],
    operation: Operation,
  ): Promise<BroughtUp> {
    const resolved = await this.resolve(watched, operation);
    const { wanted } = resolved;
    const added = this.link(watcher, resolved, operation);
    try {
      await this.ready(wanted, added, operation);
    } catch (error) {
      // One that jumped the line has settled already what the graph is to hold.
      if (!operation.overruled) this.drop(watcher, added);
      throw error;
    }
    return { wanted, added };
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
    const key = objectIdentifierKey(watcher);
    for (const watched of added) {
      if (watches.objectCount(watched) === 0) continue;
      loop.enqueue(key, copyObjectIdentifier(watcher), { type: 'initial', watched });
    }
  }
}

/**
 * To be called after each await that is followed by something lasting: a call that jumped the line may have come in
 * between the end of what was awaited and here.
 */
export function throwIfOverruled({ overruled, signal }: Operation): void {
  if (overruled) throw signal.reason as DepwatchError;
}

function throwIfEnded({ signal }: Operation): void {
  if (signal.aborted) throw signal.reason as DepwatchError;
}
