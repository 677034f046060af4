import type { FakeRequest } from '@depwatch/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { createReplicas, type Replicas, type ReplicasOptions } from '../src/index.ts';
import type { Lease } from '../src/lease.ts';
import { keys, leaseOf, server, startAll, started } from './world.ts';

let timers: number[] = [];

beforeEach(() => {
  timers = [];
});

function replica(identity: string, options: Partial<ReplicasOptions> = {}): Replicas {
  const { clock } = server;
  const watched = {
    now: () => clock.now(),
    random: () => clock.random(),
    setTimeout: (run: () => void, ms: number) => {
      timers.push(ms);
      return clock.setTimeout(run, ms);
    },
  };
  const settings = { namespace: 'shop', name: 'web', identity, clock: watched, ...options };
  const one = createReplicas({ ...settings, client: server } as ReplicasOptions);
  started.push(one);
  return one;
}

const owned = (...of: readonly Replicas[]) =>
  of.map((one) => keys.filter((key) => one.owns(key)).length);
const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);

function edit(name: string, change: (lease: Lease) => void): void {
  const lease = server.stored<Lease>(leaseOf(name))!;
  change(lease);
  server.put(lease);
}

describe('shards', () => {
  test('go on whatever the logger and the metrics do', async () => {
    const throws = (): never => {
      throw new Error('no');
    };
    const logger = { debug: throws, info: throws, warn: throws, error: throws };
    const metrics = { count: throws, gauge: throws, observe: throws };
    const [a, b] = [replica('a', { logger, metrics }), replica('b', { logger, metrics })];
    await startAll(a, b);
    await server.clock.advance(1000);
    expect(total(owned(a, b))).toBe(30);
    const stopping = a.stop();
    await server.clock.advance(1000);
    await stopping;
    expect(owned(a, b)).toEqual([0, 30]);
  });

  test('do not ask over and over to delete what they may not', async () => {
    for (let index = 0; index < 500; index += 1) {
      const name = `web-old-${index}`;
      const said = { format: 1, identity: `old-${index}`, run: name, write: 1, phase: 'left' };
      server.put({
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: {
          name,
          namespace: 'shop',
          labels: { 'depwatch.dev/replicas': 'web' },
          annotations: {
            'depwatch.dev/replica': JSON.stringify({ ...said, epoch: 3, members: [] }),
          },
        },
        spec: { holderIdentity: '', leaseDurationSeconds: 15, leaseTransitions: 0 },
      } as Lease);
    }
    let deletes = 0;
    server.fail({
      operation: 'delete',
      match: (_request: FakeRequest) => ((deletes += 1), true),
      error: { code: 403 },
    });
    const [a, b] = [replica('a'), replica('b')];
    await startAll(a, b);
    await server.clock.advance(120_000);
    expect(total(owned(a, b))).toBe(30);
    expect(deletes).toBeLessThan(50);
  });

  test.each<[string, (lease: Lease) => void]>([
    ['the holder is another', ({ spec }) => void (spec!.holderIdentity = 'another')],
    ['the annotations are gone', ({ metadata }) => void delete metadata!.annotations],
    ['the labels are gone', ({ metadata }) => void delete metadata!.labels],
    [
      'the annotation is garbage',
      ({ metadata }) => void (metadata!.annotations = { 'depwatch.dev/replica': '[]' }),
    ],
    [
      'renewTime is years ahead',
      ({ spec }) => void (spec!.renewTime = '2099-01-01T00:00:00.000000Z'),
    ],
    ['leaseTransitions goes down', ({ spec }) => void (spec!.leaseTransitions = 0)],
    ['it lasts for ever', ({ spec }) => void (spec!.leaseDurationSeconds = 2 ** 31 - 1)],
    ['the spec is gone', (lease) => void delete lease.spec],
  ])(
    'a Lease that somebody edits so that %s stops nobody else for longer than a lease',
    async (_, change) => {
      const [a, b, c] = [replica('a'), replica('b'), replica('c')];
      await startAll(a, b, c);
      edit('web-a', change);
      let most = 0;
      for (let ms = 0; ms < 40_000; ms += 250) {
        await server.clock.advance(250);
        for (const key of keys)
          most = Math.max(most, [a, b, c].filter((one) => one.owns(key)).length);
      }
      expect(most).toBe(1);
      expect(total(owned(a, b, c))).toBe(30);
    },
  );

  test('a replica whose own Lease somebody has spoiled says what to do, and joins once it is deleted', async () => {
    const told: string[] = [];
    const log = (_: object, message: string): void => void told.push(message);
    const a = replica('a', { logger: { debug: log, info: log, warn: log, error: log } });
    await startAll(a);
    edit('web-a', ({ metadata }) => void delete metadata!.annotations);
    await server.clock.advance(60_000);
    expect(a.state).toBe('joining');
    expect(told.filter((line) => line.includes('delete it'))).toHaveLength(1);
    server.remove(leaseOf('web-a'));
    await server.clock.advance(20_000);
    expect(owned(a)).toEqual([30]);
  });

  test('one that waits for a Lease that lasts for years sets no timer that is too long for the machine', async () => {
    const [a] = [replica('a')];
    await startAll(a);
    edit('web-a', ({ metadata, spec }) => {
      const said = JSON.parse(metadata!.annotations!['depwatch.dev/replica']!) as object;
      metadata!.annotations!['depwatch.dev/replica'] = JSON.stringify({ ...said, run: 'another' });
      spec!.leaseDurationSeconds = 2 ** 31 - 1;
    });
    await server.clock.advance(60_000);
    expect(owned(a)).toEqual([0]);
    expect(Math.max(...timers)).toBeLessThan(2 ** 31);
  });

  test('whatever becomes of writes for 20 s, no key has two owners, and all have one soon after', async () => {
    const troubles: readonly (() => () => void)[] = [
      () => server.fail({ operation: 'update', error: { code: 409 } }),
      () =>
        server.fail({
          operation: 'update',
          error: { code: 429, details: { retryAfterSeconds: 60 } },
        }),
      () => server.fail({ error: { code: 429, details: { retryAfterSeconds: 60 } } }),
      () => server.hold({ operation: 'update', at: 'answer' }),
      () => server.hold({ operation: 'update', at: 'request' }),
      () => server.hold({ operation: 'update', at: 'request', timeoutMs: 3000 }),
      () => server.hold({ operation: 'watch', at: 'answer' }),
      () => server.deny({ verbs: ['watch'] }),
      () => (server.down(), () => server.up()),
    ];
    const [a, b, c] = [replica('a'), replica('b'), replica('c')];
    await startAll(a, b, c);
    let most = 0;
    const pass = async (ms: number): Promise<void> => {
      for (let at = 0; at < ms; at += 250) {
        await server.clock.advance(250);
        for (const key of keys)
          most = Math.max(most, [a, b, c].filter((one) => one.owns(key)).length);
      }
    };
    for (const trouble of troubles) {
      const undo = trouble();
      await pass(20_000);
      undo();
      await pass(20_000);
      expect([trouble.toString(), total(owned(a, b, c))]).toEqual([trouble.toString(), 30]);
    }
    expect(most).toBe(1);
  });

  test('two processes of one identity never own the same, and one of them owns all', async () => {
    const [one, two] = [replica('a'), replica('a')];
    await startAll(one);
    void two.start();
    for (let ms = 0; ms < 60_000; ms += 250) {
      await server.clock.advance(250);
      for (const key of keys) expect(Number(one.owns(key)) + Number(two.owns(key))).toBe(1);
    }
    expect(two.state).toBe('joining');
    const stopping = one.stop();
    await server.clock.advance(20_000);
    await stopping;
    expect(owned(two)).toEqual([30]);
  });

  test.each([
    '../..',
    'A/B?watch=1',
    '__proto__',
    'ünï côde',
    ' ',
    'x'.repeat(253),
    '{"a":1}',
    '\u0000',
  ])('an identity %j shares as any other does', async (identity) => {
    const [a, b] = [replica(identity), replica('b')];
    await startAll(a, b);
    await server.clock.advance(1000);
    expect(total(owned(a, b))).toBe(30);
    expect(Math.min(...owned(a, b))).toBeGreaterThan(0);
  });

  test('a listener that throws or rejects stops nobody', async () => {
    const [a, b] = [replica('a'), replica('b')];
    a.onChange(() => {
      throw new Error('no');
    });
    a.onChange(() => Promise.reject(new Error('no')));
    await startAll(a, b);
    await server.clock.advance(1000);
    expect(total(owned(a, b))).toBe(30);
    const stopping = [a.stop(), a.stop()];
    await server.clock.advance(1000);
    await Promise.all(stopping);
    expect(owned(a, b)).toEqual([0, 30]);
    await expect(a.start()).rejects.toMatchObject({ code: 'ERR_ALREADY_STARTED' });
  });
});

describe('a leader', () => {
  test.each<[string, () => void]>([
    ['edited down', () => edit('web', ({ spec }) => void (spec!.leaseTransitions = 0))],
    ['deleted', () => void server.remove(leaseOf('web'))],
  ])('never leads in a smaller epoch than before when its Lease is %s', async (_, spoil) => {
    const leader = { mode: 'leader' as const };
    const [a, b] = [replica('a', leader), replica('b', leader)];
    await startAll(a);
    await startAll(b);
    const stopping = a.stop();
    await server.clock.advance(5000);
    await stopping;
    const epoch = b.epoch;
    expect(b.owns('any')).toBe(true);
    spoil();
    await server.clock.advance(30_000);
    expect(b.owns('any')).toBe(true);
    expect(b.epoch).toBeGreaterThanOrEqual(epoch);
    const c = replica('c', leader);
    await startAll(c);
    const leaving = b.stop();
    await server.clock.advance(5000);
    await leaving;
    expect(c.owns('any')).toBe(true);
    expect(c.epoch).toBeGreaterThan(epoch);
  });
});
