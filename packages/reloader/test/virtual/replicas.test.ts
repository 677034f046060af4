import { createReplicas, type Replicas } from '@depwatch/replicas';
import { expect, test } from 'vitest';
import { Bench, configMap, workload } from './bench.ts';

const lease = { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease' };

function replica({ fake }: Bench, identity: string): Replicas {
  const of = { namespace: 'default', name: 'reloader', mode: 'leader' } as const;
  return createReplicas({ ...of, identity, client: fake, clock: fake.clock });
}

/** Lets time pass while a replica stops. */
async function end(bench: Bench, stop: () => Promise<unknown>, replicas: Replicas): Promise<void> {
  const stopped = Promise.all([stop(), replicas.stop()]);
  await bench.pass(1000);
  await stopped;
}

test('of two replicas one works, the other watches nothing but workloads and the Lease, and takes over', async () => {
  await using bench = new Bench(configMap('a'), workload(['a']));
  const [one, two] = [replica(bench, 'one'), replica(bench, 'two')];
  const starting = one.start();
  await bench.pass(1000);
  await starting;
  const stopOne = await bench.start({ ownership: one });
  expect(bench.outcomes).toEqual(['recorded']);

  const watching = () => bench.fake.openWatches.map(({ gvr }) => gvr.resource).toSorted();
  const watches = watching();
  const joining = two.start();
  await bench.pass(1000);
  await joining;
  const stopTwo = await bench.start({ ownership: two });
  const more = ['daemonsets', 'deployments', 'statefulsets'];
  expect(watching()).toEqual([...watches, ...more].toSorted());
  await bench.set('a', { k: '2' });
  await bench.pass(5000);
  expect(bench.outcomes).toEqual(['recorded', 'rolled']);
  expect(await bench.fake.get({ ...lease, namespace: 'default', name: 'reloader' })).toMatchObject({
    spec: { holderIdentity: 'one' },
  });

  await end(bench, stopOne, one);
  await bench.pass(20_000);
  await bench.set('a', { k: '3' });
  await bench.pass(5000);
  expect(bench.outcomes).toEqual(['recorded', 'rolled', 'rolled']);
  await end(bench, stopTwo, two);
});

test('a replica that leads again knows no more than the record, whatever it had decided before', async () => {
  await using bench = new Bench(configMap('a'), workload(['a']));
  let leads = true;
  const listeners = new Set<(overdue: AbortSignal) => Promise<void> | void>();
  const lead = async (whether: boolean): Promise<void> => {
    leads = whether;
    for (const listener of listeners) await listener(new AbortController().signal);
  };
  await bench.start({
    ownership: {
      epoch: 1,
      owns: () => leads,
      onChange(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
  });
  await lead(false);
  const stopOther = await bench.start();
  await bench.set('a', { k: '2' });
  await bench.pass(5000);
  await stopOther();
  await bench.set('a', { k: '1' });
  await lead(true);
  await bench.pass(20_000);
  // The pods run with the second state, which this one has never seen.
  expect(bench.outcomes).toEqual(['recorded', 'rolled', 'rolled']);
});
