import type { WorkQueue } from '@depwatch/queue';
import type { ObjectIdentifier } from '@depwatch/dynamic-watcher';

/**
 * Takes one item after the other from the queue until it is shut down. An item that fails comes again, later and later;
 * one that was added while it was worked on comes again at once. Call it several times for as many workers.
 */
export async function work(
  queue: WorkQueue<ObjectIdentifier>,
  reconcile: (item: ObjectIdentifier) => Promise<void>,
  failed: (item: ObjectIdentifier, error: unknown) => void,
): Promise<void> {
  for (let item = await queue.get(); item; item = await queue.get()) {
    try {
      await reconcile(item);
      queue.forget(item);
    } catch (error) {
      failed(item, error);
      queue.addRateLimited(item);
    } finally {
      queue.done(item);
    }
  }
}
