import type { Logger, RateLimiter } from '@depwatch/core';

/** When a watcher is tried again whose rate limiter failed. */
const unlimitedRetryMs = 1000;

/**
 * A rate limiter for queue items that goes by what `of` takes from them. It never throws: the limiter is the caller's, and
 * whatever it does, a watcher must be neither forgotten nor reconciled for ever.
 */
export function guardLimiter<Item, T>(
  limiter: RateLimiter<T>,
  of: (item: Item) => T,
  logger: Logger,
): RateLimiter<Item> {
  const guarded = (call: () => number | void): number | undefined => {
    try {
      const ms = call();
      if (ms === undefined || Number.isFinite(ms)) return ms as number | undefined;
      logger.error(
        { got: typeof ms === 'number' ? ms : typeof ms },
        'the rate limiter gave no finite number',
      );
    } catch (error) {
      logger.error({ error }, 'the rate limiter failed');
    }
    return undefined;
  };
  return {
    when: (item) => guarded(() => limiter.when(of(item))) ?? unlimitedRetryMs,
    forget: (item) => void guarded(() => limiter.forget(of(item))),
    retries: (item) => guarded(() => limiter.retries(of(item))) ?? 0,
  };
}
