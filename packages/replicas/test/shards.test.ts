import { describe, expect, test } from 'vitest';
import { createReplicas, type Replicas, type ReplicasOptions } from '../src/index.ts';
import type { Lease } from '../src/lease.ts';
import { connectionTo, type Connection } from './connection.ts';
import { keys, leaseOf, server, startAll, started } from './world.ts';

function replica(
  identity: string,
  options: Partial<ReplicasOptions> = {},
): Replicas & { connection: Connection } {
  const connection = connectionTo(server);
  const { clock } = server;
  const settings = { namespace: 'shop', name: 'web', identity, clock, ...options };
  const one = createReplicas({ ...settings, client: connection } as ReplicasOptions);
  started.push(one);
  return Object.assign(one, { connection });
}

const owned = (one: Replicas) => keys.filter((key) => one.owns(key));

/** Each key has one owner among these. */
function expectShared(...replicas: readonly Replicas[]): void {
  for (const key of keys) expect(replicas.filter((one) => one.owns(key))).toHaveLength(1);
}

describe('shards', () => {
  test('replicas share all keys, and each owns some', async () => {
    const [a, b, c] = [replica('a'), replica('b'), replica('c')];
    await startAll(a, b, c);
    expectShared(a, b, c);
    for (const one of [a, b, c]) expect(owned(one).length).toBeGreaterThan(3);
    expect(a.members().map(({ identity }) => identity)).toEqual(['a', 'b', 'c']);
    expect(a.state).toBe('member');
  });

  test('a Lease says what Kubernetes has fields for in these', async () => {
    const a = replica('a');
    await startAll(a);
    const { spec, metadata } = server.stored<Lease>(leaseOf('web-a'))!;
    expect(spec).toMatchObject({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      leaseTransitions: 0,
    });
    expect(spec?.renewTime).toMatch(/^2026-11-27T00:00:\d\d\.\d{6}Z$/);
    expect(metadata?.labels).toEqual({ 'depwatch.dev/replicas': 'web' });
    await a.stop();
    expect(server.stored<Lease>(leaseOf('web-a'))?.spec?.holderIdentity).toBe('');
  });

  test('who stops hands over at once', async () => {
    const [a, b] = [replica('a'), replica('b')];
    await startAll(a, b);
    const stopping = a.stop();
    expect(owned(a)).toEqual([]);
    await server.clock.advance(0);
    await stopping;
    expect(owned(b)).toEqual(keys);
  });

  test('who has left says nothing of an answer that is lost then', async () => {
    const warnings: string[] = [];
    const warn = (_: object, message: string) => void warnings.push(message);
    const a = replica('a', { logger: { debug() {}, info() {}, warn, error: warn } });
    await startAll(a);
    server.hold({ operation: 'update', at: 'answer' });
    const stopping = a.stop();
    await server.clock.advance(1000);
    await stopping; // it has seen its last write among the Leases
    await server.clock.advance(20_000);
    expect(warnings).toEqual([]);
  });

  test('what still runs is waited for, and nobody begins it meanwhile', async () => {
    const a = replica('a');
    await startAll(a);
    const run = Promise.withResolvers<void>();
    const overdue: AbortSignal[] = [];
    a.onChange((signal) => {
      overdue.push(signal);
      return run.promise;
    });
    const b = replica('b');
    await startAll(b);
    expect(owned(b)).toEqual([]);
    const before = owned(a);
    expect(before.length).toBeLessThan(keys.length);
    await server.clock.advance(5000);
    expect(owned(b)).toEqual([]);
    run.resolve();
    await server.clock.advance(100);
    expectShared(a, b);
    expect(owned(a)).toEqual(before);
    expect(overdue.every(({ aborted }) => !aborted)).toBe(true);
  });

  test('what runs for longer than the deadline is told to end at once', async () => {
    const a = replica('a');
    await startAll(a);
    let overdueAfter: number | undefined;
    const beganAt = server.clock.now();
    a.onChange((signal) => {
      const run = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => {
        overdueAfter = server.clock.now() - beganAt;
        run.resolve();
      });
      return run.promise;
    });
    const b = replica('b');
    await startAll(b);
    await server.clock.advance(12_000);
    expect(overdueAfter).toBeGreaterThanOrEqual(10_000);
    expect(overdueAfter).toBeLessThan(10_200);
    expectShared(a, b);
  });

  test('who is cut off owns nothing at the deadline, and the others all once its Lease has lapsed', async () => {
    const [a, b] = [replica('a'), replica('b')];
    await startAll(a, b);
    let aborted = 0;
    a.onChange((signal) => {
      signal.addEventListener('abort', () => (aborted += 1));
    });
    const share = owned(b);
    a.connection.cut();
    await server.clock.advance(10_000);
    expect(owned(a)).toEqual([]);
    expect(a.state).not.toBe('member');
    expect(aborted).toBe(1);
    await server.clock.advance(4000);
    expect(owned(b)).toEqual(share);
    await server.clock.advance(3000);
    expect(owned(b)).toEqual(keys);
    a.connection.heal();
    await server.clock.advance(5000);
    expectShared(a, b);
    expect(owned(a).length).toBeGreaterThan(3);
  });

  test('a replica whose process stood still owns nothing before it has done anything', async () => {
    let now = 0;
    const { clock } = server;
    // The process sees the time that has passed before one of its timers runs.
    const stalled = {
      ...clock,
      now: () => clock.now() + now,
      setTimeout: clock.setTimeout,
      random: clock.random,
    };
    const a = replica('a', { clock: stalled });
    await startAll(a);
    expect(owned(a)).toEqual(keys);
    now = 12_000;
    expect(owned(a)).toEqual([]);
  });

  test('epochs grow over all, and those of the past count', async () => {
    const a = replica('a');
    await startAll(a);
    const { epoch } = a;
    await a.stop();
    const b = replica('b');
    await startAll(b);
    expect(b.epoch).toBeGreaterThan(epoch);
    await server.clock.advance(5000);
    expect(server.stored(leaseOf('web-a'))).toBeUndefined();
  });

  test('a process that is killed and comes back in its name waits for its own Lease to lapse', async () => {
    const a = replica('a');
    await startAll(a);
    a.connection.cut();
    const again = replica('a');
    const start = again.start();
    await server.clock.advance(12_000);
    expect(again.state).toBe('joining');
    await server.clock.advance(5000);
    await start;
    expect(owned(again)).toEqual(keys);
    expect(server.stored<Lease>(leaseOf('web-a'))?.spec?.leaseTransitions).toBe(1);
  });

  test('a Lease of that name which is not of the group is told of, and left as it is', async () => {
    const foreign = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'web-a', namespace: 'shop' },
      spec: { holderIdentity: 'x' },
    };
    server.put(foreign);
    const warnings: string[] = [];
    const fields: object[] = [];
    const tell = (told: object, message: string) => {
      fields.push(told);
      warnings.push(message);
    };
    const logger = { debug: () => {}, info: () => {}, warn: tell, error: tell };
    const a = replica('a', { logger });
    const start = a.start().catch(() => {});
    await server.clock.advance(20_000);
    expect(server.stored<Lease>(leaseOf('web-a'))?.spec?.holderIdentity).toBe('x');
    expect(warnings).toHaveLength(1);
    expect(fields).toMatchObject([{ error: { code: expect.any(String) } }]);
    expect(a.state).toBe('joining');
    void a.stop();
    await start;
  });

  test('a Lease of a newer format is told of and left as it is, and nothing is owned beside it', async () => {
    const errors: object[] = [];
    const error = (fields: object) => void errors.push(fields);
    const a = replica('a', { logger: { debug() {}, info() {}, warn() {}, error } });
    await startAll(a);
    const lease = server.stored<Lease>(leaseOf('web-a'))!;
    const { labels = {} } = lease.metadata!;
    const annotations = { 'depwatch.dev/replica': '{"format":2}' };
    const newer = { ...lease, metadata: { name: 'web-z', namespace: 'shop', labels, annotations } };
    server.put(newer);
    await server.clock.advance(1000);
    expect(owned(a)).toEqual([]);
    expect(server.stored<Lease>(leaseOf('web-z'))?.metadata?.annotations).toEqual(annotations);
    await server.clock.advance(18_000);
    // It is nobody's any more.
    expect(owned(a)).toEqual(keys);
    expect(server.stored(leaseOf('web-z'))).toBeDefined();
    expect(errors).toEqual([{ group: 'web', lease: 'web-z' }]);
  });

  test('a start goes on where the server is too slow to answer in time', async () => {
    const slow = server.hold({ operation: 'create' });
    const a = replica('a');
    const start = a.start();
    await server.clock.advance(12_000);
    slow();
    await server.clock.advance(3000);
    await start;
    expect(owned(a)).toEqual(keys);
  });

  test('a start that is forbidden rejects', async () => {
    server.deny({ kind: 'Lease' });
    const start = replica('a').start();
    await Promise.all([
      expect(start).rejects.toMatchObject({ code: 'ERR_FORBIDDEN' }),
      server.clock.advance(1000),
    ]);
  });

  test('a stop before it has joined rejects the start, and leaves no timer behind', async () => {
    const a = replica('a');
    a.connection.cut();
    const start = a.start();
    await server.clock.advance(3000);
    await Promise.all([
      a.stop(),
      expect(start).rejects.toMatchObject({ code: 'ERR_NOT_STARTED' }),
      server.clock.advance(20_000),
    ]);
    expect(server.clock.pending).toBe(0);
  });

  test('it costs one write a replica each two seconds, and a watch', async () => {
    const [a, b, c] = [replica('a'), replica('b'), replica('c')];
    await startAll(a, b, c);
    const before = server.requests;
    await server.clock.advance(60_000);
    const { update, list, watch } = server.requests;
    expect(update - before.update).toBeGreaterThanOrEqual(84);
    expect(update - before.update).toBeLessThanOrEqual(100);
    expect([list - before.list, watch - before.watch]).toEqual([0, 0]);
  });
});
