import assert from 'node:assert/strict';
import {
  isDepwatchError,
  noMetrics,
  objectIdentifierKey,
  type Cause,
  type KubernetesObject,
  type ObjectIdentifier,
  type ReconcileContext,
  type Result,
} from '@depwatch/core';
import type { VirtualClock } from '@depwatch/testing';
import { createDynamicWatcher, type DynamicWatcher } from '../../src/index.ts';
import { watcherCount, type Command, type Schedule } from './commands.ts';
import type { Server } from './server.ts';
import { digest, keyOf, keyOfWatched, targetIds, unique, watcherId } from './targets.ts';

interface Watching {
  /** The state of each watched object, by key, that a reconcile (or a read of the caller) last started from. */
  readonly seen: Map<string, string>;
  running: number;
  /** Counts the calls that concern this watcher. */
  calls: number;
  /** Calls under way. */
  pending: number;
  /** The number of the last call that was a remove and has resolved. */
  removedAt: number;
}

/** What the reconciler does. */
export type Mode = Extract<Command, { type: 'reconciler' }>['mode'];

/** Those who use the dynamic watcher: their calls, their reconciler, and what each of them last saw. */
export class Callers {
  readonly watcher: DynamicWatcher;
  /** What was not as it must be, in calls and reconciles. */
  readonly problems: string[] = [];
  mode: Mode = 'fine';
  /** How often several came to share a watch, or to share it no longer. */
  planChanges = 0;
  stopped = false;
  readonly #server: Server;
  readonly #clock: VirtualClock;
  readonly #told: (watcher: ObjectIdentifier, causes: readonly Cause[]) => void;
  readonly #watchings = new Map<string, Watching>();
  readonly #promises = new Set<Promise<unknown>>();

  /** @param told called with the causes of each reconcile, before it begins */
  constructor(
    server: Server,
    clock: VirtualClock,
    { workers, waits, plan, bounds }: Pick<Schedule, 'workers' | 'waits' | 'plan' | 'bounds'>,
    told: (watcher: ObjectIdentifier, causes: readonly Cause[]) => void,
  ) {
    this.#server = server;
    this.#clock = clock;
    this.#told = told;
    this.watcher = createDynamicWatcher({
      transport: server.transport,
      clock,
      enableCache: true,
      unavailable: waits ? 'wait' : 'reject',
      watchPlan: plan,
      watchPlanBounds: bounds,
      metrics: {
        ...noMetrics,
        count: (name) => {
          if (name === 'depwatch_plan_changes_total') this.planChanges += 1;
        },
      },
      maxConcurrentReconciles: workers,
      reconciler: (watcher, context) => this.#reconcile(watcher, context),
    });
    for (let index = 0; index < watcherCount; index += 1) {
      const watching = { seen: new Map(), running: 0, calls: 0, pending: 0, removedAt: -1 };
      this.#watchings.set(objectIdentifierKey(watcherId(index)), watching);
    }
  }

  /** How many calls have not settled. */
  get pending(): number {
    return this.#promises.size;
  }

  enqueue(index: number, afterMs: number): void {
    this.#of(index).calls += 1;
    this.watcher.enqueue(watcherId(index), { afterMs });
  }

  /** The state that a watcher last started from; undefined where it is not known. */
  lastSeen(watcher: ObjectIdentifier, watched: ObjectIdentifier): string | undefined {
    const { seen } = this.#watchings.get(objectIdentifierKey(watcher))!;
    // What was never there is nothing to wake for.
    const last = seen.get(keyOfWatched(watched)) ?? digest([]);
    return last === unknown ? undefined : last;
  }

  #of(index: number): Watching {
    return this.#watchings.get(objectIdentifierKey(watcherId(index)))!;
  }

  /** Follows a call until it settles; `check` runs then, and is told whether it was alone with its watcher. */
  #follow<R>(
    index: number,
    call: () => Promise<R>,
    check: (outcome: { value: R } | { error: unknown }, alone: boolean) => void,
  ): void {
    const watching = this.#of(index);
    watching.calls += 1;
    watching.pending += 1;
    const { calls } = watching;
    const others = watching.pending > 1;
    const promise = call()
      .then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      )
      .then((outcome) => {
        watching.pending -= 1;
        this.#promises.delete(promise);
        this.forgetDroppedEdges();
        const alone = !others && watching.calls === calls && !this.#server.forbade && !this.stopped;
        if ('error' in outcome && !isDepwatchError(outcome.error) && outcome.error !== halfWay) {
          this.problems.push(`an error of no kind: ${String(outcome.error)}`);
        }
        try {
          check(outcome, alone);
        } catch (error) {
          this.problems.push((error as Error).message);
        }
      });
    this.#promises.add(promise);
  }

  add(index: number, target: number): void {
    const by = watcherId(index);
    const before = this.#edges(by);
    this.#follow(
      index,
      () => this.watcher.addWatcher(by, targetIds[target]!),
      (outcome, alone) => {
        if ('error' in outcome) this.#forgetFailed(index, [keyOf(target)], alone);
        if (!alone) return;
        const wanted = 'error' in outcome ? before : [...before, keyOf(target)];
        assert.deepEqual(this.#edges(by), unique(wanted), '10: an add left the wrong edges');
      },
    );
  }

  update(index: number, targets: readonly number[]): void {
    const by = watcherId(index);
    const before = this.#edges(by);
    this.#follow(
      index,
      () =>
        this.watcher.addOrUpdateWatcher(
          by,
          targets.map((target) => targetIds[target]!),
        ),
      (outcome, alone) => {
        if ('error' in outcome) this.#forgetFailed(index, targets.map(keyOf), alone);
        else this.#forgetAllBut(index, targets.map(keyOf), alone);
        if (!alone) return;
        const wanted = 'error' in outcome ? before : targets.map(keyOf);
        assert.deepEqual(this.#edges(by), unique(wanted), '10: an update left the wrong edges');
      },
    );
  }

  remove(index: number): void {
    const by = watcherId(index);
    const watching = this.#of(index);
    const calls = watching.calls + 1;
    this.#follow(
      index,
      () => this.watcher.removeWatcher(by, { abortBatch: true }),
      (outcome) => {
        if ('error' in outcome) throw new Error(`a remove failed: ${String(outcome.error)}`);
        watching.removedAt = calls;
      },
    );
  }

  batch({ watcher, targets, end }: Extract<Command, { type: 'batch' }>): void {
    const by = watcherId(watcher);
    const before = this.#edges(by);
    const answered: string[] = [];
    const run = async (): Promise<void> => {
      const batch = await this.watcher.startQueryBatch(by);
      const reads = targets.map(async (target) => {
        await this.#read(by, target);
        answered.push(keyOf(target));
      });
      await Promise.allSettled(reads);
      if (end === 'commit') await batch.end();
      else await batch.abort();
    };
    const fails = (): Promise<void> =>
      this.watcher.queryBatch(by, async () => {
        await Promise.allSettled(
          targets.map(async (target) => {
            await this.#read(by, target);
            answered.push(keyOf(target));
          }),
        );
        throw halfWay;
      });
    this.#follow(watcher, end === 'fail' ? fails : run, (outcome, alone) => {
      if (!('error' in outcome)) {
        const kept = end === 'commit' ? targets.map(keyOf) : before;
        this.#forgetAllBut(watcher, kept, alone);
      }
      const failed = targets.map(keyOf).filter((key) => !answered.includes(key));
      this.#forgetFailed(watcher, failed, alone);
      if (!alone || ('error' in outcome && outcome.error !== halfWay)) return;
      // A query that failed keeps the edge that was there, and makes none.
      const kept = before.filter((key) => targets.map(keyOf).includes(key));
      const wanted = {
        commit: [...kept, ...answered],
        fail: [...before, ...answered],
        abort: before,
      }[end];
      assert.deepEqual(
        this.#edges(by),
        unique(wanted),
        `14: a batch left the wrong edges (${end})`,
      );
    });
  }

  /** Reads a target in a batch: what the caller then has is what it was woken for. */
  async #read(by: ObjectIdentifier, target: number): Promise<void> {
    const id = targetIds[target]!;
    const key = keyOf(target);
    const found = id.name ? [await this.watcher.get(by, id)] : await this.watcher.list(by, id);
    const state = digest(found.filter((object) => object !== undefined) as KubernetesObject[]);
    this.#watchings.get(objectIdentifierKey(by))!.seen.set(key, state);
  }

  async #reconcile(
    watcher: ObjectIdentifier,
    { signal, causes }: ReconcileContext,
  ): Promise<Result | void> {
    const watching = this.#watchings.get(objectIdentifierKey(watcher))!;
    this.#told(watcher, causes);
    watching.running += 1;
    if (watching.running > 1) this.problems.push('6: a watcher runs twice at once');
    if (watching.pending === 0 && watching.removedAt === watching.calls) {
      this.problems.push('8: a watcher is reconciled after it was removed');
    }
    this.forgetDroppedEdges();
    for (const { watched } of this.#edgesOf(watcher)) {
      const state = this.cached(watched);
      if (state !== undefined) watching.seen.set(keyOfWatched(watched), state);
    }
    try {
      switch (this.mode) {
        case 'throws':
          throw new Error('the reconciler fails');
        case 'slow':
          await new Promise<void>((resolve) => {
            this.#clock.setTimeout(resolve, 3000);
            signal.addEventListener('abort', () => resolve());
          });
          return;
        case 'requeues':
          return { requeueAfterMs: 700 };
        case 'queries':
          // Left open on purpose, now and then: the reconcile ends it.
          watching.calls += 1;
          await this.watcher.startQueryBatch(watcher).catch(() => {});
          return;
        default:
      }
    } finally {
      watching.running -= 1;
    }
  }

  /**
   * As below, for a call that dropped edges: the next in line may have added them again before anybody could look. With
   * other calls about, what is seen of such an edge may be of its new life.
   */
  #forgetAllBut(index: number, kept: readonly string[], alone: boolean): void {
    const { seen } = this.#of(index);
    for (const key of seen.keys()) {
      if (kept.includes(key)) continue;
      if (alone) seen.delete(key);
      else seen.set(key, unknown);
    }
  }

  /** A call that fails drops the edges that it had added; so the same holds for them. */
  #forgetFailed(index: number, keys: readonly string[], alone: boolean): void {
    const { seen } = this.#of(index);
    if (!alone) for (const key of keys) if (seen.has(key)) seen.set(key, unknown);
  }

  /** An edge that goes, and comes back later, is a new one. */
  forgetDroppedEdges(): void {
    if (this.stopped) return;
    for (let index = 0; index < watcherCount; index += 1) {
      const { seen } = this.#of(index);
      const edges = this.#edges(watcherId(index));
      for (const key of seen.keys()) if (!edges.includes(key)) seen.delete(key);
    }
  }

  #edgesOf(watcher: ObjectIdentifier) {
    const key = objectIdentifierKey(watcher);
    return this.watcher.graph().edges.filter((edge) => objectIdentifierKey(edge.watcher) === key);
  }

  #edges(watcher: ObjectIdentifier): string[] {
    // While a kind is not known, one thing may be there in two spellings.
    return unique(this.#edgesOf(watcher).map(({ watched }) => keyOfWatched(watched)));
  }

  /** What the cache has for a query, in short; undefined when it has no entry. */
  cached(query: ObjectIdentifier): string | undefined {
    const objects = this.shown(query);
    return objects && digest(objects);
  }

  /** The objects that the cache has for a query; undefined when it has no entry. */
  shown(known: ObjectIdentifier): readonly KubernetesObject[] | undefined {
    // The graph may know it by another scope than the kind has by now.
    const query = targetIds.find((id) => keyOfWatched(id) === keyOfWatched(known)) ?? known;
    try {
      if (!query.name) return this.watcher.listFromCache(query) as readonly KubernetesObject[];
      const object = this.watcher.getFromCache(query);
      return object ? [object as KubernetesObject] : [];
    } catch (error) {
      if (isDepwatchError(error, 'ERR_NO_CACHE_ENTRY')) return undefined;
      throw error;
    }
  }
}

const halfWay = new Error('half-way');

/** A state that was seen, or not. */
const unknown = 'unknown';
