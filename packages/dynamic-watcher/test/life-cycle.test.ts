import { describeObjectIdentifier } from '@depwatch/core';
import { createFakeTransport } from '@depwatch/testing';
import { expect, test, vi } from 'vitest';
import { createDynamicWatcher } from '../src/index.ts';
import { configMap, configMapId, Recorder, startBench } from './harness.ts';

const app = configMapId('app');
const config = configMapId('config');

test('before start and after stop every action is ERR_NOT_STARTED', async () => {
  const transport = createFakeTransport();
  const watcher = createDynamicWatcher({
    transport,
    clock: transport.clock,
    reconciler: () => {},
    enableCache: true,
  });
  const check = async (): Promise<void> => {
    const code = 'ERR_NOT_STARTED';
    await expect(watcher.addWatcher(app, config)).rejects.toMatchObject({ code });
    await expect(watcher.addOrUpdateWatcher(app, [])).rejects.toMatchObject({ code });
    await expect(watcher.removeWatcher(app)).rejects.toMatchObject({ code });
    await expect(watcher.startQueryBatch(app)).rejects.toMatchObject({ code });
    await expect(watcher.get(app, config)).rejects.toMatchObject({ code });
    await expect(watcher.list(app, config)).rejects.toMatchObject({ code });
    await expect(watcher.endQueryBatch(app)).rejects.toMatchObject({ code });
    await expect(watcher.abortQueryBatch(app)).rejects.toMatchObject({ code });
    await expect(watcher.queryBatch(app, async () => {})).rejects.toMatchObject({ code });
    await expect(watcher.gvkToGvr(config)).rejects.toMatchObject({ code });
    for (const read of [
      () => watcher.enqueue(app),
      () => watcher.getFromCache(config),
      () => watcher.listFromCache(config),
      () => watcher.listWatchedFromCache(app),
      () => watcher.watchStatus(),
      () => watcher.graph(),
    ]) {
      expect(read).toThrowError(expect.objectContaining({ code }));
    }
    expect(watcher.getWatchCount()).toBe(0);
  };
  await check();
  await watcher.start();
  await watcher.addWatcher(app, config);
  await watcher.stop();
  await watcher.stopped;
  await check();
  await expect(watcher.start()).rejects.toMatchObject({ code: 'ERR_ALREADY_STARTED' });
  expect(transport.openWatches).toEqual([]);
});

test('a second start is ERR_ALREADY_STARTED and changes nothing', async () => {
  await using bench = await startBench();
  await bench.watcher.addWatcher(app, config);
  await expect(bench.watcher.start()).rejects.toMatchObject({ code: 'ERR_ALREADY_STARTED' });
  expect(bench.watcher.getWatchCount()).toBe(1);
});

test('the start signal stops it', async () => {
  const transport = createFakeTransport();
  const recorder = new Recorder();
  const watcher = createDynamicWatcher({ transport, clock: transport.clock, reconciler: recorder });
  const controller = new AbortController();
  await watcher.start({ signal: controller.signal });
  await watcher.addWatcher(app, config);
  controller.abort();
  await watcher.stopped;
  expect(recorder.stops).toBe(1);
  await expect(watcher.addWatcher(app, config)).rejects.toMatchObject({ code: 'ERR_NOT_STARTED' });
});

test('an aborted start signal refuses the start', async () => {
  const transport = createFakeTransport();
  const watcher = createDynamicWatcher({ transport, reconciler: () => {} });
  await expect(watcher.start({ signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'ERR_ABORTED',
  });
  await watcher.stopped;
});

test('stop settles every pending promise, whatever it waits for', async () => {
  await using bench = await startBench({ enableCache: true });
  const release = bench.fake.hold('watch');
  const { watcher } = bench;
  const others = ['a', 'b', 'c', 'd', 'e'].map((name) => configMapId(name));
  await watcher.startQueryBatch(others[1]!);
  const pending = [
    watcher.addWatcher(app, config),
    watcher.addOrUpdateWatcher(others[0]!, [config]),
    watcher.get(others[1]!, config),
    watcher.endQueryBatch(others[1]!),
    watcher.queryBatch(others[2]!, () => new Promise(() => {})),
    watcher.queryBatch(others[3]!, (batch) => batch.get(config)),
    watcher.addWatcher(app, others[4]!),
  ];
  const outcomes = Promise.all(
    pending.map((promise) => promise.catch((error: { code: string }) => error.code)),
  );
  await watcher.stop();
  expect(await outcomes).toEqual(pending.map(() => 'ERR_NOT_STARTED'));
  release();
});

test('stop aborts the running reconcile, and does not wait for it; stopped does', async () => {
  await using bench = await startBench();
  const hold = Promise.withResolvers<void>();
  let aborted: unknown;
  bench.recorder.act = async (_watcher, { signal }) => {
    signal.addEventListener('abort', () => (aborted = signal.reason));
    await hold.promise;
  };
  bench.watcher.enqueue(app);
  await bench.settle();
  await bench.watcher.stop();
  expect(aborted).toMatchObject({ code: 'ERR_NOT_STARTED' });
  let stopped = false;
  void bench.watcher.stopped.then(() => (stopped = true));
  await bench.settle();
  expect(stopped).toBe(false);
  hold.resolve();
  await bench.watcher.stopped;
  expect(bench.recorder.stops).toBe(1);
});

test('what goes on beyond stopTimeoutMs is told of by name', async () => {
  const told: [object, string][] = [];
  const quiet = (): void => {};
  const warn = (fields: object, message: string): void => void told.push([fields, message]);
  const logger = { debug: quiet, info: quiet, warn, error: quiet };
  await using bench = await startBench({ stopTimeoutMs: 500, logger });
  const hold = Promise.withResolvers<void>();
  bench.recorder.act = () => hold.promise;
  bench.watcher.enqueue(configMapId('app'));
  await bench.settle();
  await bench.watcher.stop();
  await bench.settle(499);
  expect(told).toEqual([]);
  await bench.settle(1);
  expect(told).toEqual([
    [
      { count: 1, watchers: [describeObjectIdentifier(configMapId('app'))] },
      'reconciles go on beyond stopTimeoutMs, and are not waited for',
    ],
  ]);
  hold.resolve();
});

test('a reconcile that never settles holds stopped up for stopTimeoutMs at most', async () => {
  await using bench = await startBench({ stopTimeoutMs: 500 });
  bench.recorder.act = () => new Promise(() => {});
  bench.watcher.enqueue(app);
  await bench.settle();
  let stopped = false;
  void bench.watcher.stopped.then(() => (stopped = true));
  await bench.watcher.stop();
  await bench.settle(499);
  expect(stopped).toBe(false);
  await bench.settle(1);
  expect(stopped).toBe(true);
});

test('stop may be called inside a reconcile, and leaves no timer behind', async () => {
  await using bench = await startBench();
  await bench.watcher.addWatcher(app, config);
  bench.watcher.enqueue(app, { afterMs: 60_000 });
  bench.recorder.act = () => bench.watcher.stop();
  bench.fake.put(configMap('config'));
  await bench.settle();
  await bench.watcher.stopped;
  expect(bench.fake.openWatches).toEqual([]);
  expect(bench.fake.clock.pending).toBe(0);
});

test('a logger, metrics and a rate limiter that throw change nothing', async () => {
  const fail = (): never => {
    throw new Error('not today');
  };
  await using bench = await startBench({
    logger: { debug: fail, info: fail, warn: fail, error: fail },
    metrics: { count: fail, gauge: fail, observe: fail },
    rateLimiter: { when: fail, forget: fail, retries: fail },
  });
  await bench.watcher.addWatcher(app, config);
  let failures = 1;
  bench.recorder.act = () => {
    if (failures-- > 0) throw new Error('once');
  };
  bench.fake.down();
  await bench.settle(1000);
  bench.fake.up();
  bench.fake.put(configMap('config'));
  await bench.settle(10_000);
  expect(bench.recorder.calls.map(({ causes }) => causes)).toEqual([['added'], ['retry']]);
});

test('stopped() of the reconciler is called once, also when it calls stop, and may throw', async () => {
  await using bench = await startBench();
  let calls = 0;
  bench.recorder.stopped = () => {
    calls += 1;
    void bench.watcher.stop();
    throw new Error('too late');
  };
  await bench.watcher.stop();
  await bench.watcher.stopped;
  expect(calls).toBe(1);
});

test('stop without a start makes stopped resolve, and a start impossible', async () => {
  const watcher = createDynamicWatcher({ transport: createFakeTransport(), reconciler: () => {} });
  await watcher.stop();
  await watcher.stopped;
  await expect(watcher.start()).rejects.toMatchObject({ code: 'ERR_ALREADY_STARTED' });
});

test('a stop sends none of the requests that waited for their turn', async () => {
  const bench = await startBench();
  bench.fake.hold('watch');
  const names = Array.from({ length: 2000 }, (_, index) => configMapId(`c${index}`));
  const adds = bench.watcher.addOrUpdateWatcher(configMapId('app'), names).catch(() => {});
  await bench.settle();
  const { watch } = bench.fake.requests;
  expect(watch).toBeLessThan(2000);
  await bench.watcher.stop();
  await adds;
  await bench.settle(60_000);
  expect(bench.fake.requests.watch).toBe(watch);
});

test('a watch whose iterator throws when it is closed is over all the same', async () => {
  const fake = createFakeTransport({ objects: [configMap('config')] });
  const watcher = createDynamicWatcher({
    transport: {
      ...fake,
      watch: (query, options) => {
        const events = fake.watch(query, options)[Symbol.asyncIterator]();
        const close = (): never => {
          throw new Error('no');
        };
        return { [Symbol.asyncIterator]: () => ({ next: () => events.next(), return: close }) };
      },
    },
    clock: fake.clock,
    reconciler: () => {},
  });
  await watcher.start();
  await watcher.addWatcher(app, config);
  await watcher.removeWatcher(app);
  await fake.clock.advance(1000);
  expect(fake.openWatches).toEqual([]);
  await watcher.stop();
  await watcher.stopped;
  expect(fake.clock.pending).toBe(0);
});

test('a function makes the transport at the start, which closes it at the stop; one that fails may be tried again', async () => {
  const fake = createFakeTransport();
  const close = vi.spyOn(fake, 'close');
  const make = vi.fn(async () => fake).mockRejectedValueOnce(new Error('of the caller'));
  const watcher = createDynamicWatcher({ transport: make, reconciler: () => {} });
  expect(make).not.toHaveBeenCalled();
  await expect(watcher.start()).rejects.toThrow('of the caller');
  await watcher.start();
  expect(close).not.toHaveBeenCalled();
  await watcher[Symbol.asyncDispose]();
  expect(close).toHaveBeenCalledTimes(1);
});
