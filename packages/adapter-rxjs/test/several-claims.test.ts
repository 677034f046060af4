import { expect, test } from 'vitest';

import { ReconcileObservable, reconcileEach } from '../src/index.ts';
import { pair } from './bench.ts';

const [app] = pair('app');
const context = () => ({ causes: [], attempt: 1, signal: new AbortController().signal });

test('of several the last to end decides, and the earliest wish to come again counts', async () => {
  const observable = new ReconcileObservable();
  const gate = Promise.withResolvers<void>();
  let over = false;
  observable.pipe(reconcileEach(() => ({ requeueAfterMs: 50 }))).subscribe();
  observable
    .pipe(reconcileEach(() => gate.promise.then(() => ({ requeueAfterMs: 20 }))))
    .subscribe();
  observable.pipe(reconcileEach(() => {})).subscribe();
  observable.subscribe();
  const reconcile = Promise.resolve(observable.reconcile(app, context())).finally(
    () => (over = true),
  );
  await new Promise(setImmediate);
  expect(over).toBe(false);
  gate.resolve();
  expect(await reconcile).toEqual({ requeueAfterMs: 20 });
});

test('of several one failure is enough, once all are done', async () => {
  const observable = new ReconcileObservable();
  const gate = Promise.withResolvers<void>();
  let over = false;
  const failure = new Error('one of them');
  observable.pipe(reconcileEach(() => Promise.reject(failure))).subscribe();
  observable.pipe(reconcileEach(() => gate.promise)).subscribe();
  const reconcile = observable.reconcile(app, context()).finally(() => (over = true));
  reconcile.catch(() => {});
  await new Promise(setImmediate);
  expect(over).toBe(false);
  gate.resolve();
  await expect(reconcile).rejects.toBe(failure);
});

test('of several one may leave; the others go on', async () => {
  const observable = new ReconcileObservable();
  const gate = Promise.withResolvers<void>();
  const leaving = observable.pipe(reconcileEach(() => new Promise<void>(() => {}))).subscribe();
  observable.pipe(reconcileEach(() => gate.promise)).subscribe();
  const reconcile = observable.reconcile(app, context());
  await new Promise(setImmediate);
  leaving.unsubscribe();
  gate.resolve();
  await expect(reconcile).rejects.toThrow('unsubscribed');
});
