/** Decides how long an item that failed waits before it is tried again. */
export interface RateLimiter<T> {
  /** Milliseconds until `item` may be tried again; each call counts as one more failure of it. */
  when(item: T): number;
  /** Ends the history of `item`: it succeeded, or is given up. */
  forget(item: T): void;
  /** How often `item` has failed since it was last forgotten. */
  retries(item: T): number;
}
