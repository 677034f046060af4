import type { Cause, ObjectIdentifier, Reconciler } from '@depwatch/core';
import type { DynamicWatcherOptions } from '@depwatch/dynamic-watcher';
import type { EventEmitter } from 'eventemitter3';
import { expectTypeOf, test } from 'vitest';

import { ReconcileEmitter, type ReconcileEvent, type Result } from '../src/index.ts';

declare const events: ReconcileEmitter;

test('it is a reconciler and an eventemitter3', () => {
  expectTypeOf(events).toExtend<Reconciler>();
  expectTypeOf(events).toExtend<DynamicWatcherOptions['reconciler']>();
  expectTypeOf(events).toExtend<EventEmitter<'reconcile' | 'stopped'>>();
});

test('listeners are given what a reconciler is given, and may return what it may', () => {
  const check = (event: ReconcileEvent): void => {
    expectTypeOf(event.watcher).toEqualTypeOf<ObjectIdentifier>();
    expectTypeOf(event.causes).toEqualTypeOf<readonly Cause[]>();
    expectTypeOf(event.signal).toEqualTypeOf<AbortSignal>();
  };
  events
    .on('reconcile', check)
    .once('reconcile', (event) => void expectTypeOf(event).toEqualTypeOf<ReconcileEvent>())
    .addListener('reconcile', async ({ watcher }): Promise<Result> => {
      expectTypeOf(watcher).toEqualTypeOf<ObjectIdentifier>();
      return { requeueAfterMs: 5 };
    })
    .on('stopped', () => {});
  events.off('reconcile', check);
});

test('what does not fit is refused', () => {
  // @ts-expect-error no such event
  events.on('reconciled', () => {});
  // @ts-expect-error not what a reconciler returns
  events.on('reconcile', () => ({ requeueAfterMs: 'soon' }));
  // @ts-expect-error 'stopped' comes with nothing
  events.on('stopped', (event: ReconcileEvent) => void event);
  // @ts-expect-error there is no such way
  expectTypeOf(new ReconcileEmitter({ whenUnobserved: 'queue' })).toExtend<Reconciler>();
});
