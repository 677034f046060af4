import { describe, expect, test } from 'vitest';

import { ReconcileReadable, type ReconcileItem } from '../src/index.ts';
import { configMap, configMapId, startBench } from '../../../tools/adapter-bench/bench.ts';

const left = 'Error: the loop was left before it asked for the next item';
const destroyed = 'Error: the stream was destroyed';

test('changes of what is watched come as items; the loop ends with the watcher', async () => {
  const readable = new ReconcileReadable();
  await using bench = await startBench(readable, { enableCache: true });
  const seen: unknown[] = [];
  const loop = (async () => {
    for await (const { watcher, causes, signal } of readable) {
      expect(signal.aborted).toBe(false);
      const data = bench.watcher.getFromCache<{ data: object }>(configMapId('config'))?.data;
      seen.push([watcher.name, causes.map(({ type }) => type), data]);
    }
  })();
  bench.fake.put(configMap('config', { n: '1' }));
  await bench.watcher.addWatcher(configMapId('app'), configMapId('config'));
  await bench.settle();
  bench.fake.put(configMap('config', { n: '2' }));
  await bench.settle();
  await bench.watcher.stop();
  await loop;
  expect(seen).toEqual([
    ['app', ['initial'], { n: '1' }],
    ['app', ['modified'], { n: '2' }],
  ]);
  await bench.watcher.stopped;
});

test('the item in hand is acknowledged when the next one is asked for', async () => {
  const readable = new ReconcileReadable();
  await using bench = await startBench(readable);
  const items = readable[Symbol.asyncIterator]();
  await bench.enqueue('a', 'b');
  expect((await items.next()).value?.watcher.name).toBe('a');
  await bench.settle(60_000);
  expect(bench.ended).toEqual([]);
  const next = items.next();
  await bench.settle();
  expect(bench.ended).toEqual(['a']);
  expect((await next).value?.watcher.name).toBe('b');
});

test('what was acknowledged by hand counts, be it done or failed', async () => {
  const readable = new ReconcileReadable();
  await using bench = await startBench(readable);
  const seen: string[] = [];
  const loop = (async () => {
    for await (const { watcher, causes, done, fail } of readable) {
      seen.push(`${watcher.name} ${causes[0]?.type}`);
      if (seen.length === 1) done({ requeueAfterMs: 1_000 });
      if (seen.length === 2) fail(new Error('not yet'));
    }
  })();
  await bench.enqueue('a');
  await bench.settle(999);
  expect(seen).toEqual(['a enqueued']);
  await bench.settle(1);
  expect(seen).toEqual(['a enqueued', 'a requeue']);
  await bench.settle(5);
  expect(seen).toEqual(['a enqueued', 'a requeue', 'a retry']);
  expect(bench.ended).toEqual(['a', 'a: Error: not yet', 'a']);
  await bench.watcher.stop();
  await bench.settle();
  await loop;
});

describe('a loop that is left fails its item and destroys the stream', () => {
  const ways: Record<string, (readable: ReconcileReadable) => Promise<void>> = {
    break: async (readable) => {
      for await (const { watcher } of readable) if (watcher) break;
    },
    return: async (readable) => {
      for await (const { watcher } of readable) if (watcher) return;
    },
    throw: async (readable) => {
      const mishap = async (): Promise<void> => {
        for await (const { watcher } of readable) throw new Error(`mishap of ${watcher.name}`);
      };
      await mishap().catch((error: Error) => {
        if (error.message !== 'mishap of a') throw error;
      });
    },
  };
  test.each(Object.entries(ways))('%s', async (_way, leave) => {
    const readable = new ReconcileReadable();
    await using bench = await startBench(readable);
    const loop = leave(readable);
    await bench.enqueue('a', 'b');
    await loop;
    await bench.settle();
    expect(readable.destroyed).toBe(true);
    expect(bench.ended).toEqual([`a: ${left}`, `b: ${destroyed}`]);
    await bench.settle(5);
    // Tried again, later and later, until somebody stops the watcher.
    expect(bench.ended.slice(2)).toEqual([`a: ${destroyed}`, `b: ${destroyed}`]);
    // As of any stream that was destroyed before its end.
    await expect(leave(readable)).rejects.toMatchObject({ code: 'ABORT_ERR' });
  });
});

test('after a loop that does not destroy the stream another one goes on', async () => {
  const readable = new ReconcileReadable();
  await using bench = await startBench(readable);
  await bench.enqueue('a', 'b');
  for await (const { watcher } of readable.iterator({ destroyOnReturn: false })) {
    expect(watcher.name).toBe('a');
    break;
  }
  await bench.settle(5);
  expect(bench.ended).toEqual([`a: ${left}`]);
  const seen: string[] = [];
  const loop = (async () => {
    for await (const { watcher } of readable) seen.push(watcher.name!);
  })();
  await bench.settle();
  expect(seen).toEqual(['b', 'a']);
  await bench.watcher.stop();
  await bench.settle();
  await loop;
  for await (const item of readable) seen.push(item.watcher.name!);
  expect(seen).toEqual(['b', 'a']);
});

test('several loops share the items, each with one in hand', async () => {
  const readable = new ReconcileReadable();
  await using bench = await startBench(readable, { maxConcurrentReconciles: 3 });
  const loops = [readable[Symbol.asyncIterator](), readable[Symbol.asyncIterator]()];
  await bench.enqueue('a', 'b', 'c', 'd');
  const inHand = await Promise.all(loops.map((loop) => loop.next()));
  expect(inHand.map(({ value }) => value?.watcher.name)).toEqual(['a', 'b']);
  await bench.settle();
  expect([bench.held, bench.ended]).toEqual([3, []]);
  expect((await loops[1]!.next()).value?.watcher.name).toBe('c');
  await bench.settle();
  expect(bench.ended).toEqual(['b']);
  // One of them leaves: what it has fails, and so does what the other one has, for the stream is gone.
  await loops[0]!.return?.();
  await bench.settle();
  expect(bench.ended).toEqual(['b', `a: ${left}`, `c: ${destroyed}`, `d: ${destroyed}`]);
});

test('with manual acknowledgement a loop may have many items in hand', async () => {
  const readable = new ReconcileReadable({ acknowledge: 'manual' });
  await using bench = await startBench(readable, { maxConcurrentReconciles: 3 });
  const inHand: ReconcileItem[] = [];
  const loop = (async () => {
    for await (const item of readable) inHand.push(item);
  })();
  await bench.enqueue('a', 'b', 'c', 'd');
  expect(inHand.map(({ watcher }) => watcher.name)).toEqual(['a', 'b', 'c']);
  expect(bench.ended).toEqual([]);
  inHand[1]!.done();
  inHand[1]!.fail(new Error('only the first call counts'));
  await bench.settle();
  expect(bench.ended).toEqual(['b']);
  expect(inHand[3]?.watcher.name).toBe('d');
  await bench.watcher.stop();
  for (const { done, signal } of inHand) {
    done();
    expect(signal.aborted).toBe(signal !== inHand[1]!.signal);
  }
  await loop;
});
