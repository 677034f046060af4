import { invalidInput, type Logger, type RateLimiter } from '@depwatch/core';

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
  const failed = (error: unknown): void => logger.error({ error }, 'the rate limiter failed');
  const checked = (ms: unknown): number => {
    if (typeof ms === 'number' && Number.isFinite(ms)) return ms;
    const got = typeof ms === 'number' ? ms : `a value of type ${typeof ms}`;
    throw invalidInput(`rateLimiter: expected a finite number, got ${got}`);
  };
  return {
    when: (item) => {
      try {
        return checked(limiter.when(of(item)));
      } catch (error) {
        failed(error);
        return unlimitedRetryMs;
      }
    },
    forget: (item) => {
      try {
        limiter.forget(of(item));
      } catch (error) {
        failed(error);
      }
    },
    retries: (item) => {
      try {
        return checked(limiter.retries(of(item)));
      } catch (error) {
        failed(error);
        return 0;
      }
    },
  };
}
