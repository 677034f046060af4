import { getEventListeners } from 'node:events';

import { config as rxjs, filter, firstValueFrom, take, tap, toArray } from 'rxjs';
import { expect, test, vi } from 'vitest';

import { ReconcileObservable, reconcileEach, type ReconcileItem } from '../src/index.ts';
import { pair, startBench } from './bench.ts';

const [app, config] = pair('app');

test('emits what is to be reconciled, with its causes, and completes when the watcher stops', async () => {
  const bench = await startBench();
  const seen: unknown[] = [];
  bench.observable.subscribe({
    next: ({ watcher, causes }) => seen.push([watcher.name, causes.map(({ type }) => type)]),
    complete: () => seen.push('complete'),
  });
  await bench.watcher.addWatcher(app, config);
  bench.change(config, '1');
  await bench.settle();
  bench.change(config, '2');
  await bench.settle();
  await bench.watcher.stop();
  expect(seen).toEqual([['app', ['added']], ['app', ['modified']], 'complete']);
  await bench.watcher.stopped;
  expect(bench.fake.clock.pending).toBe(0);
});

test('with nobody subscribed a reconcile waits, and what changes meanwhile coalesces', async () => {
  await using bench = await startBench();
  await bench.watcher.addWatcher(app, config);
  for (let value = 0; value < 5; value++) {
    bench.change(config, `${value}`);
    await bench.settle(60_000);
  }
  const items: ReconcileItem[] = [];
  bench.observable.subscribe((item) => items.push(item));
  await bench.settle();
  expect(items.map(({ causes }) => causes.map(({ type }) => type))).toEqual([
    ['added'],
    ['modified'],
  ]);
});

test('whenUnobserved: drop does not wait', async () => {
  await using bench = await startBench({ whenUnobserved: 'drop' });
  await bench.watcher.addWatcher(app, config);
  bench.change(config, '1');
  await bench.settle();
  const items: ReconcileItem[] = [];
  bench.observable.subscribe((item) => items.push(item));
  await bench.settle();
  expect(items).toEqual([]);
  bench.change(config, '2');
  await bench.settle();
  expect(items).toHaveLength(1);
});

test('what waits for a subscriber ends with its signal, and leaves no listener behind', async () => {
  const observable = new ReconcileObservable();
  const abort = new AbortController();
  const waiting = observable.reconcile(app, { causes: [], attempt: 1, signal: abort.signal });
  const late = observable.reconcile(app, {
    causes: [],
    attempt: 1,
    signal: AbortSignal.abort('late'),
  });
  abort.abort('over');
  await expect(waiting).rejects.toBe('over');
  await expect(late).rejects.toBe('late');
  expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  const items: ReconcileItem[] = [];
  observable.subscribe((item) => items.push(item));
  await new Promise(setImmediate);
  expect(items).toEqual([]);
});

test('a stop ends what waits for a subscriber; who subscribes later is told at once', async () => {
  const bench = await startBench();
  await bench.watcher.addWatcher(app, config);
  bench.change(config, '1');
  await bench.settle();
  await bench.watcher.stop();
  await bench.watcher.stopped;
  expect(bench.fake.clock.now()).toBe(1); // it did not have to wait for stopTimeoutMs
  expect(await firstValueFrom(bench.observable.pipe(toArray()))).toEqual([]);
  const signal = new AbortController().signal;
  await expect(bench.observable.reconcile(app, { causes: [], attempt: 1, signal })).rejects.toThrow(
    'stopped',
  );
});

test('stopped() alone ends what waits, whoever calls it', async () => {
  const observable = new ReconcileObservable();
  const { signal } = new AbortController();
  const waiting = observable.reconcile(app, { causes: [], attempt: 1, signal });
  observable.stopped();
  await expect(waiting).rejects.toThrow('stopped');
});

test('all who are subscribed share one item; late ones get what comes later', async () => {
  await using bench = await startBench();
  const early: ReconcileItem[] = [];
  const second: ReconcileItem[] = [];
  const late: ReconcileItem[] = [];
  await bench.watcher.addWatcher(app, config);
  bench.change(config, '1');
  await bench.settle();
  // Both of them come late for the reconcile that waits, and neither comes too late.
  bench.observable.subscribe((item) => early.push(item));
  bench.observable.subscribe((item) => second.push(item));
  await bench.settle();
  bench.observable.subscribe((item) => late.push(item));
  bench.change(config, '2');
  await bench.settle();
  expect(early).toHaveLength(2);
  expect(second).toEqual(early);
  expect(second[0]).toBe(early[0]);
  expect(late).toEqual([early[1]]);
});

test('an item that an operator drops is acknowledged', async () => {
  await using bench = await startBench();
  const emitted: unknown[] = [];
  const seen: ReconcileItem[] = [];
  bench.observable
    .pipe(
      tap(({ causes }) => emitted.push(causes[0]!.type)),
      filter(() => false),
      reconcileEach((item) => void seen.push(item)),
    )
    .subscribe();
  await bench.watcher.addWatcher(app, config);
  bench.change(config, '1');
  await bench.settle(60_000);
  bench.change(config, '2');
  await bench.settle(60_000);
  expect(emitted).toEqual(['added', 'modified']);
  expect(seen).toEqual([]);
});

test('a plain subscriber that throws is reported by RxJS, and nobody else is disturbed', async () => {
  const reported: unknown[] = [];
  rxjs.onUnhandledError = (error) => reported.push(error);
  try {
    await using bench = await startBench();
    const failure = new Error('in a subscriber');
    let seen = 0;
    bench.observable.subscribe(() => {
      throw failure;
    });
    bench.observable.pipe(reconcileEach(() => void (seen += 1))).subscribe();
    await bench.watcher.addWatcher(app, config);
    for (const value of ['1', '2']) {
      bench.change(config, value);
      await bench.settle(1_000);
    }
    expect(seen).toBe(2);
    await vi.waitFor(() => expect(reported).toEqual([failure, failure]), { timeout: 25_000 });
  } finally {
    rxjs.onUnhandledError = null;
  }
});

test('who leaves in the middle leaves the others, and what comes next, alone', async () => {
  await using bench = await startBench();
  await bench.watcher.addWatcher(app, config);
  const one: ReconcileItem[] = [];
  bench.observable.pipe(take(1)).subscribe((item) => one.push(item));
  bench.change(config, '1');
  await bench.settle();
  bench.change(config, '2');
  await bench.settle();
  expect(one).toHaveLength(1);
  // The second waits for somebody.
  const next = firstValueFrom(bench.observable);
  await bench.settle();
  expect((await next).causes).toMatchObject([{ type: 'modified' }]);
});
