import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';

import { ReconcileEmitter, type ReconcileEvent, type Result } from '../src/index.ts';
import { configMap, configMapId, startBench } from '../../../tools/adapter-bench/bench.ts';

const context = { signal: new AbortController().signal, causes: [], attempt: 1 };

test('changes of what is watched are events', async () => {
  const events = new ReconcileEmitter();
  await using bench = await startBench(events, { enableCache: true });
  const seen: unknown[] = [];
  events.on('reconcile', ({ watcher, causes, signal }) => {
    const data = bench.watcher.getFromCache<{ data: object }>(configMapId('config'))?.data;
    seen.push([watcher.name, causes.map(({ type }) => type), signal.aborted, data]);
  });
  bench.fake.put(configMap('config', { n: '1' }));
  await bench.watcher.addWatcher(configMapId('app'), configMapId('config'));
  await bench.settle();
  bench.fake.put(configMap('config', { n: '2' }));
  await bench.settle();
  expect(seen).toEqual([
    ['app', ['initial'], false, { n: '1' }],
    ['app', ['modified'], false, { n: '2' }],
  ]);
});

describe('what listeners return', () => {
  test('is awaited, all of it', async () => {
    const events = new ReconcileEmitter();
    await using bench = await startBench(events);
    const work = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    for (const { promise } of work) events.on('reconcile', () => promise);
    events.on('reconcile', () => {});
    await bench.enqueue('a', 'b');
    work[1]!.resolve();
    await bench.settle(60_000);
    expect(bench.ended).toEqual([]);
    work[0]!.resolve();
    await bench.settle();
    expect(bench.ended).toEqual(['a', 'b']);
  });

  test('is when to come again: the earliest counts', async () => {
    const events = new ReconcileEmitter();
    const results: (Result | undefined)[] = [
      { requeueAfterMs: 300 },
      { requeueAfterMs: 200 },
      {},
      undefined,
    ];
    for (const result of results) events.on('reconcile', async () => result);
    expect(await events.reconcile(configMapId('a'), context)).toEqual({ requeueAfterMs: 200 });

    await using bench = await startBench(events);
    await bench.enqueue('a');
    await bench.settle(199);
    expect(bench.called).toBe(1);
    await bench.settle(1);
    expect(bench.called).toBe(2);
  });

  test('is nothing when none asks to come again', async () => {
    const events = new ReconcileEmitter();
    events.on('reconcile', () => ({}));
    expect(await events.reconcile(configMapId('a'), context)).toBeUndefined();
  });
});

describe('a listener that fails', () => {
  const throws = (): never => {
    throw new Error('mishap');
  };
  const rejects = (): Promise<void> => Promise.reject(new Error('trouble'));

  test.each([
    ['throws', throws, 'a: Error: mishap'],
    ['rejects', rejects, 'a: Error: trouble'],
  ])('has the watcher tried again when it %s', async (_how, listener, end) => {
    const events = new ReconcileEmitter();
    await using bench = await startBench(events);
    const causes: string[] = [];
    events.on('reconcile', ({ causes: [cause] }) => void causes.push(cause!.type));
    events.once('reconcile', listener);
    await bench.enqueue('a');
    expect(bench.ended).toEqual([end]);
    await bench.settle(4);
    expect(bench.called).toBe(1);
    await bench.settle(1);
    expect(bench.ended).toEqual([end, 'a']);
    expect(causes).toEqual(['enqueued', 'retry']);
  });

  test('keeps none of the others from being called once and awaited', async () => {
    const events = new ReconcileEmitter();
    const called: string[] = [];
    const work = Promise.withResolvers<Result>();
    events.on('reconcile', () => {
      called.push('first');
      throws();
    });
    events.on('reconcile', () => {
      called.push('second');
      return rejects();
    });
    events.on('reconcile', () => {
      called.push('third');
      return work.promise;
    });
    let settled = false;
    const reconciled = events.reconcile(configMapId('a'), context).finally(() => (settled = true));
    const rejected = expect(reconciled).rejects.toMatchObject({
      name: 'AggregateError',
      errors: [{ message: 'mishap' }, { message: 'trouble' }],
    });
    expect(called).toEqual(['first', 'second', 'third']);
    await new Promise(setImmediate);
    expect(settled).toBe(false);
    work.resolve({ requeueAfterMs: 1 });
    await rejected;
  });
});

describe('registering listeners', () => {
  test('once, removed, in the middle of an event, with their own this', async () => {
    const events = new ReconcileEmitter();
    const called: unknown[] = [];
    const own = { name: 'own' };
    const second = (): void => void called.push('second');
    events.once('reconcile', () => {
      called.push('once');
      events.off('reconcile', second);
      events.on('reconcile', () => void called.push('late'));
    });
    events.on('reconcile', second);
    events.addListener(
      'reconcile',
      function (this: unknown) {
        called.push(this);
      },
      own,
    );
    const reconcile = async (): Promise<unknown[]> => {
      await events.reconcile(configMapId('a'), context);
      return called.splice(0);
    };
    // Who was there when it began is called, as by any emitter.
    expect(await reconcile()).toEqual(['once', 'second', own]);
    expect(await reconcile()).toEqual([own, 'late']);
    expect(events.listenerCount('reconcile')).toBe(2);
    events.removeAllListeners('reconcile');
    expect(events.listeners('reconcile')).toEqual([]);
  });

  test('a listener is found again by itself, and by its this', () => {
    const events = new ReconcileEmitter();
    const listener = (): void => {};
    const one = {};
    events.on('reconcile', listener, one).on('reconcile', listener).once('reconcile', listener);
    expect(events.listeners('reconcile')).toEqual([listener, listener, listener]);
    events.removeListener('reconcile', listener, one);
    expect(events.listenerCount('reconcile')).toBe(2);
    events.removeListener('reconcile', listener, undefined, true);
    expect(events.listeners('reconcile')).toEqual([listener]);
    events.off('reconcile', () => {});
    expect(events.listeners('reconcile')).toEqual([listener]);
    events.off('reconcile', listener);
    expect(events.eventNames()).toEqual([]);
    events.on('reconcile', listener).off('reconcile');
    expect(events.listeners('reconcile')).toEqual([]);
    expect(() => events.on('reconcile', 'no function' as never)).toThrow(TypeError);
  });

  test('an event that somebody else emits reaches them, too', () => {
    const events = new ReconcileEmitter();
    const seen: ReconcileEvent[] = [];
    events.on('reconcile', (event) => void seen.push(event));
    const event = { watcher: configMapId('a'), ...context };
    events.emit('reconcile', event);
    expect(seen).toEqual([event]);
  });

  test('a listener that is removed while it works is waited for', async () => {
    const events = new ReconcileEmitter();
    await using bench = await startBench(events);
    const work = Promise.withResolvers<void>();
    const listener = (): Promise<void> => work.promise;
    events.on('reconcile', listener);
    await bench.enqueue('a', 'b');
    events.off('reconcile', listener);
    await bench.settle();
    expect(bench.ended).toEqual([]);
    work.resolve();
    await bench.settle();
    // The next one waits for another listener.
    expect([bench.ended, bench.held]).toEqual([['a'], 1]);
  });
});

describe('with nobody listening', () => {
  test('reconciles wait, and the queue coalesces behind them', async () => {
    const events = new ReconcileEmitter();
    await using bench = await startBench(events);
    await bench.enqueue('a', 'b');
    await bench.settle(3_600_000);
    await bench.enqueue('b', 'a');
    expect([bench.called, bench.ended]).toEqual([1, []]);
    const seen: string[] = [];
    events.on('reconcile', ({ watcher }) => void seen.push(watcher.name!));
    // Not within `on`.
    expect(seen).toEqual([]);
    await bench.settle();
    expect(seen).toEqual(['a', 'b', 'a']);
  });

  test('a listener for once takes one, and the others go on waiting', async () => {
    const events = new ReconcileEmitter();
    await using bench = await startBench(events, { maxConcurrentReconciles: 3 });
    await bench.enqueue('a', 'b', 'c');
    expect(bench.held).toBe(3);
    const seen: string[] = [];
    for (const count of [1, 2]) {
      events.once('reconcile', ({ watcher }) => void seen.push(watcher.name!));
      await bench.settle();
      expect([seen.length, bench.held]).toEqual([count, 3 - count]);
    }
    expect(seen).toEqual(['a', 'b']);
  });

  test('a listener for another event wakes nobody', async () => {
    const events = new ReconcileEmitter();
    await using bench = await startBench(events);
    await bench.enqueue('a');
    events.on('stopped', () => {});
    await bench.settle();
    expect(bench.held).toBe(1);
  });

  test('a reconcile whose time is over is tried again', async () => {
    const events = new ReconcileEmitter();
    await using bench = await startBench(events, { reconcileTimeoutMs: 100 });
    await bench.enqueue('a');
    await bench.settle(104);
    expect([bench.ended.length, bench.held]).toEqual([1, 0]);
    const causes: string[] = [];
    events.on('reconcile', ({ causes: [cause], signal }) => {
      causes.push(`${cause!.type} ${signal.aborted}`);
    });
    await bench.settle(1);
    expect(causes).toEqual(['retry false']);
  });

  test('one that comes aborted is refused', async () => {
    const signal = AbortSignal.abort(new Error('too late'));
    const reconciled = new ReconcileEmitter().reconcile(configMapId('a'), {
      signal,
      causes: [],
      attempt: 1,
    });
    await expect(reconciled).rejects.toThrow('too late');
  });

  test('drop lets them go by', async () => {
    const events = new ReconcileEmitter({ whenUnobserved: 'drop' });
    await using bench = await startBench(events);
    await bench.enqueue('a');
    const seen: string[] = [];
    events.on('reconcile', ({ watcher }) => void seen.push(watcher.name!));
    await bench.enqueue('b');
    expect([bench.ended, seen]).toEqual([['a', 'b'], ['b']]);
  });
});

describe('stop', () => {
  test("emits 'stopped' once, and settles a reconcile that waits for a listener", async () => {
    const events = new ReconcileEmitter();
    await using bench = await startBench(events, { maxConcurrentReconciles: 2 });
    let stops = 0;
    events.on('stopped', () => (stops += 1));
    await bench.enqueue('a', 'b', 'c');
    await bench.watcher.stop();
    await bench.watcher.stopped;
    await bench.watcher.stop();
    events.stopped();
    expect(stops).toBe(1);
    expect(bench.ended.map((end) => end.slice(0, 16))).toEqual([
      'a: DepwatchError',
      'b: DepwatchError',
    ]);
    events.on('reconcile', () => expect.fail('there is no event after the last'));
    await expect(events.reconcile(configMapId('d'), context)).rejects.toThrow('has stopped');
  });

  test('settles one that waits without a signal of its end', async () => {
    const events = new ReconcileEmitter();
    const rejected = expect(events.reconcile(configMapId('a'), context)).rejects.toThrow('stopped');
    events.stopped();
    await rejected;
  });

  test('waits for listeners that work, whose signal is aborted', async () => {
    const events = new ReconcileEmitter();
    await using bench = await startBench(events);
    const work = Promise.withResolvers<void>();
    let signal: AbortSignal | undefined;
    events.on('reconcile', async (event) => {
      signal = event.signal;
      await work.promise;
    });
    await bench.enqueue('a', 'b');
    await bench.watcher.stop();
    let stopped = false;
    void bench.watcher.stopped.then(() => (stopped = true));
    await bench.settle(1_000);
    expect([signal?.aborted, stopped]).toEqual([true, false]);
    work.resolve();
    await bench.watcher.stopped;
    expect(bench.ended).toEqual(['a']);
  });
});

test('what listeners do not read is not made, and what waited listens no more', async () => {
  const events = new ReconcileEmitter();
  const { signal } = new AbortController();
  let reads = 0;
  const lazy = {
    causes: [],
    attempt: 1,
    get signal() {
      reads += 1;
      return signal;
    },
  };
  const reconciled = events.reconcile(configMapId('a'), lazy);
  expect([reads, getEventListeners(signal, 'abort').length]).toEqual([1, 1]);
  events.on('reconcile', () => {});
  await reconciled;
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  await events.reconcile(configMapId('a'), lazy);
  expect(reads).toBe(1);
  events.once('reconcile', (event) => {
    expect(event.signal).toBe(signal);
  });
  await events.reconcile(configMapId('a'), lazy);
});

test('several reconciles are under way at once', async () => {
  const events = new ReconcileEmitter();
  await using bench = await startBench(events, { maxConcurrentReconciles: 3 });
  const work = new Map<string, PromiseWithResolvers<void>>();
  events.on('reconcile', ({ watcher }) => {
    const done = Promise.withResolvers<void>();
    work.set(watcher.name!, done);
    return done.promise;
  });
  await bench.enqueue('a', 'b', 'c', 'd');
  expect([...work.keys()]).toEqual(['a', 'b', 'c']);
  work.get('b')!.resolve();
  await bench.settle();
  expect([...work.keys()]).toEqual(['a', 'b', 'c', 'd']);
  for (const { resolve } of work.values()) resolve();
  await bench.settle();
  expect(bench.ended).toEqual(['b', 'a', 'c', 'd']);
});
