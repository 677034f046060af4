import { firstValueFrom } from 'rxjs';
import { expect, test } from 'vitest';

import { ReconcileObservable, reconcileEach, type ReconcileItem } from '../src/index.ts';
import { pair, startBench } from './bench.ts';

const [app, config] = pair('app');
const manual = { acknowledge: 'manual' } as const;
const context = () => ({ causes: [], attempt: 1, signal: new AbortController().signal });

/** A bench whose first item was emitted, with all that are. */
async function startWithItem(settings: Parameters<typeof startBench>[1] = {}) {
  const bench = await startBench(manual, settings);
  const items: ReconcileItem[] = [];
  bench.observable.subscribe((item) => items.push(item));
  await bench.watcher.addWatcher(app, config);
  bench.change(config, '1');
  await bench.settle();
  return { ...bench, items };
}

test('a reconcile lasts until done() is called, and comes again as its result says', async () => {
  await using bench = await startWithItem();
  const { items } = bench;
  bench.change(config, '2');
  await bench.settle();
  expect(items).toHaveLength(1);
  items[0]!.done();
  await bench.settle();
  expect(items).toHaveLength(2);
  items[1]!.done({ requeueAfterMs: 1_000 });
  await bench.settle(998);
  expect(items).toHaveLength(2);
  await bench.settle(2);
  expect(items[2]!.causes).toMatchObject([{ type: 'requeue' }]);
  items[2]!.done();
});

test('fail() has the watcher tried again', async () => {
  await using bench = await startWithItem();
  const { items } = bench;
  items[0]!.fail(new Error('not yet'));
  await bench.settle(5);
  expect(items[1]!.causes).toMatchObject([{ type: 'retry' }]);
  items[1]!.done();
});

test('only the first call counts', async () => {
  const observable = new ReconcileObservable(manual);
  observable.subscribe(({ done, fail }) => {
    done({ requeueAfterMs: 1 });
    done({ requeueAfterMs: 2 });
    fail(new Error('too late'));
  });
  expect(await observable.reconcile(app, context())).toEqual({ requeueAfterMs: 1 });
});

test('an item fails when the last subscriber leaves who has it', async () => {
  const observable = new ReconcileObservable(manual);
  const [one, two] = [observable.subscribe(), observable.subscribe()];
  let over = false;
  const reconcile = observable.reconcile(app, context()).finally(() => (over = true));
  await new Promise(setImmediate);
  const late = observable.subscribe(); // has nothing to do with that item
  one.unsubscribe();
  await new Promise(setImmediate);
  expect(over).toBe(false);
  two.unsubscribe();
  await expect(reconcile).rejects.toThrow('left');
  late.unsubscribe();
});

test('who leaves within the emission takes the item along', async () => {
  const observable = new ReconcileObservable(manual);
  const reconcile = observable.reconcile(app, context());
  const { done } = await firstValueFrom(observable);
  done({ requeueAfterMs: 7 });
  expect(await reconcile).toEqual({ requeueAfterMs: 7 });
});

test('what took too long is tried again once it was acknowledged, and not before', async () => {
  await using bench = await startWithItem({ reconcileTimeoutMs: 1_000 });
  const { items } = bench;
  await bench.settle(60_000);
  expect(items).toHaveLength(1);
  expect(items[0]!.signal.aborted).toBe(true);
  items[0]!.done();
  await bench.settle(10);
  expect(items[1]!.causes).toMatchObject([{ type: 'retry' }]);
  items[1]!.done();
});

test('a stop completes the observable, and waits for what is in hand', async () => {
  const bench = await startWithItem();
  const { items } = bench;
  let completed = false;
  let stopped = false;
  bench.observable.subscribe({ complete: () => (completed = true) });
  await bench.watcher.stop();
  void bench.watcher.stopped.then(() => (stopped = true));
  await bench.settle(1_000);
  expect({ completed, stopped, aborted: items[0]!.signal.aborted }).toEqual({
    completed: true,
    stopped: false,
    aborted: true,
  });
  items[0]!.done();
  await bench.watcher.stopped;
  expect(bench.fake.clock.pending).toBe(0);
});

test('reconcileEach acknowledges here, too', async () => {
  const observable = new ReconcileObservable(manual);
  const log: ReconcileItem[] = [];
  observable.pipe(reconcileEach(() => ({ requeueAfterMs: 3 }))).subscribe();
  observable.subscribe((item) => log.push(item));
  expect(await observable.reconcile(app, context())).toEqual({ requeueAfterMs: 3 });
  expect(log).toHaveLength(1);
});
