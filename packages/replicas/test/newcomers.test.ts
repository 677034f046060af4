/** Who comes while a member is dead, and has seen none of its renewals. */
import { createFakeTransport, createVirtualClock, type FakeTransport } from '@depwatch/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createReplicas, type Replicas } from '../src/index.ts';
import { connectionTo, type Connection } from './connection.ts';

const keys = Array.from({ length: 60 }, (_, index) => `v1/ConfigMap/shop/config-${index}`);
const leaseMs = 16_000;

let server: FakeTransport;
let started: Replicas[] = [];

beforeEach(() => {
  server = createFakeTransport({ clock: createVirtualClock() });
  server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  started = [];
});

afterEach(async () => {
  const stops = started.map((one) => one.stop());
  await server.clock.advance(60_000);
  await Promise.all(stops);
});

async function join(identity: string): Promise<Replicas & { connection: Connection }> {
  const connection = connectionTo(server);
  const { clock } = server;
  const settings = { namespace: 'shop', name: 'web', identity, clock, client: connection };
  const one = createReplicas(settings);
  started.push(one);
  await Promise.all([one.start(), server.clock.advance(1000)]);
  return Object.assign(one, { connection });
}

const unowned = (all: readonly Replicas[]): number =>
  keys.filter((key) => !all.some((one) => one.owns(key))).length;

/** Lets time pass; when the last key without an owner was seen, in milliseconds from now on. */
async function lastUnownedMs(all: readonly Replicas[], forMs: number): Promise<number> {
  let last = 0;
  for (let ms = 0; ms < forMs; ms += 100) {
    if (unowned(all) > 0) last = ms;
    for (const key of keys) {
      expect(all.filter((one) => one.owns(key)).length).toBeLessThanOrEqual(1);
    }
    await server.clock.advance(100);
  }
  return last;
}

test.each([1000, 8000, 14_000])(
  'one that joins %i ms after the last renewal of a dead one waits no longer for it than the others',
  async (afterMs) => {
    const [a, dead] = [await join('a'), await join('b')];
    await server.clock.advance(1000);
    dead.connection.cut();
    await server.clock.advance(afterMs - 1000);
    const c = await join('c');
    expect(await lastUnownedMs([a, c], 40_000)).toBeLessThanOrEqual(leaseMs - afterMs + 1000);
  },
);

test('one that joins when the keys of a dead one have been taken over leaves none without an owner', async () => {
  const [a, dead] = [await join('a'), await join('b')];
  dead.connection.cut();
  await server.clock.advance(leaseMs + 3000);
  expect(unowned([a])).toBe(0);
  const c = await join('c');
  expect(await lastUnownedMs([a, c], 30_000)).toBeLessThanOrEqual(500);
});

test('one that comes back under the name of a dead one joins once the others have seen it lapse', async () => {
  const [a, dead] = [await join('a'), await join('b')];
  dead.connection.cut();
  await server.clock.advance(leaseMs + 3000);
  const back = await join('b');
  expect(back.state).toBe('member');
  expect(await lastUnownedMs([a, back], 30_000)).toBeLessThanOrEqual(500);
});
