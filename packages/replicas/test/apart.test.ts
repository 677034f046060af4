/** Who stops the world: replicas that are all cut off from the API server, and such whose clocks are far apart. */
import type { Clock } from '@depwatch/core';
import { describe, expect, test } from 'vitest';
import { createReplicas } from '../src/index.ts';
import { connectionTo } from './connection.ts';
import { keys, server, started } from './world.ts';

const hourMs = 3_600_000;

/** A replica whose clock is so far from the server's, and which notes when it is told to end what runs. */
function replica(identity: string, mode: 'shards' | 'leader', apartMs = 0) {
  const clock: Clock = {
    now: () => server.clock.now() + apartMs,
    random: () => server.clock.random(),
    setTimeout: (run, ms) => server.clock.setTimeout(run, ms),
  };
  const client = connectionTo(server);
  const one = createReplicas({ namespace: 'shop', name: 'web', identity, mode, clock, client });
  started.push(one);
  const abortedAt: number[] = [];
  const noted = new WeakSet<AbortSignal>();
  one.onChange((overdue) => {
    if (noted.has(overdue)) return;
    noted.add(overdue);
    overdue.addEventListener('abort', () => abortedAt.push(server.clock.now()));
  });
  return { one, client, abortedAt };
}

type Group = readonly ReturnType<typeof replica>[];

async function startAll(group: Group): Promise<void> {
  const starts = group.map(({ one }) => one.start());
  await server.clock.advance(3000);
  await Promise.all(starts);
}

const ownersOf = (group: Group, key: string) => group.filter(({ one }) => one.owns(key)).length;

/** What may be so at each moment of a while: for each key so many owners. */
async function expectOwners(group: Group, forMs: number, ...allowed: number[]): Promise<void> {
  for (let ms = 0; ms < forMs; ms += 250) {
    for (const key of keys) expect(allowed).toContain(ownersOf(group, key));
    await server.clock.advance(250);
  }
}

describe.each(['shards', 'leader'] as const)('with %s', (mode) => {
  test('replicas that are all cut off own nothing at the renew deadline, and share all once they are not', async () => {
    const group = ['a', 'b', 'c'].map((identity) => replica(identity, mode));
    await startAll(group);
    await expectOwners(group, 2000, 1);
    const cutAt = server.clock.now();
    for (const { client } of group) client.cut();
    await expectOwners(group, 10_000, 0, 1);
    // Each at its own deadline, none after the last one.
    await expectOwners(group, 50_000, 0);
    const aborted = group.flatMap(({ abortedAt }) => abortedAt.slice(0, 1));
    expect(aborted).toHaveLength(mode === 'shards' ? 3 : 1);
    for (const at of aborted) {
      expect(at - cutAt).toBeGreaterThan(7000);
      expect(at - cutAt).toBeLessThanOrEqual(10_000);
    }
    for (const { client } of group) client.heal();
    await expectOwners(group, 20_000, 0, 1);
    await expectOwners(group, 5000, 1);
  });

  test('clocks that are an hour apart, either way, matter to nobody', async () => {
    const group = [0, hourMs, -hourMs].map((ms, index) => replica('abc'[index]!, mode, ms));
    await startAll(group);
    await expectOwners(group, 20_000, 1);
    const leader = group.find(({ one }) => one.owns(keys[0]!))!;
    leader.client.cut();
    await expectOwners(group, 25_000, 0, 1);
    await expectOwners(group, 5000, 1);
    expect(leader.one.owns(keys[0]!)).toBe(false);
  });
});
