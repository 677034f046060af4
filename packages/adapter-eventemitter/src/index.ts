/**
 * Reconciles as events, on eventemitter3. A `ReconcileEmitter` is passed as the reconciler; a reconcile is over when all
 * that its listeners returned has settled. Nothing is dropped and nothing piles up: while a reconcile waits for its
 * listeners, or for somebody to listen, the dynamic watcher's queue coalesces what changes.
 */
export type { ReconcileEmitterOptions } from './options.ts';
export { ReconcileEmitter } from './reconcile-emitter.ts';
export type { ReconcileEvent, ReconcileEvents } from './reconcile-events.ts';

// What users of this package name in their own code, so that they need not install core beside it.
export type { Result } from '@depwatch/core';
