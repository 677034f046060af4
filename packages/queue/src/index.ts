/**
 * A work queue with the contract of client-go's: fair (items come out in the order in which they were added), stingy (an
 * item added several times before it is worked on is worked on once), safe for several consumers (one item never runs
 * twice at once; added while it runs, it runs once more), with delayed and rate-limited adds, drained on shutdown. Adds
 * may say why; what they say is merged and handed out with the item.
 */
export type { WorkQueueOptions } from './options.ts';
export {
  BucketRateLimiter,
  ItemExponentialFailureRateLimiter,
  MaxOfRateLimiter,
  defaultControllerRateLimiter,
} from './rate-limiters.ts';
export type {
  BucketRateLimiterOptions,
  ItemExponentialFailureRateLimiterOptions,
} from './rate-limiters.ts';
export { createWorkQueue } from './work-queue.ts';
export type { WorkQueue, WorkQueueEntry } from './work-queue.ts';
