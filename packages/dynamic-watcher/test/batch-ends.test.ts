import { expect, test } from 'vitest';
import { configMapId, startBench } from './harness.ts';

const app = configMapId('app');
const [a, b, c] = ['a', 'b', 'c'].map((name) => configMapId(name)) as [
  ReturnType<typeof configMapId>,
  ReturnType<typeof configMapId>,
  ReturnType<typeof configMapId>,
];
const codeOf = (error: { code: string }): string => error.code;

test('what a reconcile leaves pending in its batch is ended with it', async () => {
  await using bench = await startBench({ enableCache: true });
  const release = bench.fake.hold('watch');
  const outcomes: Promise<unknown>[] = [];
  bench.recorder.act = async (watcher) => {
    const batch = await bench.watcher.startQueryBatch(watcher);
    outcomes.push(batch.get(a).catch(codeOf));
  };
  bench.watcher.enqueue(app);
  await bench.settle();
  expect(await Promise.all(outcomes)).toEqual(['ERR_ABORTED']);
  expect(bench.watcher.getWatchCount()).toBe(0);
  release();
});

test('a query left pending by a reconcile neither drops nor adds an edge of a later batch', async () => {
  await using bench = await startBench({ enableCache: true });
  const release = bench.fake.hold('watch');
  const { signal, abort } = abortable();
  bench.recorder.act = async (watcher) => {
    const batch = await bench.watcher.startQueryBatch(watcher);
    batch.get(a, { signal }).catch(codeOf);
    batch.get(b).catch(codeOf);
  };
  bench.watcher.enqueue(app);
  await bench.settle();
  const later = await bench.watcher.startQueryBatch(app);
  const read = later.get(a);
  await bench.settle();
  abort();
  release();
  await read;
  await later.end();
  await bench.settle(20_000);
  expect(bench.watcher.graph().watched).toMatchObject([a]);
  expect(bench.fake.openWatches.map(({ name }) => name)).toEqual(['a']);
});

test('a batch that its reconcile has told to end, and not waited for, is committed', async () => {
  await using bench = await startBench({ enableCache: true });
  const release = bench.fake.hold('watch');
  let ended: Promise<unknown> | undefined;
  bench.recorder.act = async (watcher) => {
    const batch = await bench.watcher.startQueryBatch(watcher);
    batch.get(a).catch(codeOf);
    ended = batch.end();
  };
  bench.watcher.enqueue(app);
  await bench.settle();
  release();
  await ended;
  expect(bench.watcher.graph().watched).toMatchObject([a]);
});

test('a batch whose turn comes after its reconcile has settled is not left open', async () => {
  await using bench = await startBench({ enableCache: true });
  const release = bench.fake.hold('watch');
  const add = bench.watcher.addWatcher(app, a);
  let start: Promise<unknown> | undefined;
  bench.recorder.act = (watcher) => {
    start = bench.watcher.startQueryBatch(watcher).then(() => 'started', codeOf);
  };
  bench.watcher.enqueue(app);
  await bench.settle();
  bench.recorder.act = () => {};
  release();
  await add;
  expect(await start).toBe('ERR_ABORTED');
  await (await bench.watcher.startQueryBatch(app)).end();
});

test('removing the watcher, or a stop, ends the queries of its batch', async () => {
  await using bench = await startBench({ enableCache: true });
  const release = bench.fake.hold('watch');
  const first = (await bench.watcher.startQueryBatch(app)).get(a).catch(codeOf);
  await bench.watcher.removeWatcher(app, { abortBatch: true });
  expect(await first).toBe('ERR_ABORTED');
  const second = (await bench.watcher.startQueryBatch(app)).get(a).catch(codeOf);
  await bench.watcher.stop();
  expect(await second).toBe('ERR_NOT_STARTED');
  release();
  expect(bench.fake.clock.pending).toBe(0);
});

test('a query whose signal was aborted before its turn counts as asked for', async () => {
  await using bench = await startBench({ enableCache: true });
  await bench.watcher.addOrUpdateWatcher(app, [a, b, c]);
  const { signal, abort } = abortable();
  const release = bench.fake.hold('watch');
  const add = bench.watcher.addWatcher(app, configMapId('slow'));
  const calls = [
    bench.watcher.startQueryBatch(app).then(() => 'started'),
    bench.watcher.get(app, a, { signal: AbortSignal.abort() }).catch(codeOf),
    bench.watcher.get(app, b, { signal }).catch(codeOf),
    bench.watcher.endQueryBatch(app).then(() => 'ended'),
  ];
  await bench.settle();
  abort();
  release();
  await add;
  expect(await Promise.all(calls)).toEqual(['started', 'ERR_ABORTED', 'ERR_ABORTED', 'ended']);
  expect(bench.watcher.graph().watched).toMatchObject([a, b]);
});

test('abort within queryBatch rolls back, and there is nothing left to commit', async () => {
  await using bench = await startBench({ enableCache: true });
  await bench.watcher.addWatcher(app, a);
  const result = await bench.watcher.queryBatch(app, async (batch) => {
    await batch.get(b);
    await batch.abort();
    return 'result';
  });
  expect(result).toBe('result');
  expect(bench.watcher.graph().watched).toMatchObject([a]);
  await (await bench.watcher.startQueryBatch(app)).end();
});

test('end within queryBatch commits, once, whether it is waited for or not', async () => {
  for (const waits of [true, false]) {
    await using bench = await startBench({ enableCache: true });
    await bench.watcher.addWatcher(app, a);
    const release = bench.fake.hold('watch');
    const running = bench.watcher.queryBatch(app, async (batch) => {
      const read = batch.get(b);
      const ended = batch.end();
      if (waits) await Promise.all([read, ended]);
      return 'result';
    });
    await bench.settle();
    release();
    expect(await running).toBe('result');
    expect(bench.watcher.graph().watched).toMatchObject([b]);
  }
});

test('queryBatch passes on what run threw, whatever comes of the batch meanwhile', async () => {
  await using bench = await startBench({ enableCache: true });
  const release = bench.fake.hold('watch');
  const failure = new Error('half-way');
  const running = bench.watcher
    .queryBatch(app, async (batch) => {
      batch.get(a).catch(codeOf);
      throw failure;
    })
    .catch((error: unknown) => error);
  await bench.settle();
  await bench.watcher.removeWatcher(app, { abortBatch: true });
  expect(await running).toBe(failure);
  release();
});

test('an old handle does nothing to a batch that came after it was aborted', async () => {
  await using bench = await startBench({ enableCache: true });
  const old = await bench.watcher.startQueryBatch(app);
  const release = bench.fake.hold('watch');
  const read = old.get(a).catch(codeOf);
  const ended = old.end().catch(codeOf);
  await old.abort();
  expect(await Promise.all([read, ended])).toEqual(['ERR_ABORTED', 'ERR_ABORTED']);
  const batch = await bench.watcher.startQueryBatch(app);
  await old.end();
  await old.abort();
  release();
  await batch.get(b);
  await batch.end();
  expect(bench.watcher.graph().watched).toMatchObject([b]);
});

test('what would have to wait for the queries of a batch in progress is refused at once', async () => {
  await using bench = await startBench({ enableCache: true });
  const release = bench.fake.hold('watch');
  const batch = await bench.watcher.startQueryBatch(app);
  const read = batch.get(a);
  const code = 'ERR_QUERY_BATCH_IN_PROGRESS';
  await expect(bench.watcher.startQueryBatch(app)).rejects.toMatchObject({ code });
  await expect(bench.watcher.addOrUpdateWatcher(app, [b])).rejects.toMatchObject({ code });
  await expect(bench.watcher.addWatcher(app, b)).rejects.toMatchObject({ code });
  release();
  await read;
  await batch.end();
});

function abortable(): { signal: AbortSignal; abort(): void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
