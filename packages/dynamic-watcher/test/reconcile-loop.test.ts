import {
  describeObjectIdentifier,
  type Cause,
  type ObjectIdentifier,
  type RateLimiter,
  type ReconcileContext,
} from '@depwatch/core';
import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createFakeTransport } from '@depwatch/testing';
import { createDynamicWatcher } from '../src/index.ts';
import { configMap, configMapId, startBench } from './harness.ts';

const app = configMapId('app');
const other = configMapId('other');
const config = configMapId('config');
const fail = (): never => {
  throw new Error('not today');
};

/** A logger that keeps the errors it is told. */
function errorLog() {
  const errors: unknown[] = [];
  const silent = (): void => {};
  const error = (fields: { error?: Error; err?: Error }, message: string): void =>
    void errors.push((fields.error ?? fields.err)?.message ?? message);
  return { errors, logger: { debug: silent, info: silent, warn: silent, error } };
}

test('causes are frozen, the array and each of them', async () => {
  await using bench = await startBench();
  await bench.watcher.addWatcher(app, config);
  await bench.watcher.addWatcher(other, config);
  const seen: (readonly Cause[])[] = [];
  bench.recorder.act = (_watcher, { causes }) => void seen.push(causes);
  bench.fake.put(configMap('config'));
  bench.watcher.enqueue(other);
  await bench.settle();
  expect(new Set(seen.map((causes) => causes.length))).toEqual(new Set([1, 2]));
  for (const causes of seen) {
    expect(
      [causes, ...causes, ...causes.map(({ watched }) => watched)].every(Object.isFrozen),
    ).toBe(true);
  }
});

test('at most 16 distinct causes are kept', async () => {
  await using bench = await startBench();
  const many = Array.from({ length: 20 }, (_, index) => configMapId(`config-${index}`));
  await bench.watcher.addOrUpdateWatcher(app, many);
  for (const { name } of many) bench.fake.put(configMap(name!));
  for (const { name } of many) bench.fake.put(configMap(name!, { a: '1' }));
  await bench.settle();
  expect(bench.recorder.calls.map(({ causes }) => causes.length)).toEqual([16]);
});

test('no requeue and no retry comes early, though timers run up to a millisecond early', async () => {
  const fake = createFakeTransport();
  const { clock } = fake;
  const early = {
    ...clock,
    setTimeout: (run: () => void, ms: number) =>
      clock.setTimeout(run, Math.max(ms - clock.random(), 0.01)),
  };
  const lateBy: number[] = [];
  let dueAt = 0;
  const delay = (): number => {
    const ms = 1 + clock.random() * 20;
    dueAt = clock.now() + ms;
    return ms;
  };
  const watcher = createDynamicWatcher({
    transport: fake,
    clock: early,
    rateLimiter: { when: delay, forget: () => {}, retries: () => 0 },
    reconciler: () => {
      if (dueAt > 0) lateBy.push(clock.now() - dueAt);
      if (lateBy.length % 2 === 0) throw new Error('again');
      return { requeueAfterMs: delay() };
    },
  });
  await watcher.start();
  watcher.enqueue(app);
  while (lateBy.length < 200) await clock.advance(100);
  await watcher.stop();
  expect(Math.min(...lateBy)).toBeGreaterThanOrEqual(0);
});

test('attempt counts the failures in a row of one watcher, and starts anew after a success or a removal', async () => {
  const lies: RateLimiter<ObjectIdentifier> = {
    when: () => 10,
    forget: () => {},
    retries: () => 7,
  };
  await using bench = await startBench({ rateLimiter: lies });
  const attempts: [string | undefined, number][] = [];
  const failing = new Set(['app']);
  bench.recorder.act = ({ name }, { attempt }) => {
    attempts.push([name, attempt]);
    if (failing.has(name!)) throw new Error('again');
  };
  bench.watcher.enqueue(app);
  await bench.settle(25);
  bench.watcher.enqueue(app);
  bench.watcher.enqueue(other);
  await bench.settle(1);
  expect(attempts).toEqual([
    ['app', 1],
    ['app', 2],
    ['app', 3],
    ['app', 4],
    ['other', 1],
  ]);
  failing.clear();
  await bench.settle(100);
  bench.watcher.enqueue(app);
  await bench.settle(1);
  expect(attempts.slice(5)).toEqual([
    ['app', 5],
    ['app', 1],
  ]);
  failing.add('app');
  bench.watcher.enqueue(app);
  await bench.settle(1);
  await bench.watcher.removeWatcher(app);
  bench.watcher.enqueue(app);
  await bench.settle(1);
  expect(attempts.slice(7)).toEqual([
    ['app', 1],
    ['app', 1],
  ]);
});

test.each<[string, () => unknown, string]>([
  [
    'whose requeueAfterMs throws',
    () => ({
      get requeueAfterMs() {
        return fail();
      },
    }),
    'not today',
  ],
  [
    'whose requeueAfterMs has no prototype',
    () => ({ requeueAfterMs: Object.create(null) as unknown }),
    'requeueAfterMs: expected a number of milliseconds of at least 0, got a value of type object',
  ],
  ['whose requeueAfterMs is a symbol', () => ({ requeueAfterMs: Symbol('no') }), 'of type symbol'],
  ['whose requeueAfterMs is NaN', () => ({ requeueAfterMs: Number.NaN }), 'got NaN'],
  ['whose requeueAfterMs is endless', () => ({ requeueAfterMs: Infinity }), 'got Infinity'],
  ['that is a text', () => 'done', 'expected a Result or nothing, got a string'],
  [
    'that is a number, later',
    () => Promise.resolve(5),
    'expected a Result or nothing, got a number',
  ],
  // eslint-disable-next-line unicorn/no-thenable
  ['whose then throws', () => ({ then: fail }), 'not today'],
  [
    'whose then cannot be read',
    () => ({
      // eslint-disable-next-line unicorn/no-thenable
      get then() {
        return fail();
      },
    }),
    'not today',
  ],
])('a result %s is a failed reconcile, and its worker goes on', async (_name, result, message) => {
  const { errors, logger } = errorLog();
  await using bench = await startBench({ logger });
  bench.recorder.reconcile = ((watcher: ObjectIdentifier, { causes }: ReconcileContext) => {
    bench.recorder.calls.push({ watcher: watcher.name, causes: causes.map(({ type }) => type) });
    return bench.recorder.calls.length === 1 ? result() : undefined;
  }) as never;
  bench.watcher.enqueue(app);
  await bench.settle(1);
  expect(errors).toEqual([expect.stringContaining(message)]);
  bench.watcher.enqueue(other);
  await bench.settle(100);
  expect(bench.recorder.calls.map(({ watcher }) => watcher)).toEqual(['app', 'other', 'app']);
});

test.each([
  ['has no text', Object.create(null) as object],
  [
    'throws when it is made a text',
    Object.assign(new Error(), {
      toString() {
        throw new Error('of the error');
      },
    }),
  ],
  ['is nothing', undefined],
])('what is thrown and %s is a failure like any other', async (_name, thrown) => {
  const { errors, logger } = errorLog();
  const told = { ...logger, error: (_fields: object, message: string) => errors.push(message) };
  await using bench = await startBench({ logger: told });
  bench.recorder.act = () => {
    if (bench.recorder.calls.length < 3) throw thrown;
  };
  bench.watcher.enqueue(app);
  await bench.settle(100);
  expect(bench.recorder.calls.map(({ causes }) => causes)).toEqual([
    ['enqueued'],
    ['retry'],
    ['retry'],
  ]);
  expect(errors).toHaveLength(1);
});

test('what a reconciler throws is told under err, where pino and bunyan write message and stack', async () => {
  const told: object[] = [];
  const { logger } = errorLog();
  await using bench = await startBench({
    logger: { ...logger, error: (fields: object) => told.push(fields) },
  });
  const thrown = new TypeError('no such theme');
  bench.recorder.act = () => {
    if (bench.recorder.calls.length === 1) throw thrown;
  };
  bench.watcher.enqueue(app);
  await bench.settle(100);
  expect(told).toEqual([{ watcher: describeObjectIdentifier(app), err: thrown }]);
});

test('a reconcile that goes on 10 s after its time was over is told of, once, with its watcher', async () => {
  const told: [object, string][] = [];
  const { logger } = errorLog();
  const error = (fields: object, message: string): void => void told.push([fields, message]);
  await using bench = await startBench({
    reconcileTimeoutMs: 60_000,
    maxConcurrentReconciles: 2,
    logger: { ...logger, error },
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  bench.recorder.act = ({ name }, { signal }) => {
    if (bench.recorder.calls.length > 2) return undefined;
    if (name === 'app') return promise;
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  };
  bench.watcher.enqueue(app);
  bench.watcher.enqueue(other);
  await bench.settle(69_000);
  const failed = 'a reconcile failed and will be tried again';
  told.length = 0;
  await bench.settle(3_600_000);
  const watcher = describeObjectIdentifier(app);
  expect(told[0]).toEqual([
    { watcher, runningMs: 70_000 },
    'a reconcile goes on although its signal was aborted; its watcher waits until it ends',
  ]);
  resolve();
  await bench.settle(1);
  expect(told.filter(([fields]) => (fields as { watcher: string }).watcher === watcher)).toEqual([
    told[0],
    [expect.anything(), failed],
  ]);
});

test.each([
  ['within its time', 1000],
  ['after it', 61_000],
])('no timer is left of a reconcile that goes on beyond a stop %s', async (_when, afterMs) => {
  await using bench = await startBench({ reconcileTimeoutMs: 60_000, stopTimeoutMs: 10 });
  const { promise, resolve } = Promise.withResolvers<void>();
  bench.recorder.act = () => promise;
  bench.watcher.enqueue(app);
  await bench.settle(afterMs);
  await bench.watcher.stop();
  await bench.settle(20);
  expect(bench.fake.clock.pending).toBe(0);
  resolve();
});

test('an object without a prototype is a result like any other', async () => {
  await using bench = await startBench();
  bench.recorder.act = () =>
    bench.recorder.calls.length === 1
      ? (Object.assign(Object.create(null), { requeueAfterMs: 10 }) as { requeueAfterMs: number })
      : undefined;
  bench.watcher.enqueue(app);
  await bench.settle(100);
  expect(bench.recorder.calls.map(({ causes }) => causes)).toEqual([['enqueued'], ['requeue']]);
});

test.each(['log', 'rate limiter'])(
  'a watcher that its %s removes is not tried again',
  async (who) => {
    const { logger } = errorLog();
    const removing = (by: string): void => {
      if (by === who) void bench.watcher.removeWatcher(app);
    };
    const settings = {
      logger: { ...logger, error: () => removing('log') },
      rateLimiter: {
        when: () => (removing('rate limiter'), 10),
        forget: () => {},
        retries: () => 0,
      },
    };
    const bench = await startBench(settings);
    await using _ = bench;
    bench.recorder.act = fail;
    bench.watcher.enqueue(app);
    await bench.settle(1000);
    expect(bench.recorder.calls).toHaveLength(1);
  },
);

test.each([
  ['throws', fail],
  ['gives NaN', () => Number.NaN],
  ['gives nothing', () => undefined as never],
  ['gives no number', () => 'soon' as never],
])('a rate limiter whose when %s delays a retry by a second, once', async (_name, when) => {
  const { errors, logger } = errorLog();
  await using bench = await startBench({
    logger,
    // What a forget returns is nobody's concern.
    rateLimiter: { when, forget: () => true, retries: () => 0 },
  });
  bench.recorder.act = () => {
    if (bench.recorder.calls.length === 1) throw new Error('once');
  };
  bench.watcher.enqueue(app);
  await bench.settle(999);
  expect(bench.recorder.calls).toHaveLength(1);
  await bench.settle(10_000);
  expect(bench.recorder.calls.map(({ causes }) => causes)).toEqual([['enqueued'], ['retry']]);
  expect(errors).toHaveLength(2);
});

test('a rate limiter whose forget throws neither repeats a reconcile nor keeps a watcher from being removed', async () => {
  const { errors, logger } = errorLog();
  await using bench = await startBench({
    logger,
    rateLimiter: { when: () => 5, forget: fail, retries: fail },
  });
  await bench.watcher.addWatcher(app, config);
  bench.fake.put(configMap('config'));
  await bench.settle(60_000);
  expect(bench.recorder.calls).toHaveLength(1);
  await bench.watcher.removeWatcher(app);
  expect(errors).toEqual(['not today', 'not today']);
  expect(bench.watcher.getWatchCount()).toBe(0);
});

test('a rate limiter that never delays leaves the event loop to others', async () => {
  await using bench = await startBench({
    rateLimiter: { when: () => 0, forget: () => {}, retries: () => 0 },
  });
  bench.recorder.act = fail;
  bench.watcher.enqueue(app);
  for (let turns = 0; turns < 20; turns++) await nextTurn();
  expect(bench.recorder.calls.length).toBeGreaterThan(1);
  expect(bench.recorder.calls.length).toBeLessThanOrEqual(21);
});

test('a logger and a stopped() that reject are no unhandled rejection', async () => {
  // Its type is what an async function is taken for where a void one is expected.
  const reject = (() => Promise.reject(new Error('not today'))) as () => void;
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', note);
  try {
    const bench = await startBench({
      logger: { debug: reject, info: reject, warn: reject, error: reject },
    });
    bench.recorder.act = fail;
    bench.recorder.stopped = reject;
    bench.watcher.enqueue(app);
    await bench.settle(1);
    await bench[Symbol.asyncDispose]();
    await nextTurn();
  } finally {
    process.off('unhandledRejection', note);
  }
  expect(unhandled).toEqual([]);
});

test('a batch that work left behind by a reconcile opens later is not closed by the next reconcile', async () => {
  await using bench = await startBench({ enableCache: true });
  const gate = Promise.withResolvers<void>();
  let opened: Promise<string> | undefined;
  bench.recorder.act = async () => {
    // The reconcile does not wait for it.
    opened ??= (async () => {
      await gate.promise;
      const batch = await bench.watcher.startQueryBatch(app);
      await nextTurn();
      await batch.get(config);
      await batch.end();
      return 'committed';
    })();
    if (bench.recorder.calls.length === 2) {
      gate.resolve();
      await Promise.resolve();
    }
  };
  bench.watcher.enqueue(app);
  await bench.settle(1);
  bench.watcher.enqueue(app);
  await bench.settle(100);
  expect(await opened).toBe('committed');
  expect(bench.watcher.graph().watched).toMatchObject([config]);
});

test('a batch that a reconcile opens after it waited, and leaves open, is closed with it', async () => {
  await using bench = await startBench({ enableCache: true, maxConcurrentReconciles: 3 });
  bench.recorder.act = async (watcher) => {
    await nextTurn();
    await bench.watcher.startQueryBatch(watcher);
    await bench.watcher.get(watcher, config);
  };
  for (let round = 1; round <= 3; round++) {
    for (const id of [app, other, configMapId('third')]) bench.watcher.enqueue(id);
    await bench.settle(1);
    expect(bench.recorder.calls).toHaveLength(3 * round);
  }
  const batch = await bench.watcher.startQueryBatch(app);
  await batch.end();
});

test('a reconcile runs in the context of the start, not of whoever asked for it', async () => {
  const context = new AsyncLocalStorage<string>();
  for (const enableCache of [false, true]) {
    await using bench = await context.run('start', () => startBench({ enableCache }));
    const seen: (string | undefined)[] = [];
    bench.recorder.act = () => {
      seen.push(context.getStore());
      if (seen.length === 1) context.run('reconcile', () => bench.watcher.enqueue(other));
      return { requeueAfterMs: 10 };
    };
    context.run('request', () => bench.watcher.enqueue(app));
    await context.run('timer', () => bench.settle(15));
    await context.run('add', () => bench.watcher.addWatcher(app, config));
    context.run('put', () => bench.fake.put(configMap('config')));
    await bench.settle(1);
    expect(seen.length).toBeGreaterThanOrEqual(5);
    expect(new Set(seen)).toEqual(new Set(['start']));
  }
});

test('a bound that is never reached costs nothing: workers are made for work alone', async () => {
  await using bench = await startBench({ maxConcurrentReconciles: 10_000 });
  const gates = [app, other].map(() => Promise.withResolvers<void>());
  bench.recorder.act = () => gates[bench.recorder.calls.length - 1]!.promise;
  bench.watcher.enqueue(app);
  await bench.settle(1);
  bench.watcher.enqueue(other);
  await bench.settle(1);
  expect(bench.recorder.calls).toHaveLength(2);
  for (const { resolve } of gates) resolve();
});

test('a reconciler that two dynamic watchers share is told of the end by the last one', async () => {
  const first = await startBench();
  const { recorder } = first;
  const second = await startBench({ reconciler: recorder });
  const late = createDynamicWatcher({
    transport: second.fake,
    clock: second.fake.clock,
    reconciler: recorder,
  });
  await first.watcher.stop();
  expect(recorder.stops).toBe(0);
  second.watcher.enqueue(app);
  await second.settle(1);
  expect(recorder.calls).toHaveLength(1);
  await second.watcher.stop();
  await second.watcher.stop();
  expect(recorder.stops).toBe(1);
  await late.start();
  await late.stop();
  expect(recorder.stops).toBe(2);
});
