import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';

import { ReconcileReadable, type ReconcileItem } from '../src/index.ts';
import { configMapId, startBench } from '../../../tools/adapter-bench/bench.ts';

const destroyed = 'Error: the stream was destroyed';

test('destroying the stream fails the items in hand and those that wait, and later ones', async () => {
  const readable = new ReconcileReadable();
  await using bench = await startBench(readable, { maxConcurrentReconciles: 3 });
  const error = new Error('no more');
  const loop = readable[Symbol.asyncIterator]();
  await bench.enqueue('a', 'b', 'c', 'd');
  expect((await loop.next()).value?.watcher.name).toBe('a');
  readable.destroy(error);
  await bench.settle();
  expect(bench.ended).toEqual(['a', 'b', 'c', 'd'].map((name) => `${name}: ${destroyed}`));
  await expect(loop.next()).rejects.toBe(error);
  // Level-triggered: they are tried again for as long as the dynamic watcher runs.
  await bench.settle(5);
  expect([bench.called, bench.held]).toEqual([8, 0]);
  const context = { signal: new AbortController().signal, causes: [], attempt: 1 };
  await expect(readable.reconcile(configMapId('e'), context)).rejects.toMatchObject({
    cause: error,
  });
});

test('a loop that waits is ended by destroy', async () => {
  const readable = new ReconcileReadable();
  const next = readable[Symbol.asyncIterator]().next();
  readable.destroy();
  await expect(next).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
});

test('await using destroys it', async () => {
  const outer = new ReconcileReadable();
  await using bench = await startBench(outer);
  {
    await using readable = outer;
    readable.on('data', () => {});
    await bench.enqueue('a');
  }
  expect(outer.destroyed).toBe(true);
  await bench.enqueue('b');
  expect(bench.ended).toEqual(['a', `b: ${destroyed}`]);
});

describe('stop', () => {
  test('settles a reconcile that waits for a reader', async () => {
    const readable = new ReconcileReadable();
    await using bench = await startBench(readable, { maxConcurrentReconciles: 2 });
    await bench.enqueue('a', 'b', 'c');
    expect(bench.held).toBe(2);
    await bench.watcher.stop();
    await bench.watcher.stopped;
    expect(bench.ended.map((end) => end.slice(0, 16))).toEqual([
      'a: DepwatchError',
      'b: DepwatchError',
    ]);
    // Whoever comes now finds it ended.
    for await (const item of readable) expect.fail(`${item.watcher.name} came after the stop`);
    await expect(
      readable.reconcile(configMapId('d'), {
        signal: new AbortController().signal,
        causes: [],
        attempt: 1,
      }),
    ).rejects.toThrow('has stopped');
  });

  test('settles one that waits without a signal of its end', async () => {
    const readable = new ReconcileReadable();
    const { signal } = new AbortController();
    const reconciled = readable.reconcile(configMapId('a'), { signal, causes: [], attempt: 1 });
    readable.stopped();
    await expect(reconciled).rejects.toThrow('stopped');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('waits for the item in hand, whose signal is aborted', async () => {
    const readable = new ReconcileReadable();
    await using bench = await startBench(readable);
    const loop = readable[Symbol.asyncIterator]();
    await bench.enqueue('a', 'b');
    const item = (await loop.next()).value!;
    await bench.watcher.stop();
    let stopped = false;
    void bench.watcher.stopped.then(() => (stopped = true));
    await bench.settle(1_000);
    expect([item.signal.aborted, stopped, bench.ended]).toEqual([true, false, []]);
    expect(await loop.next()).toEqual({ done: true, value: undefined });
    await bench.watcher.stopped;
    expect(bench.ended).toEqual(['a']);
  });

  test('leaves who never acknowledges behind', async () => {
    const readable = new ReconcileReadable({ acknowledge: 'manual' });
    await using bench = await startBench(readable, { stopTimeoutMs: 1_000 });
    const items: ReconcileItem[] = [];
    readable.on('data', (item) => items.push(item));
    await bench.enqueue('a');
    await bench.watcher.stop();
    await bench.settle(999);
    expect([readable.readableEnded, readable.destroyed, bench.held]).toEqual([true, true, 1]);
    await bench.settle(1);
    await bench.watcher.stopped;
    // By then nobody waits for it any more.
    items[0]!.done();
    await bench.settle();
    expect(bench.ended).toEqual(['a']);
  });

  test('of a destroyed stream, and twice, changes nothing', () => {
    const readable = new ReconcileReadable();
    readable.destroy();
    readable.stopped();
    readable.stopped();
    expect(readable.readableEnded).toBe(false);
  });
});

describe('an item whose signal is aborted before it was read is withdrawn', () => {
  test('while it waits for a reader', async () => {
    const readable = new ReconcileReadable();
    await using bench = await startBench(readable, { reconcileTimeoutMs: 100 });
    await bench.enqueue('a');
    await bench.settle(104);
    // Its time is over and it is backed off.
    expect([bench.ended.length, bench.held]).toEqual([1, 0]);
    const items = readable[Symbol.asyncIterator]();
    const next = items.next();
    await bench.settle(1);
    const { value } = await next;
    expect(value).toMatchObject({ causes: [{ type: 'retry' }], signal: { aborted: false } });
    expect(value?.watcher.name).toBe('a');
  });

  test('while it lies in the buffer of the stream', async () => {
    const readable = new ReconcileReadable();
    const early = new AbortController();
    const late = new AbortController();
    expect(readable.read()).toBe(null);
    const first = readable.reconcile(configMapId('a'), {
      signal: early.signal,
      causes: [],
      attempt: 1,
    });
    const second = readable.reconcile(configMapId('b'), {
      signal: late.signal,
      causes: [],
      attempt: 1,
    });
    await new Promise(setImmediate);
    expect(readable.readableLength).toBe(1);
    early.abort(new Error('too late'));
    await expect(first).rejects.toThrow('too late');
    expect(readable.read()?.watcher.name).toBe('b');
    await second;
    expect([readable.read(), readable.readableLength]).toEqual([null, 0]);
  });

  test('the same for who listens, and for the end of the stream', async () => {
    const readable = new ReconcileReadable();
    const controller = new AbortController();
    const { signal } = controller;
    readable.read();
    const first = readable.reconcile(configMapId('a'), { signal, causes: [], attempt: 1 });
    await new Promise(setImmediate);
    controller.abort(new Error('too late'));
    await expect(first).rejects.toThrow('too late');
    const seen: ReconcileItem[] = [];
    const ended = new Promise<void>((resolve) => readable.on('end', resolve));
    readable.on('data', (item) => seen.push(item));
    readable.stopped();
    await ended;
    expect(seen).toEqual([]);
    await expect(
      readable.reconcile(configMapId('a'), { signal, causes: [], attempt: 1 }),
    ).rejects.toThrow();
  });

  test('one that comes aborted is refused', async () => {
    const signal = AbortSignal.abort(new Error('too late'));
    const reconciled = new ReconcileReadable().reconcile(configMapId('a'), {
      signal,
      causes: [],
      attempt: 1,
    });
    await expect(reconciled).rejects.toThrow('too late');
  });

  test('but not once it was read', async () => {
    const readable = new ReconcileReadable({ acknowledge: 'manual' });
    await using bench = await startBench(readable, { reconcileTimeoutMs: 100 });
    const items: ReconcileItem[] = [];
    readable.on('data', (item) => items.push(item));
    await bench.enqueue('a');
    await bench.settle(10_000);
    // Tried again only when its reader is through with it: one watcher never runs twice at once.
    expect([items.length, items[0]!.signal.aborted, bench.held]).toEqual([1, true, 1]);
    items[0]!.done();
    await bench.settle(5);
    expect(items.map(({ causes }) => causes[0]!.type)).toEqual(['enqueued', 'retry']);
  });
});
