import { describe, expect, test } from 'vitest';
import { createReplicas, type Replicas } from '../src/index.ts';
import type { Lease } from '../src/lease.ts';
import { connectionTo, type Connection } from './connection.ts';
import { leaseOf, server, started } from './world.ts';

const id = leaseOf('web');

function candidate(identity: string): Replicas & { connection: Connection } {
  const client = connectionTo(server);
  const { clock } = server;
  const one = createReplicas({
    namespace: 'shop',
    name: 'web',
    identity,
    mode: 'leader',
    client,
    clock,
  });
  started.push(one);
  return Object.assign(one, { connection: client });
}

const lease = (): Lease => server.stored<Lease>(id)!;
const leads = (one: Replicas) => one.owns('any');

async function started2(): Promise<[ReturnType<typeof candidate>, ReturnType<typeof candidate>]> {
  const [a, b] = [candidate('a'), candidate('b')];
  await a.start();
  await b.start();
  return [a, b];
}

describe('a leader', () => {
  test('is one of the candidates, and owns all', async () => {
    const [a, b] = await started2();
    await server.clock.advance(5000);
    expect([leads(a), leads(b)]).toEqual([true, false]);
    expect(lease().spec).toMatchObject({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      leaseTransitions: 0,
    });
    expect(b.members()).toMatchObject([{ identity: 'a', epoch: 1 }]);
    expect(b.state).toBe('member');
  });

  test('releases the Lease when it stops, and another takes it with the next epoch', async () => {
    const [a, b] = await started2();
    await server.clock.advance(3000);
    await a.stop();
    expect(lease().spec).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
    await server.clock.advance(2300);
    expect(leads(b)).toBe(true);
    expect(b.epoch).toBe(2);
    expect(lease().spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
  });

  test('that is cut off owns nothing at the deadline, and another leads after the lease', async () => {
    const [a, b] = await started2();
    await server.clock.advance(3000);
    const changes: boolean[] = [];
    a.onChange((overdue) => {
      changes.push(leads(a));
      overdue.addEventListener('abort', () => changes.push(overdue.aborted));
    });
    a.connection.cut();
    await server.clock.advance(10_000);
    expect([leads(a), leads(b)]).toEqual([false, false]);
    expect(changes).toEqual([false, true]);
    await server.clock.advance(8000);
    expect([leads(a), leads(b)]).toEqual([false, true]);
    a.connection.heal();
    await server.clock.advance(5000);
    expect([leads(a), leads(b)]).toEqual([false, true]);
  });

  test('is waited for while the time in its Lease is of another clock', async () => {
    const times = {
      renewTime: '2001-01-01T00:00:00.000000Z',
      acquireTime: '2001-01-01T00:00:00.000000Z',
    };
    server.put({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { holderIdentity: 'x', leaseDurationSeconds: 15, leaseTransitions: 4, ...times },
    });
    const a = candidate('a');
    await a.start();
    await server.clock.advance(14_000);
    expect(leads(a)).toBe(false);
    await server.clock.advance(4000);
    expect(leads(a)).toBe(true);
    expect(a.epoch).toBe(6);
  });

  test('lets what runs end before it releases', async () => {
    const a = candidate('a');
    await a.start();
    await server.clock.advance(3000);
    const run = Promise.withResolvers<void>();
    a.onChange(() => run.promise);
    const stopping = a.stop();
    expect(leads(a)).toBe(false);
    await server.clock.advance(6000);
    expect(lease().spec?.holderIdentity).toBe('a');
    run.resolve();
    await server.clock.advance(100);
    await stopping;
    expect(lease().spec?.holderIdentity).toBe('');
    expect(server.clock.pending).toBe(0);
  });

  test('is found where the server is too slow to answer in time at first', async () => {
    const slow = server.hold({ operation: 'get' });
    const a = candidate('a');
    const start = a.start();
    await server.clock.advance(12_000);
    slow();
    await server.clock.advance(3000);
    await start;
    expect(leads(a)).toBe(true);
  });

  test('whose write took effect unheard leads as soon as it has renewed', async () => {
    const a = candidate('a');
    const undo = server.hold({ operation: 'create', at: 'answer' });
    await a.start();
    await server.clock.advance(4000);
    expect([leads(a), lease().spec?.holderIdentity]).toEqual([false, 'a']);
    undo();
    await server.clock.advance(4000);
    expect(leads(a)).toBe(true);
  });
});
