import { describe, expect, test } from 'vitest';
import { Bench, configMap, secret, workload } from './bench.ts';

const started = async (...uses: string[]): Promise<Bench> => {
  const bench = new Bench(configMap('a'), secret('s'), workload(uses));
  await bench.start();
  bench.events.length = 0;
  return bench;
};

describe('told once, at once, and once when it is over', () => {
  test('an API server that goes away after the start', async () => {
    await using bench = await started('a', 'secret/s');
    bench.fake.down();
    await bench.pass(3000);
    expect(bench.messages('failed')).toEqual([expect.stringContaining('API server')]);
    await bench.pass(120_000);
    expect(bench.messages('failed')).toHaveLength(1);
    expect(bench.messages('notice')).toEqual([]);
    bench.fake.up();
    await bench.pass(30_000);
    expect(bench.messages('failed')).toHaveLength(1);
    expect(bench.messages('notice')).toEqual([expect.stringContaining('answers again')]);
  });

  test('an API server that goes while workloads are about to be looked at', async () => {
    await using bench = await started('a');
    await bench.set('a', { k: '2' });
    await bench.pass(1000);
    bench.fake.down();
    await bench.pass(60_000);
    expect(bench.messages('failed')).toEqual([expect.stringContaining('API server')]);
    bench.fake.up();
    await bench.pass(60_000);
    expect(bench.outcomes).toEqual(['rolled']);
  });

  test('an API server that is away at the start', async () => {
    await using bench = new Bench(configMap('a'), workload(['a']));
    bench.fake.down();
    await bench.start();
    expect(bench.messages('failed')).toEqual([expect.stringContaining('API server')]);
    await bench.pass(60_000);
    expect(bench.messages('failed')).toHaveLength(1);
    bench.fake.up();
    await bench.pass(30_000);
    expect(bench.outcomes).toEqual(['recorded']);
  });

  test('rights that are revoked', async () => {
    await using bench = await started('a');
    const undo = bench.fake.deny({ resource: 'deployments', verbs: ['list', 'watch'] });
    bench.fake.breakWatches();
    await bench.pass(3000);
    expect(bench.messages('failed')).toEqual([expect.stringMatching(/deployments/)]);
    await bench.pass(300_000);
    expect(bench.messages('failed')).toHaveLength(1);
    undo();
    await bench.pass(60_000);
    expect(bench.messages('notice')).toEqual([expect.stringMatching(/Deployment.*again/)]);
    await bench.set('a', { k: '2' });
    await bench.pass(5000);
    expect(bench.outcomes).toEqual(['rolled']);
  });
});

test('without rights to Secrets, ConfigMaps count, and it says what may not be read', async () => {
  await using bench = new Bench(configMap('a'), secret('s'), workload(['a', 'secret/s']));
  const undo = bench.fake.deny({ resource: 'secrets' });
  await bench.start();
  await bench.pass(5000);
  expect(bench.outcomes).toEqual(['recorded']);
  expect(bench.messages('failed').join()).toMatch(/Secret objects in namespace default/);
  expect(bench.messages('problem')).toEqual([expect.stringMatching(/get of .*Secret "s"/)]);
  await bench.set('a', { k: '2' });
  await bench.pass(5000);
  expect(bench.outcomes).toEqual(['recorded', 'rolled']);
  await bench.pass(600_000);
  expect(bench.messages('failed', 'problem')).toHaveLength(2);

  undo();
  await bench.pass(60_000);
  await bench.set('s', { k: 'Mg==' }, 'Secret');
  await bench.pass(20_000);
  expect(bench.decisions.at(-1)).toMatchObject({ outcome: 'rolled', differing: ['secret/s'] });
});

test('without the right to read workloads it works, and names nobody', async () => {
  await using bench = new Bench(configMap('a'), workload(['a']));
  bench.fake.deny({ resource: 'deployments', verbs: ['get'] });
  await bench.start();
  await bench.keepDoing(60_000, async () => {
    if (bench.record())
      await bench.change({ metadata: { annotations: { 'depwatch.dev/hash': null } } });
  });
  expect(bench.messages('problem')).toEqual([
    expect.stringContaining('again and again by somebody;'),
  ]);
  expect(bench.messages('failed')).toEqual([]);
});

test('a right to read that comes later is found without any change', async () => {
  await using bench = new Bench(secret('s'), workload(['secret/s']));
  const undo = bench.fake.deny({ resource: 'secrets', verbs: ['get'] });
  await bench.start();
  await bench.pass(120_000);
  expect(bench.outcomes).toEqual([]);
  expect(bench.fake.requests.get).toBeLessThanOrEqual(5);
  undo();
  await bench.pass(40_000);
  expect(bench.outcomes).toEqual(['recorded']);
  expect(bench.messages('failed', 'problem')).toHaveLength(1);
});
