import { expect, test } from 'vitest';

import { ReconcileReadable, type ReconcileItem } from '../src/index.ts';
import { startBench } from '../../../tools/adapter-bench/bench.ts';

const nameOf = ({ watcher }: ReconcileItem): string => watcher.name!;

test('map acknowledges an item when it takes the next, after the work on the one before', async () => {
  const readable = new ReconcileReadable();
  await using bench = await startBench(readable, { maxConcurrentReconciles: 2 });
  const work = Promise.withResolvers<void>();
  const names = readable.map(async (item: ReconcileItem) => {
    await work.promise;
    return nameOf(item);
  });
  const all = names.toArray();
  await bench.enqueue('a', 'b', 'c');
  expect(bench.ended).toEqual([]);
  work.resolve();
  await bench.settle();
  expect(bench.ended).toEqual(['a', 'b', 'c']);
  await bench.watcher.stop();
  await bench.settle();
  expect(await all).toEqual(['a', 'b', 'c']);
});

test('with a concurrency items are acknowledged while they are worked on; by hand they need not be', async () => {
  for (const acknowledge of ['auto', 'manual'] as const) {
    const readable = new ReconcileReadable({ acknowledge });
    await using bench = await startBench(readable, { maxConcurrentReconciles: 2 });
    const work = Promise.withResolvers<void>();
    const all = readable.forEach(
      async ({ done }: ReconcileItem) => {
        await work.promise;
        done();
      },
      { concurrency: 2 },
    );
    await bench.enqueue('a', 'b', 'c');
    expect(bench.ended).toEqual(acknowledge === 'auto' ? ['a'] : []);
    work.resolve();
    await bench.settle();
    expect(bench.ended.toSorted()).toEqual(['a', 'b', 'c']);
    await bench.watcher.stop();
    await bench.settle();
    await all;
  }
});

test('filter lets items that it leaves out be done', async () => {
  const readable = new ReconcileReadable();
  await using bench = await startBench(readable);
  const all = readable
    .filter((item: ReconcileItem) => nameOf(item) !== 'b')
    .map(nameOf)
    .toArray();
  await bench.enqueue('a', 'b', 'c');
  expect(bench.ended).toEqual(['a', 'b', 'c']);
  await bench.watcher.stop();
  await bench.settle();
  expect(await all).toEqual(['a', 'c']);
});

test('a helper whose work throws has let its item go by then, and leaves with the next one', async () => {
  const readable = new ReconcileReadable();
  await using bench = await startBench(readable);
  const all = readable.forEach(() => {
    throw new Error('mishap');
  });
  const rejected = expect(all).rejects.toThrow('mishap');
  await bench.enqueue('a', 'b');
  await rejected;
  await bench.settle();
  expect(bench.ended).toEqual([
    'a',
    'b: Error: the loop was left before it asked for the next item',
  ]);
  expect(readable.destroyed).toBe(true);
});

test('a helper that has enough leaves its loop with the last item in hand', async () => {
  const readable = new ReconcileReadable();
  await using bench = await startBench(readable);
  const taken = readable.take(2).map(nameOf).toArray();
  await bench.enqueue('a', 'b');
  expect(await taken).toEqual(['a', 'b']);
  await bench.settle();
  expect(bench.ended).toEqual([
    'a',
    'b: Error: the loop was left before it asked for the next item',
  ]);
});
