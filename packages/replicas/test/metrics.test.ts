import type { Logger, Metrics } from '@depwatch/core';
import { startApiServer } from '@depwatch/testing';
import { KubeConfig } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { createReplicas } from '../src/index.ts';
import { connectionTo } from './connection.ts';
import { server, started } from './world.ts';

/** A replica, and what it has told of. */
async function start(identity: string, mode: 'shards' | 'leader' = 'shards') {
  const figures: Record<string, number> = {};
  const observed: Record<string, number[]> = {};
  const lines: string[] = [];
  const series = (name: string, labels: object = {}) =>
    `${name}{${Object.entries(labels)
      .map((pair) => pair.join('='))
      .join()}}`;
  const metrics: Metrics = {
    count: (name, labels, by = 1) => {
      const one = series(name, labels);
      figures[one] = (figures[one] ?? 0) + by;
    },
    gauge: (name, value, labels) => void (figures[series(name, labels)] = Number(value)),
    observe: (name, value, labels) => void (observed[series(name, labels)] ??= []).push(value),
  };
  const line = (_: object, message: string): void => void lines.push(message);
  const logger = { debug: line, info: line, warn: line, error: line } as Logger;
  const client = connectionTo(server);
  const { clock } = server;
  const names = { namespace: 'shop', name: 'web', identity, mode };
  const one = createReplicas({ ...names, clock, client, metrics, logger });
  started.push(one);
  const starting = one.start();
  await clock.advance(3000);
  await starting;
  return { one, client, figures, observed, lines };
}

/** All series of counters that a replica has from the start, so that they have a rate when something first happens. */
const fromTheStart = {
  'depwatch_replica_losses_total{group=web}': 0,
  'depwatch_replicas_hand_overs_total{group=web,how=joined}': 0,
  'depwatch_replicas_hand_overs_total{group=web,how=left}': 0,
  'depwatch_replicas_hand_overs_total{group=web,how=lapsed}': 0,
};

test.each(['shards', 'leader'] as const)('counters are there from the start: %s', async (mode) => {
  const { figures } = await start('a', mode);
  expect(figures).toMatchObject(fromTheStart);
});

const withoutOwner = 'depwatch_replicas_without_owner_seconds{group=web}';

test('a replica counts members, and how they come and go', async () => {
  const a = await start('a');
  const b = await start('b');
  await start('c');
  expect(a.figures).toMatchObject({
    'depwatch_replica_member{group=web}': 1,
    'depwatch_replicas_members{group=web}': 3,
    'depwatch_replicas_hand_overs_total{group=web,how=joined}': 2,
  });
  await b.one.stop();
  await server.clock.advance(1000);
  expect(a.figures).toMatchObject({
    'depwatch_replicas_members{group=web}': 2,
    'depwatch_replicas_hand_overs_total{group=web,how=left}': 1,
  });
  expect(b.figures).toMatchObject({ 'depwatch_replica_member{group=web}': 0 });
});

test('the time without an owner is measured by who takes over, in seconds', async () => {
  const a = await start('a');
  const b = await start('b');
  const c = await start('c');
  const [before] = [a.observed[withoutOwner]?.length ?? 0];
  await b.one.stop();
  await server.clock.advance(1000);
  const [left] = a.observed[withoutOwner]!.slice(before);
  expect(left).toBeLessThan(1);
  c.client.cut();
  await server.clock.advance(25_000);
  const [lapsed] = a.observed[withoutOwner]!.slice(before + 1);
  expect(lapsed).toBeGreaterThan(13);
  expect(lapsed).toBeLessThan(18);
  expect(a.figures['depwatch_replicas_hand_overs_total{group=web,how=lapsed}']).toBe(1);
});

test('a loss is counted, and told in one line that says what to do', async () => {
  const a = await start('a');
  a.client.cut();
  a.lines.length = 0;
  await server.clock.advance(30_000);
  expect(a.figures).toMatchObject({
    'depwatch_replica_losses_total{group=web}': 1,
    'depwatch_replica_member{group=web}': 0,
  });
  const lost = a.lines.filter((line) => line.includes('nothing is owned'));
  expect(lost).toHaveLength(1);
  expect(lost[0]).toMatch(/not renewed within 10000 ms.*longer times/s);
});

test('each replica can say who owns a watcher, as far as it sees', async () => {
  const [a, b] = [(await start('a')).one, await start('b')];
  const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`);
  const owners = () => keys.map((key) => a.ownerOf(key));
  expect(new Set(owners())).toEqual(new Set(['a', 'b']));
  expect(owners()).toEqual(keys.map((key) => b.one.ownerOf(key)));
  b.client.cut();
  await server.clock.advance(12_000);
  expect(new Set(owners())).toEqual(new Set(['a', undefined]));
  await server.clock.advance(8000);
  expect(new Set(owners())).toEqual(new Set(['a']));
});

test('a leader is told of as client-go tells, and so are hand-overs', async () => {
  const a = await start('a', 'leader');
  const b = await start('b', 'leader');
  const status = 'leader_election_master_status{name=web}';
  expect([a.figures[status], b.figures[status]]).toEqual([1, undefined]);
  expect([a, b].map(({ one }) => one.ownerOf('any'))).toEqual(['a', 'a']);
  await a.one.stop();
  expect(a.figures[status]).toBe(0);
  await server.clock.advance(5000);
  expect(b.figures).toMatchObject({
    [status]: 1,
    'depwatch_replicas_members{group=web}': 1,
    'depwatch_replicas_hand_overs_total{group=web,how=left}': 1,
  });
  expect(b.observed[withoutOwner]![0]).toBeLessThan(3);
  b.client.cut();
  await server.clock.advance(12_000);
  expect(b.figures).toMatchObject({ [status]: 0, 'depwatch_replica_losses_total{group=web}': 1 });
  expect(b.one.ownerOf('any')).toBeUndefined();
});

test('requests of a transport of its own are counted as those of any other', async () => {
  await using api = await startApiServer();
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(api.kubeConfig);
  const counted: Record<string, number> = {};
  const metrics: Metrics = {
    count: (name, labels, by = 1) => {
      const series = `${name} ${labels?.['method']} ${labels?.['code']}`;
      counted[series] = (counted[series] ?? 0) + by;
    },
    gauge: () => {},
    observe: () => {},
  };
  const one = createReplicas({ namespace: 'default', name: 'web', kubeConfig, metrics });
  await one.start();
  await one.stop();
  expect(counted['rest_client_requests_total POST 201']).toBe(1);
});
