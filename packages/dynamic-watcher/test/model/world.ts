import assert from 'node:assert/strict';
import {
  isDepwatchError,
  objectIdentifierKey,
  type KubernetesObject,
  type ObjectIdentifier,
  type ReconcileContext,
  type Result,
} from '@depwatch/core';
import { createFakeTransport, createVirtualClock, type FakeTransport } from '@depwatch/testing';
import { createDynamicWatcher, type DynamicWatcher } from '../../src/index.ts';
import { objectCount, watcherCount, type Command, type Schedule } from './commands.ts';

const watcherId = (index: number): ObjectIdentifier => ({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  namespace: 'default',
  name: `w${index}`,
});
const kind = { version: 'v1', kind: 'ConfigMap', namespace: 'default' };

/** By name, by selector in two spellings, and a cluster-scoped kind that is given a namespace. */
const targetIds: readonly ObjectIdentifier[] = [
  ...Array.from({ length: objectCount }, (_, index) => ({ ...kind, name: `o${index}` })),
  { ...kind, selector: 'group=a' },
  { ...kind, selector: 'group in (b)' },
  { version: 'v1', kind: 'Node', namespace: 'ignored', name: 'o0' },
];

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

/** The dynamic watcher under test, the server it watches, and what has to be true of both. */
export class World {
  readonly fake: FakeTransport;
  readonly watcher: DynamicWatcher;
  readonly #clock;
  readonly #watchings = new Map<string, Watching>();
  readonly #promises = new Set<Promise<unknown>>();
  readonly #undo = new Set<() => void>();
  readonly #problems: string[] = [];
  #mode: Extract<Command, { type: 'reconciler' }>['mode'] = 'fine';
  #isDown = false;
  #stopped = false;
  /** A watch may have ended for good, which no call asked for. */
  #forbade = false;

  constructor({ clockSeed, workers }: Schedule) {
    this.#clock = createVirtualClock({ seed: clockSeed });
    this.fake = createFakeTransport({ clock: this.#clock });
    this.watcher = createDynamicWatcher({
      transport: this.fake,
      clock: this.#clock,
      enableCache: true,
      maxConcurrentReconciles: workers,
      reconciler: (watcher, context) => this.#reconcile(watcher, context),
    });
    for (let index = 0; index < watcherCount; index += 1) {
      const watching = { seen: new Map(), running: 0, calls: 0, pending: 0, removedAt: -1 };
      this.#watchings.set(objectIdentifierKey(watcherId(index)), watching);
    }
  }

  async perform(command: Command): Promise<void> {
    switch (command.type) {
      case 'put':
        this.fake.put(objectOf(command.object, command.group, command.value));
        break;
      case 'delete':
        this.fake.remove(targetIds[command.object]!);
        break;
      case 'recreate':
        this.fake.remove(targetIds[command.object]!);
        this.fake.put(objectOf(command.object, command.group, 9));
        break;
      case 'add':
        this.#add(command.watcher, command.target);
        break;
      case 'update':
        this.#update(command.watcher, command.targets);
        break;
      case 'remove':
        this.#remove(command.watcher);
        break;
      case 'enqueue':
        this.#of(command.watcher).calls += 1;
        this.watcher.enqueue(watcherId(command.watcher), { afterMs: command.afterMs });
        break;
      case 'batch':
        this.#batch(command);
        break;
      case 'gap':
        this.fake.breakWatches();
        await this.perform({ type: command.change, object: command.object, group: 'a', value: 8 });
        this.fake.compact();
        break;
      case 'fault':
        this.#fault(command.fault);
        break;
      case 'reconciler':
        this.#mode = command.mode;
        break;
      case 'advance':
        await this.#clock.advance(command.ms);
        break;
    }
    this.#forgetDroppedEdges();
  }

  /** Heals every fault, lets everything come to rest, and checks what has to be true then. */
  async rest(): Promise<void> {
    this.#mode = 'fine';
    this.#heal();
    // Longer than any back-off, and shorter than the two minutes after which a resumed watch is listed anew: that would
    // heal what a resume had lost.
    await this.#clock.advance(100_000);
    this.#checkSettled();
    for (const { state, watched, lastError } of this.watcher.watchStatus()) {
      if (state === 'ended') continue;
      assert.equal(
        state,
        'live',
        `11: a watch is not live again: ${JSON.stringify({ watched, lastError })}`,
      );
      assert.equal(
        this.#cached(watched),
        this.#onServer(watched),
        '1: the cache is not as the server',
      );
    }
    this.#checkWatches();
    this.#checkWakeUps();
    assert.deepEqual(this.#problems, []);
  }

  /** Removes every watcher and stops; nothing may be left. */
  async end(): Promise<void> {
    for (let index = 0; index < watcherCount; index += 1) {
      await this.watcher.removeWatcher(watcherId(index), { abortBatch: true });
    }
    assert.equal(this.watcher.getWatchCount(), 0, '7: a watch is left');
    await this.#clock.advance(1);
    assert.deepEqual(this.fake.openWatches, [], '7: a stream is left');
    assert.deepEqual(this.watcher.graph(), { watchers: [], watched: [], edges: [] });
    await this.stop();
  }

  /** Stops in whatever state it is. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const stopping = this.watcher.stop();
    this.#heal();
    await stopping;
    // Slow reconciles are of the caller; they go on.
    await this.#clock.advance(60_000);
    await this.watcher.stopped;
    this.#checkSettled();
    assert.deepEqual(this.fake.openWatches, [], 'a stream is left after the stop');
    assert.equal(this.#clock.pending, 0, 'a timer is left after the stop');
    assert.deepEqual(this.#problems, []);
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
        this.#forgetDroppedEdges();
        const alone = !others && watching.calls === calls && !this.#forbade && !this.#stopped;
        if ('error' in outcome && !isDepwatchError(outcome.error) && outcome.error !== halfWay) {
          this.#problems.push(`an error of no kind: ${String(outcome.error)}`);
        }
        try {
          check(outcome, alone);
        } catch (error) {
          this.#problems.push((error as Error).message);
        }
      });
    this.#promises.add(promise);
  }

  #add(index: number, target: number): void {
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

  #update(index: number, targets: readonly number[]): void {
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

  #remove(index: number): void {
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

  #batch({ watcher, targets, end }: Extract<Command, { type: 'batch' }>): void {
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
    { signal }: ReconcileContext,
  ): Promise<Result | void> {
    const watching = this.#watchings.get(objectIdentifierKey(watcher))!;
    watching.running += 1;
    if (watching.running > 1) this.#problems.push('6: a watcher runs twice at once');
    if (watching.pending === 0 && watching.removedAt === watching.calls) {
      this.#problems.push('8: a watcher is reconciled after it was removed');
    }
    this.#forgetDroppedEdges();
    for (const { watched } of this.#edgesOf(watcher)) {
      const state = this.#cached(watched);
      if (state !== undefined) watching.seen.set(objectIdentifierKey(watched), state);
    }
    try {
      switch (this.#mode) {
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

  #fault(fault: Extract<Command, { type: 'fault' }>['fault']): void {
    switch (fault) {
      case 'close':
        return this.fake.closeWatches();
      case 'break':
        return this.fake.breakWatches();
      case 'compact':
        return this.fake.compact();
      case 'bookmarks':
        return this.fake.sendBookmarks();
      case 'refuse streaming':
        return void this.#undo.add(this.fake.refuseStreamingLists(422));
      case 'fail once':
        return void this.#undo.add(
          this.fake.fail({ error: { code: 500, message: 'once' }, times: 1 }),
        );
      case 'fail some':
        return void this.#undo.add(
          this.fake.fail({ error: { code: 429, message: 'busy' }, times: 5 }),
        );
      case 'forbid':
        this.#forbade = true;
        return void this.#undo.add(
          this.fake.deny({ verbs: ['list', 'watch'], resource: 'configmaps' }),
        );
      case 'hold':
        return void this.#undo.add(this.fake.hold({}));
      case 'down':
        this.fake.down();
        this.#isDown = true;
        return;
      case 'heal':
        return this.#heal();
    }
  }

  #heal(): void {
    for (const undo of this.#undo) undo();
    this.#undo.clear();
    if (this.#isDown) this.fake.up();
    this.#isDown = false;
  }

  #checkSettled(): void {
    assert.equal(this.#promises.size, 0, '17: a promise has not settled');
  }

  #checkWatches(): void {
    const watched = this.watcher.graph().watched.map(objectIdentifierKey);
    const open = this.fake.openWatches.map(({ gvk, namespace, name, selector }) =>
      objectIdentifierKey({
        ...gvk,
        ...(namespace && { namespace }),
        ...(name && { name }),
        ...(selector && { selector }),
      }),
    );
    assert.deepEqual(
      open.toSorted(),
      watched.toSorted(),
      '7: the streams are not what the graph demands',
    );
    assert.equal(
      this.watcher.getWatchCount(),
      watched.length,
      '7: the count is not what the graph demands',
    );
  }

  #checkWakeUps(): void {
    for (const { watcher, watched } of this.watcher.graph().edges) {
      const { seen } = this.#watchings.get(objectIdentifierKey(watcher))!;
      const state = this.#cached(watched);
      // What was never there is nothing to wake for.
      const last = seen.get(objectIdentifierKey(watched)) ?? digest([]);
      if (last === unknown) continue;
      assert.equal(last, state, `2: ${watcher.name} was not woken for ${JSON.stringify(watched)}`);
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
  #forgetDroppedEdges(): void {
    if (this.#stopped) return;
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
    return this.#edgesOf(watcher)
      .map(({ watched }) => objectIdentifierKey(watched))
      .toSorted();
  }

  /** What the cache has for a query; undefined when it has no entry. */
  #cached(query: ObjectIdentifier): string | undefined {
    try {
      const objects = query.name
        ? [this.watcher.getFromCache(query)]
        : this.watcher.listFromCache(query);
      return digest(objects.filter((object) => object !== undefined) as KubernetesObject[]);
    } catch (error) {
      if (isDepwatchError(error, 'ERR_NO_CACHE_ENTRY')) return undefined;
      throw error;
    }
  }

  #onServer({ kind: of, name, selector }: ObjectIdentifier): string {
    const all = Array.from({ length: objectCount }, (_, index) =>
      this.fake.get<KubernetesObject>(
        of === 'Node' ? { version: 'v1', kind: 'Node', name: `o${index}` } : targetIds[index]!,
      ),
    ).filter((object) => object !== undefined);
    const wanted = selector === 'group=a' ? 'a' : 'b';
    return digest(
      all.filter(({ metadata }) =>
        name ? metadata?.name === name : metadata?.labels?.['group'] === wanted,
      ),
    );
  }
}

const halfWay = new Error('half-way');

/** A state that was seen, or not. */
const unknown = 'unknown';

function objectOf(index: number, group: string, value: number) {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `o${index}`, namespace: 'default', labels: { group } },
    data: { value: String(value) },
  };
}

/** The key of a target as the graph has it. */
function keyOf(target: number): string {
  const { namespace, ...id } = targetIds[target]!;
  return objectIdentifierKey(id.kind === 'Node' || !namespace ? id : { ...id, namespace });
}

function unique(keys: readonly string[]): string[] {
  return [...new Set(keys)].toSorted();
}

/** A state in short: the names and versions of its objects, whatever their order. */
function digest(objects: readonly KubernetesObject[]): string {
  return objects
    .map(({ metadata }) => `${metadata?.name} ${metadata?.uid} ${metadata?.resourceVersion}`)
    .toSorted()
    .join(', ');
}
