import { getEventListeners } from 'node:events';
import { addAbortSignal, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expect, test } from 'vitest';

import { ReconcileReadable, type ReconcileItem } from '../src/index.ts';
import { configMapId, startBench, type Bench } from '../../../tools/adapter-bench/bench.ts';

/** A Writable that takes `ms` of virtual time for each item, and has room for one. */
function slowWritable(bench: Bench, ms: number): Writable & { readonly written: string[] } {
  const written: string[] = [];
  const writable = new Writable({
    objectMode: true,
    highWaterMark: 1,
    write({ watcher }: ReconcileItem, _encoding, callback) {
      written.push(watcher.name!);
      bench.fake.clock.setTimeout(callback, ms);
    },
  });
  return Object.assign(writable, { written });
}

test("'data' readers acknowledge on reading", async () => {
  const readable = new ReconcileReadable();
  await using bench = await startBench(readable);
  const seen: string[] = [];
  readable.on('data', ({ watcher }) => {
    expect(bench.ended).toEqual(seen);
    seen.push(watcher.name!);
  });
  let ends = 0;
  readable.on('end', () => (ends += 1));
  await bench.enqueue('a', 'b', 'c');
  expect(seen).toEqual(['a', 'b', 'c']);
  expect(bench.ended).toEqual(['a', 'b', 'c']);
  await bench.watcher.stop();
  await bench.settle();
  expect(ends).toBe(1);
  expect(readable.readableEnded).toBe(true);
});

test('a reader is called by itself, and not within a reconcile', async () => {
  const readable = new ReconcileReadable();
  const seen: string[] = [];
  readable.on('data', ({ watcher }) => seen.push(watcher.name!));
  await new Promise(setImmediate);
  const { signal } = new AbortController();
  const reconciled = readable.reconcile(configMapId('a'), { signal, causes: [], attempt: 1 });
  expect([seen, getEventListeners(signal, 'abort').length]).toEqual([[], 1]);
  await reconciled;
  expect([seen, getEventListeners(signal, 'abort').length]).toEqual([['a'], 0]);
});

test("with manual acknowledgement 'data' readers do so with done() or fail()", async () => {
  const readable = new ReconcileReadable({ acknowledge: 'manual' });
  await using bench = await startBench(readable, { maxConcurrentReconciles: 2 });
  const items: ReconcileItem[] = [];
  readable.on('data', (item) => items.push(item));
  await bench.enqueue('a', 'b', 'c');
  expect(items.map(({ watcher }) => watcher.name)).toEqual(['a', 'b']);
  items[1]!.fail(new Error('not yet'));
  await bench.settle();
  items[0]!.done({ requeueAfterMs: 100 });
  await bench.settle(5);
  expect(bench.ended).toEqual(['b: Error: not yet', 'a']);
  expect(items.slice(2).map(({ watcher, causes }) => [watcher.name, causes[0]!.type])).toEqual([
    ['c', 'enqueued'],
    ['b', 'retry'],
  ]);
  items[2]!.done();
  await bench.settle(95);
  expect(items[4]?.causes).toEqual([{ type: 'requeue' }]);
});

test("readers by 'readable' and read() acknowledge on reading", async () => {
  const readable = new ReconcileReadable();
  await using bench = await startBench(readable, { maxConcurrentReconciles: 2 });
  const seen: string[] = [];
  readable.on('readable', () => {
    for (let item = readable.read(); item; item = readable.read()) seen.push(item.watcher.name!);
  });
  await bench.enqueue('a', 'b', 'c');
  expect(seen).toEqual(['a', 'b', 'c']);
  expect(bench.ended).toEqual(['a', 'b', 'c']);
});

test('what was asked for before readers came waits for them', async () => {
  const readable = new ReconcileReadable();
  await using bench = await startBench(readable);
  await bench.enqueue('a', 'b');
  await bench.settle(3_600_000);
  // The queue coalesces behind the one that waits.
  await bench.enqueue('b', 'b');
  expect([bench.called, bench.ended]).toEqual([1, []]);
  readable.resume();
  await bench.settle();
  expect(bench.ended).toEqual([]);
  readable.on('data', () => {});
  await bench.settle();
  expect(bench.ended).toEqual(['a', 'b']);
});

test('with nobody reading, drop lets reconciles go by', async () => {
  const readable = new ReconcileReadable({ whenUnobserved: 'drop' });
  await using bench = await startBench(readable);
  const seen: string[] = [];
  const listener = ({ watcher }: ReconcileItem): void => void seen.push(watcher.name!);
  await bench.enqueue('a');
  readable.on('data', listener);
  await bench.enqueue('b');
  readable.pause();
  await bench.enqueue('c');
  expect(bench.ended).toEqual(['a', 'b']);
  readable.resume();
  await bench.settle();
  readable.off('data', listener);
  await bench.enqueue('d');
  expect(seen).toEqual(['b', 'c']);
  expect(bench.ended).toEqual(['a', 'b', 'c', 'd']);
  const items = readable[Symbol.asyncIterator]();
  const next = items.next();
  await bench.enqueue('e');
  expect((await next).value?.watcher.name).toBe('e');
});

test('nothing is lost between one listener and the next', async () => {
  const readable = new ReconcileReadable();
  await using bench = await startBench(readable, { maxConcurrentReconciles: 2 });
  const seen: string[] = [];
  const leave = ({ watcher }: ReconcileItem): void => {
    seen.push(watcher.name!);
    readable.off('data', leave);
  };
  for (const names of [['a', 'b', 'c'], ['d']]) {
    readable.on('data', leave);
    await bench.enqueue(...names);
  }
  expect(seen).toEqual(['a', 'b']);
  readable.addListener('data', leave);
  await bench.settle();
  expect(seen).toEqual(['a', 'b', 'c']);
  expect(bench.held).toBe(1);
});

const otherReaders: Record<string, (readable: ReconcileReadable, seen: string[]) => unknown> = {
  'a loop': async (readable, seen) => {
    for await (const { watcher } of readable) seen.push(watcher.name!);
  },
  read: (readable, seen) => {
    readable.pause();
    for (let item = readable.read(); item; item = readable.read()) seen.push(item.watcher.name!);
  },
  "'readable'": (readable, seen) => {
    readable.on('readable', () => {
      for (let item = readable.read(); item; item = readable.read()) seen.push(item.watcher.name!);
    });
  },
  'a pipe': (readable, seen) => {
    const write = ({ watcher }: ReconcileItem): void => void seen.push(watcher.name!);
    readable.pipe(
      new Writable({
        objectMode: true,
        write: (item, _encoding, callback) => {
          write(item);
          callback();
        },
      }),
    );
  },
};
test.each(Object.entries(otherReaders))(
  "%s goes on where a 'data' listener left",
  async (_name, readBy) => {
    const readable = new ReconcileReadable();
    await using bench = await startBench(readable);
    const seen: string[] = [];
    readable.once('data', ({ watcher }: ReconcileItem) => seen.push(watcher.name!));
    await bench.enqueue('a', 'b');
    expect(seen).toEqual(['a']);
    void readBy(readable, seen);
    await bench.settle();
    expect(seen).toEqual(['a', 'b']);
    await bench.watcher.stop();
    await bench.settle();
  },
);

test("a 'data' listener that throws fails its item", async () => {
  const readable = new ReconcileReadable();
  await using bench = await startBench(readable);
  readable.pause();
  readable.on('data', () => {
    throw new Error('mishap');
  });
  expect(readable.read()).toBe(null);
  await bench.enqueue('a');
  // As with any stream, it is thrown to whoever reads; had the stream flowed, to the process.
  expect(() => readable.read()).toThrow('mishap');
  await bench.settle();
  expect(bench.ended).toEqual(['a: Error: mishap']);
  expect(readable.destroyed).toBe(false);
});

test('a slow Writable holds reconciles back', async () => {
  const readable = new ReconcileReadable();
  await using bench = await startBench(readable, { maxConcurrentReconciles: 3 });
  const slow = slowWritable(bench, 100);
  const piped = pipeline(readable, slow);
  await bench.enqueue('a', 'b', 'c', 'd', 'e');
  expect(slow.written).toEqual(['a']);
  // One more may lie in the Writable; the others are held, and with them their watchers' next reconciles.
  await bench.settle(99);
  expect(bench.ended.length).toBeLessThanOrEqual(2);
  expect([bench.held, slow.writableLength]).toEqual([3, bench.ended.length]);
  await bench.settle(1_000);
  expect(slow.written).toEqual(['a', 'b', 'c', 'd', 'e']);
  await bench.watcher.stop();
  await bench.settle();
  await piped;
  expect(slow.writableFinished).toBe(true);
});

test('several Writables get every item; one that is unpiped no more', async () => {
  const readable = new ReconcileReadable();
  await using bench = await startBench(readable);
  const writables = [slowWritable(bench, 1), slowWritable(bench, 10)];
  for (const writable of writables) readable.pipe(writable);
  await bench.enqueue('a', 'b');
  await bench.settle(100);
  readable.unpipe(writables[0]);
  await bench.enqueue('c');
  await bench.settle(100);
  readable.unpipe(writables[1]);
  await bench.enqueue('d');
  expect(writables.map(({ written }) => written)).toEqual([
    ['a', 'b'],
    ['a', 'b', 'c'],
  ]);
  expect([bench.ended, bench.held]).toEqual([['a', 'b', 'c'], 1]);
  readable.pipe(writables[0]!);
  await bench.settle();
  expect(writables[0]!.written).toEqual(['a', 'b', 'd']);
});

test('a pipeline that breaks fails what is not over', async () => {
  const readable = new ReconcileReadable({ acknowledge: 'manual' });
  await using bench = await startBench(readable, { maxConcurrentReconciles: 2 });
  const breaking = new Writable({
    objectMode: true,
    write: (_item, _encoding, callback) => callback(new Error('disk full')),
  });
  const piped = expect(pipeline(readable, breaking)).rejects.toThrow('disk full');
  await bench.enqueue('a', 'b');
  await piped;
  await bench.settle();
  const destroyed = 'Error: the stream was destroyed';
  expect(bench.ended).toEqual([`a: ${destroyed}`, `b: ${destroyed}`]);
});

test('a signal ends a pipeline, or the stream', async () => {
  for (const kind of ['pipeline', 'stream']) {
    const readable = new ReconcileReadable();
    await using bench = await startBench(readable);
    const controller = new AbortController();
    const { signal } = controller;
    const slow = slowWritable(bench, 100);
    const piped =
      kind === 'pipeline'
        ? pipeline(readable, slow, { signal })
        : pipeline(addAbortSignal(signal, readable), slow);
    const rejected = expect(piped).rejects.toMatchObject({ code: 'ABORT_ERR' });
    await bench.enqueue('a', 'b', 'c');
    controller.abort();
    await rejected;
    await bench.settle();
    expect(readable.destroyed).toBe(true);
    expect(bench.ended.at(-1)).toBe('c: Error: the stream was destroyed');
    expect(bench.held).toBe(0);
  }
});

test('a transform in a pipeline has its item acknowledged when it asks for the next', async () => {
  const readable = new ReconcileReadable();
  await using bench = await startBench(readable, { maxConcurrentReconciles: 2 });
  const slow = slowWritable(bench, 0);
  const work = Promise.withResolvers<void>();
  const piped = pipeline(
    readable,
    async function* (items: AsyncIterable<ReconcileItem>) {
      for await (const item of items) {
        await work.promise;
        yield item;
      }
    },
    slow,
  );
  await bench.enqueue('a', 'b', 'c');
  expect([bench.ended, slow.written]).toEqual([[], []]);
  work.resolve();
  await bench.settle(10);
  expect([bench.ended, slow.written]).toEqual([
    ['a', 'b', 'c'],
    ['a', 'b', 'c'],
  ]);
  await bench.watcher.stop();
  await bench.settle();
  await piped;
});
