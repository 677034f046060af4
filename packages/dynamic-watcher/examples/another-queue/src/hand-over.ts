import type { ObjectIdentifier, Reconciler } from '@depwatch/dynamic-watcher';
import type { WorkQueue } from '@depwatch/queue';

/**
 * The reconciler of a dynamic watcher that does no work but hands it to another queue. A reconcile is over as soon as the
 * queue has the item: from then on failures, retries and concurrency are that queue's business.
 *
 * Nothing gets lost on the way. What the queue holds already, it holds once; what comes while an item is worked on, it
 * hands out again. A queue that is full throws, which fails the reconcile, and the dynamic watcher tries again, later and
 * later, until there is room; meanwhile changes coalesce there.
 */
export function handOver(queue: Pick<WorkQueue<ObjectIdentifier>, 'add'>): Reconciler {
  return { reconcile: (watcher) => queue.add(watcher) };
}
