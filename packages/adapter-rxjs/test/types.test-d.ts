import { map, type Observable } from 'rxjs';
import { expectTypeOf, test } from 'vitest';

import type { ObjectIdentifier, ReconcileItem as CoreItem, Reconciler } from '@depwatch/core';
import { ReconcileObservable, reconcileEach, type ReconcileItem } from '../src/index.ts';

test('it is a Reconciler, and an Observable of items', () => {
  expectTypeOf<ReconcileObservable>().toExtend<Reconciler>();
  expectTypeOf<ReconcileObservable>().toExtend<Observable<ReconcileItem>>();
  expectTypeOf<ReconcileItem>().toEqualTypeOf<CoreItem>();
});

test('the options are checked', () => {
  new ReconcileObservable({ whenUnobserved: 'drop', acknowledge: 'manual' });
  // @ts-expect-error there is no such way
  new ReconcileObservable({ whenUnobserved: 'buffer' });
  // @ts-expect-error there is no such way
  new ReconcileObservable({ acknowledge: true });
});

test('reconcileEach passes on what it was given, and takes items alone', () => {
  const observable = new ReconcileObservable();
  expectTypeOf(observable.pipe(reconcileEach(() => {}))).toEqualTypeOf<Observable<ReconcileItem>>();
  observable.pipe(
    reconcileEach(async ({ watcher, signal }) => {
      expectTypeOf(watcher).toEqualTypeOf<ObjectIdentifier>();
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
      return { requeueAfterMs: 5 };
    }),
  );
  const enriched = observable.pipe(
    map((item) => ({ ...item, tries: 1 })),
    reconcileEach(({ tries }) => void expectTypeOf(tries).toEqualTypeOf<number>(), {
      concurrency: 4,
    }),
  );
  expectTypeOf(enriched).toExtend<Observable<{ tries: number }>>();
  // @ts-expect-error what has no done and fail can't be acknowledged
  reconcileEach<ObjectIdentifier>(() => {});
  // @ts-expect-error a result is no number
  observable.pipe(reconcileEach(() => 5));
});
