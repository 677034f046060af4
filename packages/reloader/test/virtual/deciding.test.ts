import { describe, expect, test } from 'vitest';
import { Bench, configMap, id, secret, workload } from './bench.ts';

describe('the record', () => {
  test('that `kubectl replace` takes away together with a change of data does not hide the change', async () => {
    await using bench = new Bench(configMap('a'), workload(['a']));
    await bench.start();
    expect(bench.record()).toBeDefined();
    await bench.fake.update(configMap('a', { k: '2' }), { fieldManager: 'kubectl-replace' });
    await bench.fake.update(workload(['a']), { fieldManager: 'kubectl-replace' });
    expect(bench.record()).toBeUndefined();
    await bench.pass(3000);
    expect(bench.outcomes).toEqual(['recorded', 'rolled']);
    await bench.pass(60_000);
    expect(bench.outcomes).toEqual(['recorded', 'rolled']);
  });

  test('that is removed is restored, and called so', async () => {
    await using bench = new Bench(configMap('a'), workload(['a']));
    await bench.start();
    const record = bench.record();
    for (const [broken, what] of [
      [null, 'removed'],
      ['{"configmap/a":', 'broken'],
      ['{}', 'changed'],
    ] as const) {
      await bench.change({ metadata: { annotations: { 'depwatch.dev/hash': broken } } });
      await bench.pass(60_000);
      expect(bench.record()).toBe(record);
      expect(bench.decisions.at(-1)).toMatchObject({
        outcome: 'restored',
        reason: `somebody has ${what} the record`,
      });
    }
  });

  test('that is set back together with the data does not hide that the pods run with other data', async () => {
    await using bench = new Bench(configMap('a'), workload(['a']));
    await bench.start();
    const old = bench.record()!;
    await bench.set('a', { k: '2' });
    await bench.pass(20_000);
    await bench.change({ metadata: { annotations: { 'depwatch.dev/hash': old } } });
    await bench.set('a', { k: '1' });
    await bench.pass(20_000);
    expect(bench.outcomes).toEqual(['recorded', 'rolled', 'rolled']);
  });

  test('of a workload that is deleted and made anew is a new one', async () => {
    await using bench = new Bench(configMap('a'), workload(['a']));
    await bench.start();
    bench.fake.remove(id('Deployment', 'web'));
    await bench.set('a', { k: '2' });
    bench.fake.put(workload(['a']));
    await bench.pass(5000);
    expect(bench.rolled()).toBeUndefined();
    expect(bench.outcomes.at(-1)).toBe('recorded');
  });

  test('that is copied to another namespace with the workload and its data rolls nothing there', async () => {
    await using bench = new Bench(configMap('a'), workload(['a']));
    await bench.start();
    const { metadata, spec } = bench.workload();
    bench.fake.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'copy' } });
    bench.fake.put({ ...configMap('a'), metadata: { namespace: 'copy', name: 'a' } });
    bench.fake.put({
      ...workload(['a']),
      metadata: { namespace: 'copy', name: 'web', annotations: metadata!.annotations! },
      spec,
    } as never);
    await bench.pass(5000);
    expect(bench.decisions.at(-1)).toMatchObject({
      workload: { namespace: 'copy' },
      outcome: 'unchanged',
    });
  });
});

describe('data and pod template', () => {
  const newTemplate = { spec: { template: { metadata: { labels: { version: '2' } } } } };

  async function whileDown(changes: (bench: Bench) => Promise<void>): Promise<Bench> {
    const bench = new Bench(configMap('a'), workload(['a']));
    const first = await bench.start();
    await first();
    await bench.pass(3_600_000);
    await changes(bench);
    await bench.pass(3_600_000);
    bench.events.length = 0;
    await bench.start();
    return bench;
  }

  test('that both changed while it was down roll nothing more, where the template came last', async () => {
    await using bench = await whileDown(async (down) => {
      await down.set('a', { k: '2' });
      await down.pass(5000);
      await down.change(newTemplate);
    });
    expect(bench.outcomes).toEqual(['recorded']);
    expect(bench.rolled()).toBeUndefined();
  });

  test('and roll where the data came last', async () => {
    await using bench = await whileDown(async (down) => {
      await down.change(newTemplate);
      await down.pass(5000);
      await down.set('a', { k: '2' });
    });
    expect(bench.outcomes).toEqual(['rolled']);
  });
});

describe('what is missing', () => {
  test('is waited for, whatever else has changed, and then it rolls once', async () => {
    await using bench = new Bench(configMap('a'), configMap('b'), workload(['a', 'b']));
    await bench.start();
    bench.fake.remove(id('ConfigMap', 'b'));
    await bench.set('a', { k: '2' });
    await bench.pass(60_000);
    expect(bench.outcomes).toEqual(['recorded', 'waiting']);
    bench.fake.put(configMap('b', { k: '2' }));
    await bench.pass(60_000);
    expect(bench.outcomes).toEqual(['recorded', 'waiting', 'rolled']);
    expect(bench.decisions.at(-1)?.differing).toEqual(['configmap/a', 'configmap/b']);
  });

  test('and optional rolls when it goes, and when it comes, whatever happened between', async () => {
    await using bench = new Bench(configMap('a'), workload(['a?']));
    await bench.start();
    bench.fake.remove(id('ConfigMap', 'a'));
    await bench.pass(3000);
    expect(bench.outcomes).toEqual(['recorded', 'rolled']);
    await bench.change({ spec: { template: { metadata: { labels: { version: '2' } } } } });
    await bench.pass(60_000);
    bench.fake.put(configMap('a'));
    await bench.pass(60_000);
    expect(bench.outcomes).toEqual(['recorded', 'rolled', 'recorded', 'rolled']);
  });

  test('for a moment only, as `kubectl replace --force` has it, rolls nothing', async () => {
    await using bench = new Bench(configMap('a'), workload(['a?']));
    await bench.start();
    bench.fake.remove(id('ConfigMap', 'a'));
    await bench.pass(500);
    bench.fake.put(configMap('a'));
    await bench.pass(60_000);
    expect(bench.outcomes).toEqual(['recorded']);
  });
});

describe('annotations', () => {
  test('on the pod template count where the workload has none', async () => {
    const annotations = { 'depwatch.dev/reload': 'auto' };
    const object = workload(['a'], null);
    object.spec.template.metadata = { ...object.spec.template.metadata, annotations } as never;
    await using bench = new Bench(configMap('a'), object);
    await bench.start();
    await bench.set('a', { k: '2' });
    await bench.pass(3000);
    expect(bench.outcomes).toEqual(['recorded', 'rolled']);
  });

  test('`auto, secret/x` is auto, and tells of what is not used', async () => {
    await using bench = new Bench(configMap('a'), workload(['a'], 'auto, secret/x'));
    await bench.start();
    await bench.set('a', { k: '2' });
    await bench.pass(3000);
    expect(bench.outcomes).toEqual(['recorded', 'rolled']);
    expect(bench.messages('problem')).toEqual([
      'depwatch.dev/reload lists secret/x, which the pod template does not name',
    ]);
  });
});

test('labels, status and replicas change nothing: no write, no read, no line', async () => {
  await using bench = new Bench(configMap('a'), workload(['a']));
  await bench.start();
  const { requests, events } = { requests: bench.fake.requests, events: bench.events.length };
  await bench.change({ metadata: { labels: { touched: 'yes' } } });
  await bench.change({ spec: { replicas: 7 } });
  await bench.fake.patch(
    id('Deployment', 'web'),
    { status: { replicas: 7 } },
    { subresource: 'status' },
  );
  await bench.pass(60_000);
  expect(bench.fake.requests.get).toBe(requests.get);
  expect(bench.writes - 1).toBe(1);
  expect(bench.events).toHaveLength(events);
});

test('no data of a Secret is in anything it says, keeps or writes', async () => {
  await using bench = new Bench(secret('s', { k: 'dHIwdWI0ZG9y' }), workload(['secret/s']));
  await bench.start();
  await bench.set('s', { k: 'YzBycmVjdGgwcnNl' }, 'Secret');
  await bench.pass(60_000);
  expect(bench.outcomes).toEqual(['recorded', 'rolled']);
  const said = JSON.stringify([
    bench.events,
    bench.logged,
    bench.workload(),
    await bench.clusterEvents(),
  ]);
  expect(said).not.toMatch(/dHIwdWI0ZG9y|YzBycmVjdGgwcnNl|tr0ub4dor|c0rrecth0rse/);
});

test('a change that comes while a roll is being written is not lost', async () => {
  await using bench = new Bench(configMap('a'), workload(['a']));
  await bench.start();
  await bench.set('a', { k: '2' });
  const release = bench.fake.hold({ operation: 'patch', at: 'answer' });
  await bench.pass(2500);
  // Its data was read, and its write is under way.
  bench.fake.put(configMap('a', { k: '3' }));
  await bench.pass(500);
  release();
  await bench.pass(20_000);
  expect(bench.decisions.map(({ outcome }) => outcome)).toEqual([
    'recorded',
    'rolled',
    'held',
    'rolled',
  ]);
  expect(bench.decisions.at(-1)?.causes).toEqual(['configmap/a modified']);
});

test('a change whose read fails is not lost', async () => {
  await using bench = new Bench(configMap('a'), workload(['a']));
  await bench.start();
  const undo = bench.fake.fail({ operation: 'get', error: { code: 503 } });
  await bench.set('a', { k: '2' });
  await bench.pass(10_000);
  expect(bench.outcomes).toEqual(['recorded']);
  expect(bench.messages('failed')).toEqual([expect.stringContaining('503')]);
  undo();
  await bench.pass(60_000);
  expect(bench.outcomes).toEqual(['recorded', 'rolled']);
});

test('who changes the pod template at each write has the record written every 10 s at most', async () => {
  await using bench = new Bench(configMap('a'), workload(['a']));
  await bench.start();
  let seen = '';
  let version = 0;
  await bench.keepDoing(60_000, async () => {
    if (bench.record() === seen) return;
    seen = bench.record()!;
    const labels = { version: String((version += 1)) };
    await bench.change({ spec: { template: { metadata: { labels } } } });
  });
  expect(bench.writes).toBeLessThanOrEqual(7);
  expect(bench.rolled()).toBeUndefined();
});
