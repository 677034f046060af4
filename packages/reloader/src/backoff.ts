/** How long the first wait is, and the longest, in milliseconds. */
const firstMs = 100;
const longestMs = 30_000;

/** A rate limiter for `createDynamicWatcher`, over items that are equal when `keyOf` gives the same. */
export interface Backoff<T> {
  when(item: T): number;
  forget(item: T): void;
  retries(item: T): number;
}

/**
 * Waits that double from 0.1 s to 30 s, each with up to a quarter of chance added, so that what failed together isn't
 * tried together. The facade's own default would come to wait for many minutes, which is long for a person who just
 * granted a missing permission and looks at the log.
 *
 * @param random a number in [0, 1)
 */
export function createBackoff<T>(keyOf: (item: T) => string, random: () => number): Backoff<T> {
  const failures = new Map<string, number>();
  return {
    when(item) {
      const key = keyOf(item);
      const before = failures.get(key) ?? 0;
      failures.set(key, before + 1);
      return Math.min(longestMs, firstMs * 2 ** before) * (1 + random() / 4);
    },
    forget: (item) => void failures.delete(keyOf(item)),
    retries: (item) => failures.get(keyOf(item)) ?? 0,
  };
}
