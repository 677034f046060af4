import assert from 'node:assert/strict';
import {
  isDepwatchError,
  type ObjectIdentifier,
  type ReconcileContext,
  type Result,
} from '@depwatch/core';
import {
  createFakeTransport,
  createVirtualClock,
  type FakeTransport,
  type VirtualClock,
} from '@depwatch/testing';
import { createDynamicWatcher, createReconcileGroup } from '../../src/index.ts';
import { LoopGroup } from '../../src/reconcile/reconcile-group.ts';
import { configMap } from '../harness.ts';
import { dueToChange, dueToEnd, dueToEnqueue, targetId, watcherId } from './dues.ts';
import { dependsOn, Expectations, type Member } from './expectations.ts';
import { targetCount, watcherCount, type Command, type Mode, type Schedule } from './schedules.ts';

/** Longer than any back-off. */
const restMs = 200_000;

/** One of the clusters, and the member that watches it, if any. */
interface Cluster {
  readonly fake: FakeTransport;
  member: Member | undefined;
  members: number;
  allow: () => void;
}

/** A group under test, its dynamic watchers, the clusters that they watch, and those who call them. */
export class RandomGroup {
  readonly #clock: VirtualClock = createVirtualClock();
  readonly #clusters: readonly Cluster[];
  readonly #group: LoopGroup;
  readonly #expectations: Expectations;
  /** Calls that have not settled, and what they are. */
  readonly #pending = new Map<Promise<unknown>, string>();
  readonly #holding = new Set<() => void>();
  #mode: Mode = 'fine';
  #runs = 0;
  #values = 0;

  constructor({ members, workers, spacing }: Schedule) {
    const group = createReconcileGroup({
      clock: this.#clock,
      reconciler: (watcher, context) => this.#reconcile(watcher, context),
      maxConcurrentReconciles: workers,
      ...spacing,
    });
    assert(group instanceof LoopGroup);
    this.#group = group;
    this.#expectations = new Expectations(() => this.#standing());
    this.#clusters = Array.from({ length: members }, () => ({
      fake: createFakeTransport({ clock: this.#clock }),
      member: undefined,
      members: 0,
      allow: () => {},
    }));
    // The others start late, or never.
    this.#start(0);
    this.#start(1);
  }

  async perform(command: Command): Promise<void> {
    await this.#do(command);
    this.#expectations.forgetDropped();
    this.#expectations.check();
  }

  async end(how: Schedule['end']): Promise<void> {
    if (how === 'rest') await this.#rest();
    if (how === 'group') await this.#stopGroup();
    for (const index of this.#clusters.keys()) this.#stop(index);
    // Slow reconciles are the caller's; they go on.
    await this.#clock.advance(10_000);
    this.#expectations.check();
    assert.deepEqual([...this.#pending.values()], [], 'a promise has not settled');
    assert.equal(this.#group.size, 0, 'the group remembers a watcher');
    assert.equal(this.#clock.pending, 0, 'a timer is left');
    await this.#group[Symbol.asyncDispose]();
    assert.throws(
      () => this.#group.join(undefined as never),
      (error) => isDepwatchError(error, 'ERR_INVALID_INPUT'),
    );
  }

  /** Heals everything, lets it come to rest, then removes all there is. */
  async #rest(): Promise<void> {
    this.#mode = 'fine';
    for (const { allow } of this.#clusters) allow();
    for (const release of this.#holding) release();
    await this.#clock.advance(restMs);
    this.#expectations.atRest();
    assert.deepEqual([...this.#pending.values()], [], 'a promise has not settled');
    for (const { member } of this.#clusters) {
      for (let index = 0; member && index < watcherCount; index += 1) this.#remove(member, index);
    }
    assert.equal(this.#group.size, 0, 'the group remembers what was removed');
    await this.#clock.advance(1);
  }

  async #stopGroup(): Promise<void> {
    const running = [...this.#expectations.running];
    const runs = this.#runs;
    const stopped = this.#group.stopped.then(() => {
      if (running.some(({ settled }) => !settled)) {
        this.#expectations.problems.push('the group did not wait for its reconciles');
      }
    });
    this.#follow('the stop of the group', stopped);
    await this.#group.stop();
    assert(running.every(({ signal }) => signal.aborted));
    await this.#clock.advance(5000);
    assert.equal(this.#runs, runs, 'a reconcile began after the stop of the group');
  }

  #do(command: Command): void | Promise<void> {
    if (command.type === 'advance') return this.#clock.advance(command.ms);
    if (command.type === 'mode') {
      this.#mode = command.mode;
      return undefined;
    }
    if (command.type === 'start') return this.#start(command.member);
    const cluster = this.#clusters[command.member]!;
    if (command.type === 'put') return this.#put(cluster, command.target);
    if (command.type === 'stop') return this.#stop(command.member);
    const { member } = cluster;
    if (!member) return undefined;
    switch (command.type) {
      case 'add':
        this.#expectations.involved(watcherId(command.watcher).name!, member);
        return this.#call('an add', () =>
          member.watcher.addWatcher(watcherId(command.watcher), targetId(command.target)),
        );
      case 'remove':
        return this.#remove(member, command.watcher);
      case 'enqueue':
        return this.#enqueue(member, watcherId(command.watcher), command.afterMs);
      case 'deny':
        return this.#deny(cluster, member);
    }
  }

  #start(index: number): void {
    const cluster = this.#clusters[index]!;
    if (cluster.member) return;
    cluster.members += 1;
    const name = `${index}.${cluster.members}`;
    const watcher = createDynamicWatcher({
      transport: cluster.fake,
      clock: this.#clock,
      cluster: name,
      enableCache: true,
      authGraceMs: 1000,
      reconcileGroup: this.#group,
    });
    cluster.member = { name, watcher, stopped: false };
    this.#call('a start', () => watcher.start());
  }

  #stop(index: number): void {
    const { member } = this.#clusters[index]!;
    if (!member) return;
    this.#clusters[index]!.member = undefined;
    const { watcher } = member;
    const ends = this.#expectations.stops(member, () => watcher.stop());
    this.#follow('a stop', ends);
    const stopped = watcher.stopped.then(async () => {
      if ((await ends).some(({ settled }) => !settled)) {
        this.#expectations.problems.push(`${member.name} did not wait for its reconciles`);
      }
    });
    this.#follow('the end of a stop', stopped);
  }

  #remove(member: Member, index: number): void {
    this.#expectations.removes(watcherId(index).name!, member);
    this.#call('a remove', () =>
      member.watcher.removeWatcher(watcherId(index), { abortBatch: true }),
    );
  }

  #enqueue(member: Member, watcher: ObjectIdentifier, afterMs: number): void {
    const of = watcher.name!;
    this.#expectations.involved(of, member);
    this.#expectations.due(dueToEnqueue(member, of, afterMs));
    member.watcher.enqueue(watcher, { afterMs });
  }

  #put({ fake, member }: Cluster, index: number): void {
    if (member) this.#expectations.due(...dueToChange(member, index));
    this.#values += 1;
    fake.put(configMap(targetId(index).name!, { value: `${this.#values}` }));
  }

  /** Forbids what is watched: if that lasts, the watches end. */
  #deny(cluster: Cluster, member: Member): void {
    for (let index = 0; index < targetCount; index += 1) {
      this.#expectations.due(...dueToEnd(member, index));
    }
    cluster.allow();
    cluster.allow = cluster.fake.deny({ verbs: ['list', 'watch'], resource: 'configmaps' });
    cluster.fake.breakWatches();
  }

  async #reconcile(
    watcher: ObjectIdentifier,
    { causes, signal }: ReconcileContext,
  ): Promise<Result | void> {
    this.#runs += 1;
    const runs = this.#runs;
    const run = this.#expectations.begins(watcher, causes, signal);
    try {
      switch (this.#mode) {
        case 'throws':
          throw new Error('not today');
        case 'requeues':
          return { requeueAfterMs: (runs % 4) * 300 + 50 };
        case 'slow':
          return await new Promise((resolve) => {
            this.#clock.setTimeout(resolve, (runs % 5) * 400 + 1);
          });
        case 'hangs':
          return await new Promise((resolve) => {
            this.#holding.add(() => resolve());
            const end = (): void => void this.#clock.setTimeout(resolve, 100);
            if (signal.aborted) end();
            else signal.addEventListener('abort', end);
          });
        case 'forgets':
          await this.#forget(watcher);
          return runs % 2 ? { requeueAfterMs: 200 } : {};
        case 'fine':
          return;
      }
    } finally {
      this.#expectations.settles(run);
    }
  }

  /** Ends a batch in which nothing was read, in each member. */
  async #forget(watcher: ObjectIdentifier): Promise<void> {
    for (const member of this.#standing()) {
      if (!dependsOn(member, watcher.name!)) continue;
      await member.watcher.queryBatch(watcher, async () => {});
      this.#expectations.forgetDropped();
    }
  }

  #standing(): readonly Member[] {
    return this.#clusters.flatMap(({ member }) => (member ? [member] : []));
  }

  /** Follows a call that may fail, as those do that others overtake. */
  #call(what: string, call: () => Promise<unknown>): void {
    const promise = call().catch((error: unknown) => {
      if (!isDepwatchError(error)) this.#expectations.problems.push(String(error));
    });
    this.#follow(what, promise);
  }

  #follow(what: string, promise: Promise<unknown>): void {
    const followed = promise.finally(() => this.#pending.delete(followed));
    this.#pending.set(followed, what);
  }
}
