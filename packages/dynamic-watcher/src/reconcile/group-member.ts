import {
  objectIdentifierKey,
  type Cause,
  type DependencyGraph,
  type DepwatchError,
  type ObjectIdentifier,
} from '@depwatch/core';
import type { Causes } from './causes.ts';
import type { ReconcileLoop } from './reconcile-loop.ts';
import type { ReconcileRun } from './reconcile-run.ts';
import type { Reconciles } from './reconciles.ts';

/** What a {@link GroupMember} works on. */
export interface GroupMemberOptions {
  readonly loop: ReconcileLoop;
  /** All members, this one included once it is made. */
  readonly members: Set<GroupMember>;
  /** Who depends on what in this member. */
  readonly graph: DependencyGraph;
  /** A reconcile has settled. */
  settled(run: ReconcileRun): void;
}

/** One dynamic watcher's part in the loop of a group. A watcher may be known to several of them. */
export class GroupMember implements Reconciles {
  readonly #options: GroupMemberOptions;
  /** Those that were asked for by name, and so may depend on nothing. */
  readonly #asked = new Map<string, ObjectIdentifier>();
  /** The reconciles that its stop has aborted, by key. */
  readonly #ending = new Set<string>();
  readonly #ended = Promise.withResolvers<void>();
  #stopped = false;

  constructor(options: GroupMemberOptions) {
    this.#options = options;
    options.members.add(this);
  }

  enqueue(key: string, watcher: ObjectIdentifier, cause: Cause, afterMs?: number): void {
    if (this.#stopped) return;
    this.#asked.set(key, watcher);
    this.#options.loop.enqueue(key, watcher, cause, afterMs);
  }

  enqueueAll<Note>(
    graph: DependencyGraph<Note>,
    watchedKey: string,
    causes: Causes | undefined,
    noted?: (note: Note) => Causes | undefined,
  ): void {
    if (!this.#stopped) this.#options.loop.enqueueAll(graph, watchedKey, causes, noted);
  }

  drop(key: string, watcher: ObjectIdentifier): void {
    this.#asked.delete(key);
    if (!this.#isOthers(key, watcher)) this.#options.loop.drop(key, watcher);
  }

  /** Drops what no other member has to do with; what others have is theirs, and goes on. */
  stop(reason: DepwatchError): void {
    if (this.#stopped) return;
    this.#stopped = true;
    const { loop, members, graph } = this.#options;
    members.delete(this);
    const own = new Map(this.#asked);
    for (const watcher of graph.snapshot().watchers) own.set(objectIdentifierKey(watcher), watcher);
    for (const [key, watcher] of own) {
      if (this.#isOthers(key, watcher)) continue;
      loop.drop(key, watcher);
      if (loop.abort(key, reason)) this.#ending.add(key);
    }
    this.#asked.clear();
    if (this.#ending.size === 0) this.#ended.resolve();
  }

  settled(): Promise<void> {
    return this.#ended.promise;
  }

  /** A reconcile of the group has settled, whoever it was for. */
  runSettled(run: ReconcileRun): void {
    if (!this.#stopped) return this.#options.settled(run);
    this.#ending.delete(run.key);
    if (this.#ending.size === 0) this.#ended.resolve();
  }

  /** Whether it has to do with a watcher. */
  #knows(key: string, watcher: ObjectIdentifier): boolean {
    return this.#asked.has(key) || this.#options.graph.watchedBy(watcher).length > 0;
  }

  #isOthers(key: string, watcher: ObjectIdentifier): boolean {
    for (const member of this.#options.members) {
      if (member !== this && member.#knows(key, watcher)) return true;
    }
    return false;
  }
}
