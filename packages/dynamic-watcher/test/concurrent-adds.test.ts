import { expect, test } from 'vitest';
import { configMap, configMapId, startBench } from './harness.ts';

const app = configMapId('app');
const config = configMapId('config');
const names = (count: number) => Array.from({ length: count }, (_, index) => `c${index}`);
const codeOf = (error: { code: string }): string => error.code;

test('adds of one watcher that nobody answers all reject after one request time-out', async () => {
  await using bench = await startBench({ requestTimeoutMs: 5000 });
  const release = bench.fake.hold({});
  const outcomes: string[] = [];
  for (const name of names(5)) {
    void bench.watcher
      .addWatcher(app, configMapId(name))
      .catch((error: { code: string }) => outcomes.push(error.code));
  }
  await bench.settle(4999);
  expect(outcomes).toEqual([]);
  await bench.settle(2);
  expect(outcomes).toEqual(names(5).map(() => 'ERR_TRANSPORT'));
  expect(bench.watcher.graph().edges).toEqual([]);
  release();
});

test('adds of one watcher go out together', async () => {
  await using bench = await startBench({ watchPlan: 'per-object' });
  await bench.watcher.addWatcher(app, config);
  const release = bench.fake.hold('watch');
  const adds = names(20).map((name) => bench.watcher.addWatcher(app, configMapId(name)));
  await bench.settle();
  expect(bench.fake.requests.watch).toBe(21);
  release();
  await Promise.all(adds);
  expect(bench.watcher.graph().edges).toHaveLength(21);
});

test('of two adds of one edge the one that is aborted takes nothing from the other', async () => {
  for (const aborted of [0, 1]) {
    await using bench = await startBench({}, [configMap('config')]);
    const release = bench.fake.hold('watch');
    const controllers = [new AbortController(), new AbortController()];
    const adds = controllers.map(({ signal }) =>
      bench.watcher.addWatcher(app, config, { signal }).then(() => 'added', codeOf),
    );
    await bench.settle();
    controllers[aborted]!.abort();
    expect(await adds[aborted]).toBe('ERR_ABORTED');
    release();
    expect(await adds[1 - aborted]).toBe('added');
    await bench.settle();
    expect(bench.watcher.graph().edges).toHaveLength(1);
    expect(bench.recorder.calls).toEqual([{ watcher: 'app', causes: ['initial'] }]);
  }
});

test('an edge that all its adds gave up is gone, and so is its watch', async () => {
  await using bench = await startBench();
  const release = bench.fake.hold('watch');
  const controller = new AbortController();
  const { signal } = controller;
  const adds = [1, 2, 3].map(() => bench.watcher.addWatcher(app, config, { signal }).catch(codeOf));
  await bench.settle();
  controller.abort();
  expect(await Promise.all(adds)).toEqual(['ERR_ABORTED', 'ERR_ABORTED', 'ERR_ABORTED']);
  expect(bench.watcher.graph().edges).toEqual([]);
  expect(bench.watcher.getWatchCount()).toBe(0);
  release();
});

test('an add that is aborted as its watch comes up leaves the edge to another that came through', async () => {
  await using bench = await startBench();
  const release = bench.fake.hold('watch');
  const controller = new AbortController();
  const first = bench.watcher.addWatcher(app, config, { signal: controller.signal }).catch(codeOf);
  const second = bench.watcher.addWatcher(app, config).then(() => controller.abort());
  await bench.settle();
  release();
  await Promise.all([first, second]);
  expect(bench.watcher.graph().edges).toHaveLength(1);
});

test('a replace waits for the adds before it, and the adds after it wait for the replace', async () => {
  await using bench = await startBench();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => configMapId(name));
  const release = bench.fake.hold('watch');
  const calls = [
    bench.watcher.addWatcher(app, a!),
    bench.watcher.addOrUpdateWatcher(app, [b!]),
    bench.watcher.addWatcher(app, c!),
  ];
  await bench.settle();
  expect(bench.watcher.graph().watched).toMatchObject([a]);
  release();
  await Promise.all(calls);
  expect(bench.watcher.graph().watched).toMatchObject([b, c]);
});

test('an add after a remove is not undone by an add that the remove ended', async () => {
  await using bench = await startBench();
  const release = bench.fake.hold('watch');
  const ended = [1, 2].map(() => bench.watcher.addWatcher(app, config).catch(codeOf));
  await bench.settle();
  const removed = bench.watcher.removeWatcher(app);
  const again = bench.watcher.addWatcher(app, config);
  await removed;
  expect(await Promise.all(ended)).toEqual(['ERR_ABORTED', 'ERR_ABORTED']);
  release();
  await again;
  await bench.settle();
  expect(bench.watcher.graph().edges).toHaveLength(1);
  expect(bench.fake.openWatches).toHaveLength(1);
});

test('an add that is aborted while it waits for its turn rejects at once, and does nothing', async () => {
  await using bench = await startBench();
  const release = bench.fake.hold('watch');
  const controller = new AbortController();
  const { signal } = controller;
  const update = bench.watcher.addOrUpdateWatcher(app, [config]);
  const add = bench.watcher.addWatcher(app, configMapId('other'), { signal }).catch(codeOf);
  await bench.settle();
  controller.abort();
  expect(await add).toBe('ERR_ABORTED');
  release();
  await update;
  await bench.settle();
  expect(bench.watcher.graph().watched).toMatchObject([config]);
});

test('a set that is given up leaves none of its watches', async () => {
  await using bench = await startBench();
  const release = bench.fake.hold('watch');
  const controller = new AbortController();
  const { signal } = controller;
  const many = names(50).map((name) => configMapId(name));
  const update = bench.watcher.addOrUpdateWatcher(app, many, { signal }).catch(codeOf);
  await bench.settle();
  controller.abort();
  expect(await update).toBe('ERR_ABORTED');
  expect(bench.watcher.getWatchCount()).toBe(0);
  release();
});
