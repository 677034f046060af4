import { describe, expect, test } from 'vitest';
import type { ControllerContext, KubernetesObject } from '../src/index.ts';
import {
  configMap,
  configMapId,
  startBench,
  widget,
  widgetId,
  type ConfigMap,
  type Widget,
} from './harness.ts';

describe('the next reconcile', () => {
  /** A bench whose second reconcile writes what the first has read, while the watch of that says nothing. */
  async function startSilenced() {
    const seen: { readonly count: string | undefined; readonly at: number }[] = [];
    const bench = await startBench(
      {
        async reconcile(_object, { get, client }) {
          const config = await get<ConfigMap>(configMapId('one'));
          seen.push({ count: config?.data['count'], at: bench.fake.clock.now() });
          if (seen.length !== 2) return undefined;
          await client.patch(configMapId('one'), { data: { count: '1' } });
          return { requeueAfterMs: 0 };
        },
      },
      [configMap('one', { count: '0' })],
    );
    bench.fake.put(widget('a'));
    await bench.settle(100);
    const release = bench.fake.hold({
      operation: 'watch',
      at: 'answer',
      match: ({ gvk }) => gvk.kind === 'ConfigMap',
    });
    bench.controller.enqueue(widgetId('a'));
    await bench.settle(1000);
    expect(seen.map(({ count }) => count)).toEqual(['0', '0']);
    return { bench, seen, release };
  }

  test('begins once the cache shows what the last one wrote', async () => {
    const { bench, seen, release } = await startSilenced();
    await using _ = bench;
    release();
    await bench.settle();
    expect(new Set(seen.slice(2).map(({ count }) => count))).toEqual(new Set(['1']));
  });

  test('begins after 5 s, whatever the cache shows', async () => {
    const { bench, seen } = await startSilenced();
    await using _ = bench;
    await bench.settle(10_000);
    expect(seen.map(({ count }) => count)).toEqual(['0', '0', '0']);
    expect(seen[2]!.at - seen[1]!.at).toBe(5000);
  });

  test('does not wait for what nobody watches', async () => {
    let runs = 0;
    await using bench = await startBench(
      {
        async reconcile(_object, { client }) {
          runs += 1;
          await client.patch(configMapId('one'), { data: { count: String(runs) } });
          return runs < 3 ? { requeueAfterMs: 0 } : undefined;
        },
      },
      [widget('a'), configMap('one')],
    );
    await bench.settle(100);
    expect(runs).toBe(3);
  });

  test('does not wait for a dry run', async () => {
    let runs = 0;
    await using bench = await startBench(
      {
        async reconcile(_object, { client }) {
          runs += 1;
          await client.patch(widgetId('a'), { spec: { size: 9 } }, { dryRun: true });
          return runs < 3 ? { requeueAfterMs: 0 } : undefined;
        },
      },
      [widget('a')],
    );
    await bench.settle(100);
    expect(runs).toBe(3);
  });
});

describe('the next reconcile after a delete', () => {
  type Write = (client: ControllerContext['client'], run: number) => Promise<unknown>;
  const mine = (name: string, metadata: object = {}) => ({
    ...configMap(name),
    metadata: { name, namespace: 'default', labels: { of: 'a' }, ...metadata },
  });
  const all = { version: 'v1', kind: 'ConfigMap', namespace: 'default', selector: 'of=a' };

  /** A bench whose second reconcile writes what it is told to, while the watch says nothing. What each has read of the list. */
  async function startSilenced(write: Write, objects = [mine('one'), mine('two')]) {
    const seen: { readonly names: readonly string[]; readonly at: number }[] = [];
    const bench = await startBench(
      {
        async reconcile(_object, { list, client }) {
          const found = await list<ConfigMap & { metadata: { deletionTimestamp?: string } }>(all);
          const left = found.filter(({ metadata }) => !metadata.deletionTimestamp);
          const names = left.map(({ metadata }) => metadata.name).toSorted();
          seen.push({ names, at: bench.fake.clock.now() });
          if (seen.length !== 2) return undefined;
          await write(client, seen.length);
          return { requeueAfterMs: 0 };
        },
      },
      objects,
    );
    bench.fake.put(widget('a'));
    await bench.settle(100);
    const release = bench.fake.hold({
      operation: 'watch',
      at: 'answer',
      match: ({ gvk }) => gvk.kind === 'ConfigMap',
    });
    bench.controller.enqueue(widgetId('a'));
    await bench.settle(1000);
    return { bench, seen, release, names: () => seen.map(({ names }) => names.join()) };
  }

  test.each<[string, Write, Parameters<typeof mine>[1]?]>([
    ['is gone', (client) => client.delete(configMapId('one'))],
    [
      'goes once its finalizers do',
      (client) => client.delete(configMapId('one')),
      {
        finalizers: ['example.com/kept'],
      },
    ],
    [
      'was gone already',
      async (client) => {
        await client.delete(configMapId('one'));
        await client.delete(configMapId('one'));
      },
    ],
  ])('begins once the cache shows that it %s', async (_how, write, metadata) => {
    const { bench, names, release } = await startSilenced(write, [
      mine('one', metadata),
      mine('two'),
    ]);
    await using _ = bench;
    expect(names()).toEqual(['one,two', 'one,two']);
    release();
    await bench.settle();
    expect(new Set(names().slice(2))).toEqual(new Set(['two']));
  });

  test('begins once the cache has passed what was made and deleted in one', async () => {
    const { bench, names, release } = await startSilenced(async (client) => {
      await client.create(mine('three'));
      await client.delete(configMapId('three'));
    });
    await using _ = bench;
    expect(names()).toHaveLength(2);
    release();
    await bench.settle();
    expect(new Set(names().slice(2))).toEqual(new Set(['one,two']));
  });

  test('waits for what was made anew under a name, and not for what had it before', async () => {
    const { bench, names, release } = await startSilenced(async (client) => {
      await client.delete(configMapId('one'));
      await client.create(mine('one'));
    });
    await using _ = bench;
    expect(names()).toHaveLength(2);
    release();
    await bench.settle();
    expect(names().length).toBeGreaterThan(2);
    expect(bench.controller.watcher.listFromCache(all)).toHaveLength(2);
  });

  test('begins after 5 s, whatever the cache shows', async () => {
    const { bench, seen } = await startSilenced((client) => client.delete(configMapId('one')));
    await using _ = bench;
    await bench.settle(10_000);
    expect(seen).toHaveLength(3);
    expect(seen[2]!.at - seen[1]!.at).toBe(5000);
  });

  test.each<[string, Write]>([
    ['a dry run', (client) => client.delete(configMapId('one'), { dryRun: true })],
    ['what nobody watches', (client) => client.delete(configMapId('unwatched'))],
    [
      'what was not deleted',
      async (client) => {
        const preconditions = { uid: 'of-another' };
        await client.delete(configMapId('one'), { preconditions }).catch(() => {});
      },
    ],
  ])('does not wait for %s', async (_what, write) => {
    const { bench, names } = await startSilenced(write, [
      mine('one'),
      mine('two'),
      configMap('unwatched') as ReturnType<typeof mine>,
    ]);
    await using _ = bench;
    expect(names()).toEqual(['one,two', 'one,two', 'one,two']);
  });
});

test('the next reconcile begins once the cache shows what was written by a subresource of another kind', async () => {
  type Deployment = KubernetesObject & { spec: { replicas: number } };
  const id = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'default', name: 'd' };
  const seen: number[] = [];
  const bench = await startBench(
    {
      async reconcile(_object, { get, client }) {
        const { spec } = (await get<Deployment>(id))!;
        seen.push(spec.replicas);
        if (seen.length !== 2) return undefined;
        await client.patch(id, { spec: { replicas: 2 } }, { subresource: 'scale' });
        return { requeueAfterMs: 0 };
      },
    },
    [
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'd', namespace: 'default' },
        spec: { replicas: 1 },
      } as KubernetesObject,
    ],
  );
  await using _ = bench;
  bench.fake.put(widget('a'));
  await bench.settle(100);
  const release = bench.fake.hold({
    operation: 'watch',
    at: 'answer',
    match: ({ gvk }) => gvk.kind === 'Deployment',
  });
  bench.controller.enqueue(widgetId('a'));
  await bench.settle(1000);
  expect(seen).toEqual([1, 1]);
  release();
  await bench.settle();
  expect(new Set(seen.slice(2))).toEqual(new Set([2]));
});

test('the next reconcile begins once the cache shows what was evicted', async () => {
  const id = { version: 'v1', kind: 'Pod', namespace: 'default', name: 'p' };
  const seen: boolean[] = [];
  const bench = await startBench(
    {
      async reconcile(_object, { get, client }) {
        const pod = await get<KubernetesObject>(id);
        seen.push(pod !== undefined && !pod.metadata?.deletionTimestamp);
        if (seen.length !== 2) return undefined;
        const eviction = {
          apiVersion: 'policy/v1',
          kind: 'Eviction',
          metadata: { name: 'p', namespace: 'default' },
        };
        await client.create(eviction, { subresource: 'eviction', of: id });
        return { requeueAfterMs: 0 };
      },
    },
    [{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'default' } }],
  );
  await using _ = bench;
  bench.fake.put(widget('a'));
  await bench.settle(100);
  const release = bench.fake.hold({
    operation: 'watch',
    at: 'answer',
    match: ({ gvk }) => gvk.kind === 'Pod',
  });
  bench.controller.enqueue(widgetId('a'));
  await bench.settle(1000);
  expect(seen).toEqual([true, true]);
  release();
  await bench.settle();
  expect(new Set(seen.slice(2))).toEqual(new Set([false]));
});

describe('patchStatus', () => {
  type Status = Parameters<ControllerContext<Widget>['patchStatus']>[0];

  /** Has a bench set a status on each reconcile. */
  const start = async (status: (run: number) => Status) => {
    let runs = 0;
    const bench = await startBench(
      {
        async reconcile(_object, { patchStatus }) {
          runs += 1;
          await patchStatus(status(runs));
        },
      },
      [widget('a')],
    );
    return { bench, again: async () => (bench.controller.enqueue(widgetId('a')), bench.settle()) };
  };

  test('writes what changes, and leaves alone what it does not name', async () => {
    const { bench, again } = await start((run) =>
      run === 1 ? { size: 1, note: { text: 'x' } } : { ready: true, note: null },
    );
    await using _ = bench;
    const status = () => bench.fake.stored<Widget>(widgetId('a'))?.status;
    expect(status()).toEqual({ size: 1, note: { text: 'x' } });
    await again();
    expect(status()).toEqual({ size: 1, ready: true });
  });

  test('writes nothing over a thousand reconciles in which it does not change', async () => {
    const { bench, again } = await start(() => ({ size: 1, seen: ['x'], note: { text: 'y' } }));
    await using _ = bench;
    const { fake } = bench;
    const { patch } = fake.requests;
    for (let run = 0; run < 1000; run += 1) await again();
    expect(bench.calls).toHaveLength(1001);
    expect(fake.requests.patch).toBe(patch);
    expect(patch).toBe(1);
  });

  test('compares with what it wrote before in the same reconcile', async () => {
    await using bench = await startBench(
      {
        async reconcile(_object, { patchStatus }) {
          await patchStatus({ size: 1 });
          await patchStatus({ size: 1 });
          await patchStatus({ size: 2 });
        },
      },
      [widget('a')],
    );
    expect(bench.fake.requests.patch).toBe(2);
  });

  test('leaves alone when the reconcile asks to come again, whenever the watch shows it', async () => {
    const at: number[] = [];
    await using bench = await startBench(
      {
        async reconcile(_object, { patchStatus }) {
          at.push(bench.fake.clock.now());
          await patchStatus({ size: at.length });
          return at.length < 3 ? { requeueAfterMs: 2000 } : undefined;
        },
      },
      [],
    );
    const release = bench.fake.hold({ operation: 'watch', at: 'answer' });
    bench.fake.put(widget('a'));
    await bench.settle(1);
    release();
    await bench.settle(1);
    const again = bench.fake.hold({ operation: 'watch', at: 'answer' });
    await bench.settle(500);
    again();
    await bench.settle(60_000);
    expect(at.map((one) => one - at[0]!)).toEqual([0, 2000, 4000]);
  });

  test('does not wake the object by default', async () => {
    const { bench } = await start((run) => ({ size: run }));
    await using _ = bench;
    await bench.settle(10_000);
    expect(bench.calls).toEqual(['a']);
  });
});

test('a write with options that are none is refused, and sends nothing', async () => {
  const refused: string[] = [];
  await using bench = await startBench(
    {
      async reconcile(_object, { client }) {
        const none = null as never;
        const calls = [
          client.create(configMap('new'), none),
          client.update(configMap('one', { a: 'b' }), none),
          client.patch(configMapId('one'), { data: { a: 'b' } }, none),
          client.apply(configMap('new'), none),
          client.delete(configMapId('one'), none),
          client.get(configMapId('one'), none),
        ];
        for (const call of calls) {
          await call.catch((error: Error) => refused.push(error.message));
        }
      },
    },
    [widget('a'), configMap('one')],
  );
  const { fake } = bench;
  expect(refused).toEqual(Array.from({ length: 6 }, () => 'options: expected an object, got null'));
  expect(fake.stored(configMapId('new'))).toBeUndefined();
  expect(fake.stored<ConfigMap>(configMapId('one'))?.data).toEqual({});
});
