import type { Reconciler } from '../../packages/core/src/index.ts';
import {
  createDynamicWatcher,
  createReconcileGroup,
} from '../../packages/dynamic-watcher/src/index.ts';
import { createFakeTransport, createVirtualClock } from '../../packages/testing/src/index.ts';
import { configMapId } from './bench.ts';

/**
 * An adapter as the reconciler of a group of two. One dynamic watcher asks for a reconcile of `a`, the other of `b`, while
 * nobody listens, and the first stops; then somebody does. @returns whom the adapter told of, before the group was stopped
 * and after, and what it had told of its own end
 */
export async function inAGroup(
  adapter: Reconciler,
  listen: (told: (watcher: string) => void, ended: () => void) => void,
): Promise<{ told: string[]; endedWithMember: number; ended: number }> {
  const clock = createVirtualClock();
  const reconcileGroup = createReconcileGroup({
    clock,
    reconciler: adapter,
    maxConcurrentReconciles: 2,
  });
  const [east, west] = [1, 2].map(() =>
    createDynamicWatcher({ transport: createFakeTransport({ clock }), clock, reconcileGroup }),
  );
  for (const watcher of [east!, west!]) await watcher.start();
  east!.enqueue(configMapId('a'));
  west!.enqueue(configMapId('b'));
  await clock.advance(10);
  await east!.stop();
  // Not by the time that it has: what nobody was told of is taken back.
  await east!.stopped;
  const told: string[] = [];
  let ended = 0;
  listen(
    (watcher) => void told.push(watcher),
    () => (ended += 1),
  );
  await clock.advance(10);
  west!.enqueue(configMapId('c'));
  await clock.advance(10);
  const endedWithMember = ended;
  await reconcileGroup[Symbol.asyncDispose]();
  await west!.stop();
  await clock.advance(10);
  return { told, endedWithMember, ended };
}
