import {
  createController,
  type Controller,
  type ControllerTask,
  type KubernetesObject,
} from '@depwatch/controller';
import { objectIdentifierKey } from '@depwatch/core';
import { createFakeTransport, createVirtualClock, type FakeTransport } from '@depwatch/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createReplicas, type Replicas } from '../src/index.ts';
import { connectionTo, type Connection } from './connection.ts';

type Config = KubernetesObject & { data?: { size?: string } };

const kind = { version: 'v1', kind: 'ConfigMap' };
const names = Array.from({ length: 12 }, (_, index) => `config-${index}`);
const id = (name: string) => ({ ...kind, namespace: 'shop', name });
const config = (name: string, size = 1): Config => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'shop' },
  data: { size: String(size) },
});

/** One reconcile: by whom, of what state, and how it ended. */
interface Entry {
  readonly by: string;
  readonly name: string;
  readonly size: string | undefined;
  readonly causes: readonly string[];
  readonly epoch: number | undefined;
}

interface Replica {
  readonly name: string;
  readonly replicas: Replicas;
  readonly controller: Controller;
  readonly connection: Connection;
}

/** Replicas of a controller of ConfigMaps, each with a connection of its own, in virtual time. */
class Group {
  readonly server: FakeTransport;
  readonly log: Entry[] = [];
  /** Who is gone, by name, as `removed` told. */
  readonly removed: string[] = [];
  /** Where two ran at once. */
  readonly overlaps: string[] = [];
  /** How long a reconcile takes, in milliseconds. */
  reconcileMs = 0;
  readonly #running = new Map<string, string>();
  readonly #members: Replica[] = [];
  readonly #mode: 'shards' | 'leader';

  constructor(mode: 'shards' | 'leader') {
    this.#mode = mode;
    this.server = createFakeTransport({
      clock: createVirtualClock({ startMs: Date.UTC(2026, 10, 27) }),
    });
    this.server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
    for (const name of names) this.server.put(config(name));
    onTestFinished(async () => {
      const stops = this.#members.map((one) => this.leave(one));
      await this.pass(120_000);
      await Promise.all(stops);
    });
  }

  pass(ms: number): Promise<void> {
    return this.server.clock.advance(ms);
  }

  async join(name: string, task: Partial<ControllerTask<Config>> = {}): Promise<Replica> {
    const connection = connectionTo(this.server);
    const { clock } = this.server;
    const replicas = createReplicas({
      namespace: 'shop',
      name: 'web',
      identity: name,
      mode: this.#mode,
      client: connection,
      clock,
    });
    const controller = createController<Config>({
      kind,
      transport: connection,
      clock,
      ownership: replicas,
      maxConcurrentReconciles: 4,
      reconcile: (object, context) => this.#reconcile(name, object, context),
      removed: ({ name: gone }) => void this.removed.push(`${gone} by ${name}`),
      ...task,
    });
    const one = { name, replicas, controller, connection };
    this.#members.push(one);
    const started = Promise.all([replicas.start(), controller.start()]);
    started.catch(() => {});
    await this.pass(1000);
    await started;
    return one;
  }

  /** As at a SIGTERM. */
  async leave({ controller, replicas, connection }: Replica): Promise<void> {
    connection.heal();
    await replicas.stop();
    await controller.stop();
  }

  /** As by SIGKILL: nobody hears of it. */
  kill({ controller, connection }: Replica): void {
    connection.cut();
    void controller.stop();
  }

  /** Who owns each object now, and reconciles it when it changes. */
  async owners(): Promise<ReadonlyMap<string, readonly string[]>> {
    const before = this.log.length;
    const size = before + 100;
    for (const name of names) this.server.put(config(name, size));
    await this.pass(1000);
    const since = this.log.slice(before);
    return new Map(
      names.map((name) => [name, since.filter((e) => e.name === name).map(({ by }) => by)]),
    );
  }

  async #reconcile(
    by: string,
    object: Parameters<ControllerTask<Config>['reconcile']>[0],
    context: Parameters<ControllerTask<Config>['reconcile']>[1],
  ): Promise<void> {
    const name = object.metadata!.name!;
    if (name.startsWith('kube-')) return;
    const other = this.#running.get(name);
    if (other) this.overlaps.push(`${name}: ${other}, ${by}`);
    this.#running.set(name, by);
    const { epoch } = context;
    const causes = context.causes.map(({ type }) => type);
    this.log.push({ by, name, size: object.data?.['size'], causes, epoch });
    if (this.reconcileMs > 0) {
      const { clock } = this.server;
      await new Promise<void>((resolve) => {
        const timer = clock.setTimeout(resolve, this.reconcileMs);
        context.signal.addEventListener('abort', () => {
          timer[Symbol.dispose]();
          resolve();
        });
      });
    }
    this.#running.delete(name);
  }
}

const only = (by: string) => new Map(names.map((name) => [name, [by]]));

describe('controllers that share their objects', () => {
  test('three reconcile each object once, and each some', async () => {
    const group = new Group('shards');
    for (const name of ['a', 'b', 'c']) await group.join(name);
    await group.pass(10_000);
    const owners = [...(await group.owners()).values()];
    expect(owners.every((by) => by.length === 1)).toBe(true);
    expect(new Set(owners.flat())).toEqual(new Set(['a', 'b', 'c']));
    expect(group.overlaps).toEqual([]);
  });

  test('what one owned that leaves is reconciled by others at once, in a later epoch', async () => {
    const group = new Group('shards');
    const [a] = [await group.join('a'), await group.join('b')];
    await group.pass(10_000);
    const before = group.log.length;
    const lastEpoch = Math.max(...group.log.map(({ epoch }) => epoch!));
    const owned = names.filter((name) => a.replicas.owns(objectIdentifierKey(id(name))));
    const leaving = group.leave(a);
    await group.pass(500);
    await leaving;
    const since = group.log.slice(before);
    expect(since.every(({ by, causes }) => by === 'b' && causes.join() === 'acquired')).toBe(true);
    expect(since.length).toBeGreaterThanOrEqual(owned.length);
    expect(Math.min(...since.map(({ epoch }) => epoch!))).toBeGreaterThan(lastEpoch);
    expect(await group.owners()).toEqual(only('b'));
  });

  test('what one owned that died is reconciled by others after the lease and its slack', async () => {
    const group = new Group('shards');
    const [a] = [await group.join('a'), await group.join('b')];
    await group.pass(10_000);
    group.kill(a);
    for (const name of names) group.server.put(config(name, 7));
    await group.pass(17_500);
    const seen = new Set(group.log.filter(({ size }) => size === '7').map(({ name }) => name));
    expect(seen).toEqual(new Set(names));
    expect(await group.owners()).toEqual(only('b'));
  });

  test('one that is cut off stops at the deadline, before others begin', async () => {
    const group = new Group('shards');
    group.reconcileMs = 60_000; // until the signal is aborted
    const [a] = [await group.join('a'), await group.join('b')];
    await group.pass(5000);
    a.connection.cut();
    await group.pass(40_000);
    expect(group.overlaps).toEqual([]);
    expect(a.replicas.state).not.toBe('member');
    a.connection.heal();
    group.reconcileMs = 0;
    await group.pass(60_000);
    expect([...(await group.owners()).values()].every((by) => by.length === 1)).toBe(true);
    expect(group.overlaps).toEqual([]);
  });

  test('who owns an object when it goes is told so, and nobody else', async () => {
    const group = new Group('shards');
    for (const name of ['a', 'b', 'c']) await group.join(name);
    await group.pass(10_000);
    for (const name of names) group.server.remove(id(name));
    await group.pass(1000);
    expect(new Set(group.removed.map((told) => told.split(' ')[0]))).toEqual(new Set(names));
    expect(group.removed).toHaveLength(names.length);
    await group.join('d');
    await group.pass(20_000);
    expect(group.removed).toHaveLength(names.length);
  });

  test('all are ready, whoever owns what', async () => {
    const group = new Group('shards');
    const members = [await group.join('a'), await group.join('b')];
    await group.pass(5000);
    await Promise.all(members.map(({ controller }) => controller.ready));
  });
});

describe('controllers with a leader', () => {
  test('the one that leads reconciles all, the other stands by, ready, with its list alone', async () => {
    const group = new Group('leader');
    const a = await group.join('a');
    await group.pass(5000);
    const b = await group.join('b');
    await group.pass(5000);
    await b.controller.ready;
    expect(b.controller.watcher.getWatchCount()).toBe(1);
    expect(await group.owners()).toEqual(only('a'));
    const leaving = group.leave(a);
    await group.pass(3000);
    await leaving;
    expect(await group.owners()).toEqual(only('b'));
    expect(group.overlaps).toEqual([]);
  });
});

/** A generator of numbers below 1, the same for the same seed (mulberry32). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test.each(Array.from({ length: 6 }, (_, index) => index + 1))(
  'whoever joins, leaves, dies or is cut off, no two reconcile one object at once, and each change is seen (seed %i)',
  async (seed) => {
    const random = chance(seed);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
    const group = new Group('shards');
    const last = new Map(names.map((name) => [name, 1]));
    let members = [await group.join('r0')];
    let joined = 1;
    for (let step = 0; step < 40; step += 1) {
      group.reconcileMs = Math.floor(random() * 400);
      for (let writes = 0; writes < 4; writes += 1) {
        const name = pick(names);
        last.set(name, step * 10 + writes + 10);
        group.server.put(config(name, last.get(name)));
      }
      const what = random();
      const one = pick(members);
      if (what < 0.1 && members.length < 5) members.push(await group.join(`r${joined++}`));
      else if (what < 0.2) one.connection.cut();
      else if (what < 0.35) one.connection.heal();
      else if (what < 0.45 && members.length > 1) {
        members = members.filter((other) => other !== one);
        if (random() < 0.5) void group.leave(one);
        else group.kill(one);
      }
      await group.pass(Math.floor(random() * 6000));
    }
    group.reconcileMs = 0;
    for (const { connection } of members) connection.heal();
    await group.pass(120_000);
    expect(group.overlaps).toEqual([]);
    for (const [name, size] of last) {
      const seen = group.log.findLast((entry) => entry.name === name);
      expect(seen, name).toMatchObject({ size: String(size) });
    }
  },
);
