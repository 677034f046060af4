/**
 * Reconciles as a Node.js stream of objects. A `ReconcileReadable` is passed as the reconciler; its items are
 * acknowledged as they are read, in a `for await` loop once the next is asked for, or by hand. Nothing is dropped and
 * nothing piles up: while a reconcile waits for its reader, the dynamic watcher's queue coalesces what changes.
 */
export type { ReconcileReadableOptions } from './options.ts';
export { ReconcileReadable } from './reconcile-readable.ts';

// What users of this package name in their own code, so that they need not install core beside it.
export type { ReconcileItem, Result } from '@depwatch/core';
