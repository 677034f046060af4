import { createFakeTransport } from '@depwatch/testing';
import { describe, expect, test } from 'vitest';
import {
  configMap,
  configMapId,
  startBench,
  widget,
  widgetDefinition,
  widgetId,
  type Widget,
} from './harness.ts';

const name = 'example.com/widgets';
const finalizersOf = (bench: { fake: ReturnType<typeof createFakeTransport> }) =>
  bench.fake.stored<Widget>(widgetId('a'))?.metadata?.finalizers;

describe('a finalizer', () => {
  test('is there before the first reconcile, and goes once its run is through', async () => {
    const there: unknown[] = [];
    await using bench = await startBench({
      reconcile: ({ metadata }) => void there.push(metadata!.finalizers, finalizersOf(bench)),
      finalizer: { name, run: () => {} },
    });
    const { fake, calls } = bench;
    await fake.create(widget('a'));
    await bench.settle(100);
    expect(there).toEqual([[name], [name]]);
    await fake.delete(widgetId('a'));
    await bench.settle(100);
    expect(calls).toEqual(['a', 'finalize a', 'removed a']);
    expect(fake.stored(widgetId('a'))).toBeUndefined();
  });

  test('keeps those of others, whatever they write meanwhile', async () => {
    await using bench = await startBench({ finalizer: { name, run: () => {} } });
    const { fake, calls } = bench;
    const { metadata, ...rest } = widget('a');
    const undo = fake.hold({ operation: 'patch' });
    await fake.create({ ...rest, metadata: { ...metadata, finalizers: ['example.com/first'] } });
    await bench.settle();
    fake.put({
      ...(fake.stored<Widget>(widgetId('a')) as Widget),
      metadata: { ...metadata, finalizers: ['example.com/first', 'example.com/second'] },
    });
    undo();
    await bench.settle(100);
    expect(new Set(finalizersOf(bench))).toEqual(
      new Set(['example.com/first', 'example.com/second', name]),
    );
    await fake.delete(widgetId('a'));
    await bench.settle(100);
    expect(finalizersOf(bench)).toEqual(['example.com/first', 'example.com/second']);
    expect(calls.filter((call) => call === 'finalize a')).toHaveLength(1);
  });

  test('stays while its run fails, or asks to be called again', async () => {
    let runs = 0;
    await using bench = await startBench({
      finalizer: {
        name,
        run() {
          runs += 1;
          if (runs === 1) throw new Error('of the caller');
          return runs < 4 ? { requeueAfterMs: 1000 } : undefined;
        },
      },
    });
    const { fake } = bench;
    await fake.create(widget('a'));
    await bench.settle(100);
    await fake.delete(widgetId('a'));
    await bench.settle(1500);
    expect(finalizersOf(bench)).toEqual([name]);
    await bench.settle(10_000);
    expect(runs).toBe(4);
    expect(fake.stored(widgetId('a'))).toBeUndefined();
  });

  test('is not called again before its time by a status that its run writes', async () => {
    const at: number[] = [];
    await using bench = await startBench({
      finalizer: {
        name,
        async run(_object, { patchStatus }) {
          at.push(bench.fake.clock.now());
          await patchStatus({ size: at.length });
          return at.length < 4 ? { requeueAfterMs: 60_000 } : undefined;
        },
      },
    });
    const { fake } = bench;
    await fake.create(widget('a'));
    await bench.settle(100);
    await fake.delete(widgetId('a'));
    await bench.settle(600_000);
    expect(at.map((one) => one - at[0]!)).toEqual([0, 60_000, 120_000, 180_000]);
    expect(fake.stored(widgetId('a'))).toBeUndefined();
  });

  test('is run through after the reconcile that runs when its object is deleted', async () => {
    const gate = Promise.withResolvers<void>();
    await using bench = await startBench({
      finalizer: { name, run: () => {} },
      reconcile: () => gate.promise,
    });
    const { fake } = bench;
    await fake.create(widget('a'));
    await bench.settle(100);
    await fake.delete(widgetId('a'));
    await bench.settle(1000);
    expect(bench.calls).toEqual(['a']);
    gate.resolve();
    await bench.settle(1000);
    expect(bench.calls).toEqual(['a', 'finalize a', 'removed a']);
    expect(fake.stored(widgetId('a'))).toBeUndefined();
  });

  test('is run for what was on its way out when the controller began', async () => {
    const fake = createFakeTransport({ objects: [widgetDefinition, widget('a')] });
    await fake.patch(widgetId('a'), { metadata: { finalizers: [name, 'example.com/other'] } });
    await fake.delete(widgetId('a'));
    await using bench = await startBench({ finalizer: { name, run: () => {} } }, [], fake);
    await bench.settle(1000);
    expect(bench.calls).toEqual(['finalize a']);
    expect(finalizersOf(bench)).toEqual(['example.com/other']);
  });

  test('is put back where somebody takes it away', async () => {
    await using bench = await startBench({ finalizer: { name, run: () => {} } });
    const { fake } = bench;
    await fake.create(widget('a'));
    await bench.settle(100);
    await fake.patch(widgetId('a'), { metadata: { finalizers: null } });
    await bench.settle(100);
    expect(finalizersOf(bench)).toEqual([name]);
  });

  test('is run through once, though the server could not be told of it at first', async () => {
    await using bench = await startBench({ finalizer: { name, run: () => {} } });
    const { fake, calls } = bench;
    await fake.create(widget('a'));
    await bench.settle(100);
    const undo = fake.fail({ operation: 'patch', error: { code: 500 } });
    await fake.delete(widgetId('a'));
    await bench.settle(10_000);
    expect(finalizersOf(bench)).toEqual([name]);
    undo();
    await bench.settle(100_000);
    expect(calls).toEqual(['a', 'finalize a', 'removed a']);
  });

  test('is not run for an object that went before it was added', async () => {
    await using bench = await startBench({ finalizer: { name, run: () => {} } });
    const { fake, calls } = bench;
    const { metadata, ...rest } = widget('a');
    const release = fake.hold({ operation: 'watch', at: 'answer' });
    await fake.create({ ...rest, metadata: { ...metadata, finalizers: ['example.com/other'] } });
    await fake.delete(widgetId('a'));
    release();
    await bench.settle(100);
    expect(calls).toEqual([]);
    expect(finalizersOf(bench)).toEqual(['example.com/other']);
  });
});

test('of an object that loses the labels that made it ours is run through then, since it will not be later', async () => {
  let isThrough = false;
  await using bench = await startBench({
    selector: 'of=us',
    finalizer: { name, run: () => (isThrough ? undefined : { requeueAfterMs: 1000 }) },
  });
  const { fake, calls } = bench;
  const { metadata, ...rest } = widget('a');
  await fake.create({ ...rest, metadata: { ...metadata, labels: { of: 'us' } } });
  await bench.settle(100);
  await fake.patch(widgetId('a'), { metadata: { labels: { of: 'them' } } });
  await bench.settle(100);
  expect(calls).toEqual(['a', 'finalize a']);
  expect(finalizersOf(bench)).toEqual([name]);
  isThrough = true;
  await bench.settle(1000);
  expect(calls).toEqual(['a', 'finalize a', 'finalize a', 'removed a']);
  expect(finalizersOf(bench) ?? []).toEqual([]);
});

test('of an object that has its labels back is not run, though the cache does not show that yet; nor is it lost', async () => {
  await using bench = await startBench({
    selector: 'of=us',
    finalizer: { name, run: () => {} },
  });
  const { fake, calls } = bench;
  const label = (of: string) => fake.patch(widgetId('a'), { metadata: { labels: { of } } });
  const { metadata, ...rest } = widget('a');
  await fake.create({ ...rest, metadata: { ...metadata, labels: { of: 'us' } } });
  await bench.settle(100);
  // It has gone from the cache when it is looked for, and is back by then; and is gone again when the cache shows all that.
  const answer = fake.hold({ operation: 'get' });
  await label('them');
  await bench.settle(100);
  const tell = fake.hold({ operation: 'watch', at: 'answer' });
  await label('us');
  answer();
  await bench.settle(100);
  expect(calls).toEqual(['a']);
  expect(finalizersOf(bench)).toEqual([name]);
  await label('them');
  tell();
  await bench.settle(100);
  expect(calls).toEqual(['a', 'finalize a', 'removed a']);
  expect(finalizersOf(bench) ?? []).toEqual([]);
});

test('is run again at the end of an object that it was run through for, and that was ours again', async () => {
  await using bench = await startBench({
    selector: 'of=us',
    finalizer: { name, run: () => {} },
  });
  const { fake, calls } = bench;
  const label = (of: string) => {
    const { metadata, ...rest } = fake.stored<Widget>(widgetId('a')) ?? widget('a');
    fake.put({ ...rest, metadata: { ...metadata!, labels: { of } } });
  };
  label('us');
  await bench.settle(100);
  // Its labels go and come back while the server can't be told that the run is through.
  const undo = fake.fail({ operation: 'patch', error: { code: 500 } });
  label('them');
  await bench.settle(100);
  label('us');
  await bench.settle(100);
  undo();
  await bench.settle(100_000);
  expect(calls.slice(0, 3)).toEqual(['a', 'finalize a', 'a']);
  calls.length = 0;
  await fake.delete(widgetId('a'));
  await bench.settle(100);
  expect(calls).toEqual(['finalize a', 'removed a']);
});

const writing = new Set(['create', 'update', 'patch', 'apply', 'delete']);

/** A controller that ends at each of its writes, before it has arrived or before it is answered, as by a crash. */
describe.each(['request', 'answer'] as const)('a crash at the %s of a write', (at) => {
  const task: Parameters<typeof startBench>[0] = {
    finalizer: { name, run: (_object, { client }) => client.delete(configMapId('of-a')) },
    reconcile: async (_object, { apply }) => void (await apply(configMap('of-a'))),
  };

  test.each([
    [1, 'the finalizer is added'],
    [2, 'the reconcile writes'],
    [3, 'the finalizer cleans up'],
    [4, 'the finalizer is taken away'],
  ])('number %i, by which %s, leaves nothing behind', async (nth) => {
    const fake = createFakeTransport({ objects: [widgetDefinition] });
    const first = await startBench(task, [], fake);
    let writes = 0;
    const release = fake.hold({
      at,
      match({ operation, gvk }) {
        if (!writing.has(operation) || (operation === 'delete' && gvk.kind === 'Widget'))
          return false;
        writes += 1;
        return writes === nth;
      },
    });
    fake.put(widget('a'));
    await first.settle(1000);
    await fake.delete(widgetId('a'));
    await first.settle(1000);
    expect(writes).toBe(nth);
    await first.controller.stop();
    release();

    await using second = await startBench(task, [], fake);
    await second.settle(60_000);
    expect(fake.stored(widgetId('a'))).toBeUndefined();
    expect(fake.stored(configMapId('of-a'))).toBeUndefined();
    // Once the server knows that it is done, it isn't done again.
    if (nth === 4 && at === 'answer') expect(second.calls).toEqual([]);
  });
});
