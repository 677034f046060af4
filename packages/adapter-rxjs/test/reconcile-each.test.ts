import { delay, map, of, take, type Subscription } from 'rxjs';
import { expect, test } from 'vitest';

import { ReconcileObservable, reconcileEach, type ReconcileItem } from '../src/index.ts';
import { pair, startBench } from './bench.ts';

const [app, config] = pair('app');
const context = () => ({ causes: [], attempt: 1, signal: new AbortController().signal });

test('an item is acknowledged after its work, and then emitted', async () => {
  await using bench = await startBench();
  const log: unknown[] = [];
  bench.observable
    .pipe(
      reconcileEach(async ({ causes }) => {
        log.push(causes.map(({ type }) => type));
        await bench.sleep(100);
        log.push('worked');
      }),
    )
    .subscribe(({ watcher }) => log.push(watcher.name));
  await bench.watcher.addWatcher(app, config);
  bench.change(config, '1');
  await bench.settle(50);
  bench.change(config, '2');
  await bench.settle(40);
  expect(log).toEqual([['added']]);
  await bench.settle(1_000);
  expect(log).toEqual([['added'], 'worked', 'app', ['modified'], 'worked', 'app']);
});

test('what the work returns is the result of the reconcile', async () => {
  await using bench = await startBench();
  const causes: unknown[] = [];
  bench.observable
    .pipe(
      reconcileEach((item) => {
        causes.push(item.causes[0]!.type);
        return causes.length === 1 ? { requeueAfterMs: 60_000 } : undefined;
      }),
    )
    .subscribe();
  await bench.watcher.addWatcher(app, config);
  bench.change(config, '1');
  await bench.settle(59_999);
  expect(causes).toEqual(['added']);
  await bench.settle(10_000);
  expect(causes).toEqual(['added', 'requeue']);
});

test.each([
  [
    'throws',
    () => {
      throw new Error('not yet');
    },
  ],
  ['rejects', () => Promise.reject(new Error('not yet'))],
])('work that %s is tried again, and the stream goes on', async (_, failure) => {
  await using bench = await startBench();
  const causes: unknown[] = [];
  const ends: unknown[] = [];
  const emitted: ReconcileItem[] = [];
  bench.observable
    .pipe(
      reconcileEach((item) => {
        causes.push(item.causes[0]!.type);
        return causes.length <= 2 ? failure() : undefined;
      }),
    )
    .subscribe({
      next: (item) => emitted.push(item),
      error: (error: unknown) => ends.push(error),
      complete: () => ends.push('complete'),
    });
  await bench.watcher.addWatcher(app, config);
  bench.change(config, '1');
  await bench.settle(5);
  expect(causes).toEqual(['added', 'retry']);
  await bench.settle(10);
  expect(causes).toEqual(['added', 'retry', 'retry']);
  expect(emitted).toHaveLength(1);
  expect(ends).toEqual([]);
});

test('concurrency bounds what is worked on; the rest waits in the reconciles', async () => {
  await using bench = await startBench({}, { maxConcurrentReconciles: 5 });
  let running = 0;
  const most = { running: 0, held: 0 };
  let held = 0;
  const worked: (string | undefined)[] = [];
  bench.observable
    .pipe(
      map((item) => {
        held += 1;
        most.held = Math.max(most.held, held);
        return item;
      }),
      reconcileEach(
        async ({ watcher }) => {
          running += 1;
          most.running = Math.max(most.running, running);
          await bench.sleep(10);
          running -= 1;
          worked.push(watcher.name);
        },
        { concurrency: 3 },
      ),
    )
    .subscribe(() => (held -= 1));
  const names = Array.from({ length: 12 }, (_, index) => `app-${index}`);
  for (const name of names) await bench.watcher.addWatcher(...pair(name));
  for (const name of names) bench.change(pair(name)[1], '1');
  await bench.settle(1_000);
  expect(new Set(worked)).toEqual(new Set(names));
  expect(worked).toHaveLength(names.length);
  expect(most).toEqual({ running: 3, held: 5 });
  expect(held).toBe(0);
});

test('a wrong concurrency is refused', () => {
  for (const concurrency of [0, -1, 1.5, NaN])
    expect(() => reconcileEach(() => {}, { concurrency })).toThrow('concurrency');
});

test('unsubscribing fails what is worked on and what waits: both are tried again', async () => {
  await using bench = await startBench({}, { maxConcurrentReconciles: 2 });
  const signals: AbortSignal[] = [];
  const begun: (string | undefined)[] = [];
  const hanging = ({ signal, watcher }: ReconcileItem): Promise<void> => {
    signals.push(signal);
    begun.push(watcher.name);
    return new Promise(() => {});
  };
  const subscription = bench.observable
    .pipe(reconcileEach(hanging, { concurrency: 1 }))
    .subscribe();
  for (const name of ['a', 'b']) await bench.watcher.addWatcher(...pair(name));
  for (const name of ['a', 'b']) bench.change(pair(name)[1], '1');
  await bench.settle();
  expect(begun).toEqual(['a']);
  subscription.unsubscribe();
  expect(signals[0]!.aborted).toBe(true);
  await bench.settle(60_000);

  const retried: unknown[] = [];
  bench.observable
    .pipe(
      reconcileEach(({ watcher, causes }) => void retried.push([watcher.name, causes[0]!.type])),
    )
    .subscribe();
  await bench.settle();
  expect(retried).toEqual([
    ['a', 'retry'],
    ['b', 'retry'],
  ]);
});

test('an error elsewhere in the pipe fails the items that it tears down', async () => {
  await using bench = await startBench({}, { maxConcurrentReconciles: 2 });
  const errors: unknown[] = [];
  bench.observable
    .pipe(
      reconcileEach(({ watcher }) =>
        watcher.name === 'a' ? new Promise<void>(() => {}) : undefined,
      ),
      map(() => {
        throw new Error('in the pipe');
      }),
    )
    .subscribe({ error: (error: Error) => errors.push(error.message) });
  for (const name of ['a', 'b']) await bench.watcher.addWatcher(...pair(name));
  for (const name of ['a', 'b']) bench.change(pair(name)[1], '1');
  await bench.settle();
  expect(errors).toEqual(['in the pipe']);
  const retried: unknown[] = [];
  bench.observable.subscribe(({ watcher, causes }) =>
    retried.push([watcher.name, causes[0]!.type]),
  );
  await bench.settle(10);
  expect(retried).toEqual([['a', 'retry']]);
});

test('leaving from within the emission fails nothing that was worked on', async () => {
  const observable = new ReconcileObservable();
  observable
    .pipe(
      take(1),
      reconcileEach(() => ({ requeueAfterMs: 5 })),
    )
    .subscribe();
  expect(await observable.reconcile(app, context())).toEqual({ requeueAfterMs: 5 });
});

test('a stop aborts the work, drops what waits for its turn, and completes when the work has ended', async () => {
  const bench = await startBench({}, { maxConcurrentReconciles: 2 });
  const begun: (string | undefined)[] = [];
  let completed = false;
  bench.observable
    .pipe(
      reconcileEach(
        async ({ watcher, signal }) => {
          begun.push(watcher.name);
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          await bench.sleep(100);
        },
        { concurrency: 1 },
      ),
    )
    .subscribe({ complete: () => (completed = true) });
  for (const name of ['a', 'b']) await bench.watcher.addWatcher(...pair(name));
  for (const name of ['a', 'b']) bench.change(pair(name)[1], '1');
  await bench.settle();
  await bench.watcher.stop();
  await bench.settle(50);
  expect(completed).toBe(false);
  await bench.settle(50);
  expect(completed).toBe(true);
  await bench.watcher.stopped;
  expect(begun).toEqual(['a']);
});

test('what took too long is tried again once it has ended; what waited so long is not begun', async () => {
  await using bench = await startBench({}, { maxConcurrentReconciles: 2, reconcileTimeoutMs: 100 });
  const begun: unknown[] = [];
  bench.observable
    .pipe(
      reconcileEach(
        async ({ watcher, causes }) => {
          begun.push([watcher.name, causes[0]!.type, bench.fake.clock.now()]);
          if (begun.length === 1) await bench.sleep(300);
        },
        { concurrency: 1 },
      ),
    )
    .subscribe();
  for (const name of ['a', 'b']) await bench.watcher.addWatcher(...pair(name));
  for (const name of ['a', 'b']) bench.change(pair(name)[1], '1');
  await bench.settle(1_000);
  expect(begun).toEqual([
    ['a', 'added', 0],
    ['a', 'retry', 305],
    ['b', 'retry', 305],
  ]);
});

test('an operator may put another item in its place', async () => {
  const observable = new ReconcileObservable();
  observable
    .pipe(
      map((item) => ({ ...item, tries: 1 })),
      reconcileEach(({ tries }) => Promise.reject(new Error(`after ${tries}`))),
    )
    .subscribe();
  await expect(observable.reconcile(app, context())).rejects.toThrow('after 1');
});

test('behind an operator that waits the claim comes too late, but not with manual acknowledgement', async () => {
  const failing = reconcileEach(() => Promise.reject(new Error('lost')));
  const subscriptions: Subscription[] = [];
  const [auto, manual] = (['auto', 'manual'] as const).map((acknowledge) => {
    const observable = new ReconcileObservable({ acknowledge });
    subscriptions.push(observable.pipe(delay(0), failing).subscribe());
    return observable.reconcile(app, context());
  });
  await expect(auto).resolves.toBeUndefined();
  await expect(manual).rejects.toThrow('lost');
  for (const subscription of subscriptions) subscription.unsubscribe();
});

test('items of another adapter are acknowledged by their own functions', async () => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const item: ReconcileItem = { watcher: app, ...context(), done: resolve, fail: resolve };
  reconcileEach(() => ({ requeueAfterMs: 9 }))(of(item)).subscribe();
  expect(await promise).toEqual({ requeueAfterMs: 9 });
});
