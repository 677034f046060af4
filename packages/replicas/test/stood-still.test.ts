/** A process that stands still for longer than its lease, in the middle of a reconcile: what it does first when it goes on. */
import { fencedClient, type Clock, type KubernetesObject } from '@depwatch/core';
import { createDynamicWatcher } from '@depwatch/dynamic-watcher';
import { createFakeTransport, createVirtualClock, type FakeTransport } from '@depwatch/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createReplicas, type Replicas } from '../src/index.ts';
import { connectionTo } from './connection.ts';

interface Config extends KubernetesObject {
  data: object;
}

const config = { version: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'config' };
const app = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', name: 'app' };

let server: FakeTransport;
let stops: (() => Promise<void>)[] = [];

beforeEach(() => {
  server = createFakeTransport({ clock: createVirtualClock() });
  server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  server.put({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'config', namespace: 'shop' },
    data: { by: 'nobody' },
  });
  stops = [];
});

afterEach(async () => {
  const all = stops.map((stop) => stop());
  await server.clock.advance(60_000);
  await Promise.all(all);
});

/** A clock that can go on while no timer goes off, as that of a process that stands still. */
function clockOf({ clock }: FakeTransport): Clock & { stoodStill(ms: number): void } {
  let ahead = 0;
  return {
    now: () => clock.now() + ahead,
    random: () => clock.random(),
    setTimeout: (run, ms) => clock.setTimeout(run, ms),
    stoodStill: (ms) => void (ahead += ms),
  };
}

function replica(identity: string, mode: 'shards' | 'leader') {
  const clock = clockOf(server);
  const client = connectionTo(server);
  const names = { namespace: 'shop', name: 'web', identity, mode };
  const one: Replicas = createReplicas({ ...names, clock, client });
  stops.push(() => one.stop());
  return { one, clock, client };
}

describe.each(['shards', 'leader'] as const)('with %s, a replica that stood still', (mode) => {
  test('aborts what runs as soon as anything asks what it owns', async () => {
    const { one, clock } = replica('a', mode);
    const starting = one.start();
    await server.clock.advance(3000);
    await starting;
    expect(one.owns('any')).toBe(true);
    const told: boolean[] = [];
    one.onChange((overdue) => {
      told.push(overdue.aborted);
      overdue.addEventListener('abort', () => told.push(overdue.aborted));
    });
    clock.stoodStill(60_000);
    expect(told).toEqual([]);
    expect(one.owns('any')).toBe(false);
    expect(told).toEqual([false, true]);
  });

  test('sends no write of a reconcile that was under way', async () => {
    const { one, clock, client } = replica('a', mode);
    const goOn = Promise.withResolvers<void>();
    const outcome = Promise.withResolvers<unknown>();
    let isAborted: boolean | undefined;
    const watcher = createDynamicWatcher({
      transport: client,
      clock: server.clock,
      ownership: one,
      reconciler: async (_, { signal }) => {
        const fenced = fencedClient(client, { ownership: one, signal });
        await fenced.patch(config, { data: { by: 'a' } });
        await goOn.promise;
        isAborted = signal.aborted;
        const late = fenced.patch(config, { data: { by: 'a, too late' } });
        outcome.resolve(late.catch((error: unknown) => error));
        await late;
      },
    });
    stops.push(() => watcher.stop());
    const starting = Promise.all([watcher.start(), one.start()]);
    await server.clock.advance(3000);
    await starting;
    watcher.enqueue(app);
    await server.clock.advance(100);
    clock.stoodStill(60_000);
    goOn.resolve();
    expect(await outcome.promise).toMatchObject({ code: 'ERR_ABORTED' });
    expect(isAborted).toBe(false);
    expect(server.stored<Config>(config)?.data).toEqual({ by: 'a' });
  });
});

test('a leader that stops, and is cut off, has what runs end at the renew deadline', async () => {
  const { one, client } = replica('a', 'leader');
  await one.start();
  await server.clock.advance(3000);
  let overdueAt: number | undefined;
  one.onChange((overdue) => {
    const run = Promise.withResolvers<void>();
    overdue.addEventListener('abort', () => {
      overdueAt ??= server.clock.now();
      run.resolve();
    });
    return run.promise;
  });
  client.cut();
  const cutAt = server.clock.now();
  await server.clock.advance(7000);
  const stopping = one.stop();
  await server.clock.advance(30_000);
  await stopping;
  expect(overdueAt! - cutAt).toBeLessThanOrEqual(10_000);
});
