import type { Readable } from 'node:stream';
import type { Cause, ObjectIdentifier, Reconciler } from '@depwatch/core';
import type { DynamicWatcherOptions } from '@depwatch/dynamic-watcher';
import { expectTypeOf, test } from 'vitest';

import { ReconcileReadable, type ReconcileItem, type Result } from '../src/index.ts';

declare const readable: ReconcileReadable;

test('it is a reconciler and a readable', () => {
  expectTypeOf(readable).toExtend<Reconciler>();
  expectTypeOf(readable).toExtend<Readable>();
  expectTypeOf(readable).toExtend<DynamicWatcherOptions['reconciler']>();
});

test('items are typed whichever way they are read', async () => {
  for await (const item of readable) expectTypeOf(item).toEqualTypeOf<ReconcileItem>();
  for await (const item of readable.iterator({ destroyOnReturn: false }))
    expectTypeOf(item).toEqualTypeOf<ReconcileItem>();
  readable.on('data', (item) => expectTypeOf(item).toEqualTypeOf<ReconcileItem>());
  readable.on('error', (error) => expectTypeOf(error).toEqualTypeOf<Error>());
  readable.on('end', () => {});
  expectTypeOf(readable.read()).toEqualTypeOf<ReconcileItem | null>();
});

test('an item has what a reconciler is given, and its outcome', () => {
  expectTypeOf<ReconcileItem['watcher']>().toEqualTypeOf<ObjectIdentifier>();
  expectTypeOf<ReconcileItem['causes']>().toEqualTypeOf<readonly Cause[]>();
  expectTypeOf<ReconcileItem['signal']>().toEqualTypeOf<AbortSignal>();
  expectTypeOf<ReconcileItem['done']>().toBeCallableWith({ requeueAfterMs: 5 });
  expectTypeOf<ReconcileItem['done']>().parameter(0).toEqualTypeOf<Result | undefined>();
  expectTypeOf<ReconcileItem['fail']>().toBeCallableWith(new Error('mishap'));
});

test('options are the two there are', () => {
  expectTypeOf(ReconcileReadable).toBeConstructibleWith({
    whenUnobserved: 'drop',
    acknowledge: 'manual',
  });
  // @ts-expect-error there is no such way
  expectTypeOf(new ReconcileReadable({ acknowledge: 'never' })).toExtend<Readable>();
});
