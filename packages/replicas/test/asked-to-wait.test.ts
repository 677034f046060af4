/** What replicas do while an API server is too busy for them, and says when to come back. */
import { describe, expect, test } from 'vitest';
import { createReplicas, type Replicas } from '../src/index.ts';
import { server, started } from './world.ts';

function replica(identity: string, mode: 'shards' | 'leader' = 'shards'): Replicas {
  const { clock } = server;
  const settings = { namespace: 'shop', name: 'web', identity, mode, clock, client: server };
  const one = createReplicas(settings);
  started.push(one);
  return one;
}

/** Refuses what is asked of Leases so, from now on; the moments at which it was. */
function refuse(
  operation: 'list' | 'get' | 'watch' | 'update',
  code: number,
  retryAfterSeconds?: number,
): { readonly at: readonly number[]; readonly undo: () => void } {
  const at: number[] = [];
  const error =
    retryAfterSeconds === undefined ? { code } : { code, details: { retryAfterSeconds } };
  const match = (): boolean => at.push(server.clock.now()) > 0;
  return { at, undo: server.fail({ operation, match, error }) };
}

const gaps = (at: readonly number[]): number[] => at.slice(1).map((ms, index) => ms - at[index]!);
const owns = (one: Replicas): boolean => one.owns('v1/ConfigMap/shop/config');

describe.each([429, 503])('where the server answers %i and says when to come back', (code) => {
  test('Leases are not listed before', async () => {
    const { at, undo } = refuse('list', code, 4);
    const a = replica('a');
    void a.start();
    await server.clock.advance(30_000);
    expect(at.length).toBeGreaterThan(4);
    expect(Math.min(...gaps(at))).toBeGreaterThanOrEqual(4000);
    undo();
    await server.clock.advance(7000);
    expect(owns(a)).toBe(true);
  });

  test('they are not watched before, either', async () => {
    const { at, undo } = refuse('watch', code, 4);
    const a = replica('a');
    void a.start();
    await server.clock.advance(30_000);
    expect(Math.min(...gaps(at))).toBeGreaterThanOrEqual(4000);
    undo();
    await server.clock.advance(7000);
    expect(owns(a)).toBe(true);
  });

  test('a Lease is not written before', async () => {
    const a = replica('a');
    await Promise.all([a.start(), server.clock.advance(1000)]);
    const { epoch } = a;
    const { at, undo } = refuse('update', code, 2);
    await server.clock.advance(5000);
    expect(gaps(at)).toHaveLength(1);
    expect(Math.min(...gaps(at))).toBeGreaterThanOrEqual(2000);
    undo();
    await server.clock.advance(5000);
    // In time for the deadline, so nothing was lost.
    expect([a.state, owns(a), a.epoch]).toEqual(['member', true, epoch]);
  });

  test('who stands for election does not ask before', async () => {
    const a = replica('a', 'leader');
    await a.start();
    const undo = [refuse('update', code, 6), refuse('get', code, 6)];
    const [updates, gets] = undo.map(({ at }) => at);
    await server.clock.advance(30_000);
    expect(owns(a)).toBe(false);
    const all = [...updates!, ...gets!].sort((one, other) => one - other);
    expect(Math.min(...gaps(all))).toBeGreaterThanOrEqual(6000);
    for (const each of undo) each.undo();
    await server.clock.advance(9000);
    expect(owns(a)).toBe(true);
  });

  test('no longer than the renew deadline is waited, whatever it says', async () => {
    const a = replica('a');
    await Promise.all([a.start(), server.clock.advance(1000)]);
    const refusals = [refuse('update', code, 3600), refuse('list', code, 3600)];
    await server.clock.advance(40_000);
    expect(owns(a)).toBe(false);
    for (const { undo } of refusals) undo();
    await server.clock.advance(2 * 12_000);
    expect(owns(a)).toBe(true);
  });
});

test('while the server fails it is asked no more often than while it works', async () => {
  const group = ['a', 'b', 'c'].map((identity) => replica(identity));
  await Promise.all([...group.map((one) => one.start()), server.clock.advance(3000)]);
  const [updates, lists] = [refuse('update', 500), refuse('list', 500)];
  await server.clock.advance(60_000);
  // One renewal each two seconds is what a replica costs anyway.
  expect(updates.at.length).toBeLessThanOrEqual(3 * 40);
  expect(lists.at.length).toBeLessThanOrEqual(3 * 45);
  // And those who failed together don't come back together.
  expect(new Set(lists.at).size).toBeGreaterThan(lists.at.length * 0.9);
});

test('a server that ends each watch at once is not asked over and over', async () => {
  const a = replica('a');
  let watches = 0;
  server.watch = () => {
    watches += 1;
    if (watches > 1000) server.down();
    return { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(ended) }) };
  };
  const ended = { done: true, value: undefined } as const;
  void a.start();
  await server.clock.advance(60_000);
  expect(watches).toBeLessThan(60);
  expect(watches).toBeGreaterThan(20);
});
