import { onRejected, type Logger, type Reconciler } from '@depwatch/core';

/** How many dynamic watchers run with a reconciler, which is told of the end by the last of them. */
const users = new WeakMap<Reconciler, number>();

/** One more dynamic watcher runs with this reconciler. */
export function holdReconciler(reconciler: Reconciler): void {
  users.set(reconciler, (users.get(reconciler) ?? 0) + 1);
}

/** A dynamic watcher has stopped; after the last one the reconciler's `stopped()` is called, whatever that does. */
export function releaseReconciler(reconciler: Reconciler, logger: Logger): void {
  const left = (users.get(reconciler) ?? 0) - 1;
  if (left > 0) {
    users.set(reconciler, left);
    return;
  }
  users.delete(reconciler);
  const failed = (error: unknown): void =>
    logger.error({ error }, "the reconciler's stopped() failed");
  try {
    onRejected(reconciler.stopped?.(), failed);
  } catch (error) {
    failed(error);
  }
}
