/**
 * Reconciles as an RxJS Observable. A `ReconcileObservable` is passed as the reconciler; its items are acknowledged once
 * emitted, or, claimed by `reconcileEach`, once their work is done. Nothing is dropped and nothing piles up: while a
 * reconcile waits for its subscribers, the dynamic watcher's queue coalesces what changes.
 */
export type { ReconcileEachOptions, ReconcileObservableOptions } from './options.ts';
export { reconcileEach } from './reconcile-each.ts';
export { ReconcileObservable } from './reconcile-observable.ts';

// What users of this package name in their own code, so that they need not install core beside it.
export type { ReconcileItem, Result } from '@depwatch/core';
