import { describe, expect, test } from 'vitest';
import type { ControllerContext } from '../src/index.ts';
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

  test('does not wake the object by default', async () => {
    const { bench } = await start((run) => ({ size: run }));
    await using _ = bench;
    await bench.settle(10_000);
    expect(bench.calls).toEqual(['a']);
  });
});
