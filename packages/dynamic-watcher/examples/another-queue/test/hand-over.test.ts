import { createDynamicWatcher, type ObjectIdentifier } from '@depwatch/dynamic-watcher';
import { createWorkQueue, defaultControllerRateLimiter } from '@depwatch/queue';
import { createFakeTransport } from '@depwatch/testing';
import { expect, test } from 'vitest';

import { handOver, work } from '../src/index.ts';

const names = ['a', 'b', 'c', 'd', 'e'];

test('a thousand changes while the worker sleeps are one item for each watcher', async () => {
  await using bench = await start();
  const worked: (string | undefined)[] = [];
  let slept = false;
  void work(
    bench.queue,
    async ({ name }) => {
      if (!slept) {
        slept = true;
        await new Promise<void>((resolve) => void bench.fake.clock.setTimeout(resolve, 2_000));
      }
      worked.push(name);
    },
    () => {},
  );
  for (let change = 0; change < 1_000; change++) {
    bench.change(names[change % names.length]!, `${change}`);
    await bench.fake.clock.advance(1);
    expect(bench.queue.length).toBeLessThan(names.length);
  }
  await bench.fake.clock.advance(2_000);
  // The one that was slept over, the others, and that one again.
  expect(worked).toEqual(['a', 'b', 'c', 'd', 'e', 'a']);
});

test('what a full queue refuses comes again', async () => {
  await using bench = await start(1);
  for (const name of names) bench.change(name, '1');
  await bench.fake.clock.advance(1_000);
  expect(bench.queue.length).toBe(1);
  const worked: (string | undefined)[] = [];
  void work(
    bench.queue,
    async ({ name }) => void worked.push(name),
    () => {},
  );
  await bench.fake.clock.advance(60_000);
  expect(worked.toSorted((a, b) => a!.localeCompare(b!))).toEqual(names);
});

test('work that fails is tried again by its own queue; the dynamic watcher hears nothing of it', async () => {
  await using bench = await start();
  let tries = 0;
  const failures: unknown[] = [];
  void work(
    bench.queue,
    async () => {
      tries += 1;
      if (tries < 3) throw new Error(`try ${tries}`);
    },
    (_, error) => failures.push((error as Error).message),
  );
  bench.change('a', '1');
  await bench.fake.clock.advance(100);
  expect(failures).toEqual(['try 1', 'try 2']);
  expect(tries).toBe(3);
  expect(bench.results).toEqual(['success']);
});

/** Watchers `a` to `e`, each of which depends on the ConfigMap of its name and `-config`, before a queue. */
async function start(maxLength = Infinity) {
  const fake = createFakeTransport();
  const { clock } = fake;
  const rateLimiter = defaultControllerRateLimiter<ObjectIdentifier>({ clock });
  const queue = createWorkQueue<ObjectIdentifier>({ clock, rateLimiter, maxLength });
  const results: unknown[] = [];
  const watcher = createDynamicWatcher({
    transport: fake,
    clock,
    reconciler: handOver(queue),
    metrics: {
      count: (name, labels, by = 1) => {
        const counts = name === 'controller_runtime_reconcile_total' && by > 0;
        if (counts) results.push(labels?.['result']);
      },
      gauge: () => {},
      observe: () => {},
    },
  });
  await watcher.start();
  for (const name of names) await watcher.addWatcher(configMap(name), configMap(`${name}-config`));
  return {
    fake,
    queue,
    results,
    change: (name: string, value: string) => {
      const metadata = { name: `${name}-config`, namespace: 'default' };
      fake.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { value } });
    },
    [Symbol.asyncDispose]: async () => {
      queue.shutdownNow();
      await watcher[Symbol.asyncDispose]();
      expect(clock.pending).toBe(0);
    },
  };
}

function configMap(name: string): ObjectIdentifier {
  return { version: 'v1', kind: 'ConfigMap', namespace: 'default', name };
}
