import type { Causes } from '../reconcile/causes.ts';
import type { ReconcileStatus } from '../public-interface.ts';
import type { Audience } from './observers.ts';

/** Tells those who look on of a reconcile that has become theirs while it runs; its end is told them, too. */
export function tellStarted(
  audiences: readonly Audience[],
  { watcher, attempt }: ReconcileStatus,
  causes: Causes,
): void {
  for (const audience of audiences) {
    if (!audience.listensTo('reconcile-started')) continue;
    audience.tell({ type: 'reconcile-started', at: audience.now(), watcher, causes, attempt });
  }
}

/** The same of one that is queued or delayed. */
export function tellQueued(
  audiences: readonly Audience[],
  { watcher, causes, dueAt = 0 }: ReconcileStatus,
): void {
  for (const audience of audiences) {
    if (!audience.listensTo('reconcile-queued')) continue;
    const at = audience.now();
    const afterMs = Math.max(dueAt - at, 0);
    audience.tell({ type: 'reconcile-queued', at, watcher, causes, afterMs });
  }
}
