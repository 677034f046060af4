/** How long to wait between tries that fail. */
export interface BackOff {
  /** The longest wait after the first failure, in milliseconds. */
  readonly baseMs: number;
  /** The longest wait after any failure, in milliseconds. */
  readonly maxMs: number;
}

/**
 * The wait before the next try: doubling with each failure in a row, and of that a random part between half and the
 * whole ("equal jitter", so that those who failed together don't come back together, yet none comes back at once).
 *
 * @param failures how many tries in a row have failed before this last one; 0 after the first failure
 * @param random a number in [0, 1)
 * @returns milliseconds
 */
export function backOffMs(failures: number, { baseMs, maxMs }: BackOff, random: number): number {
  // 2 ** 30 times any base is beyond any maximum; more would become Infinity, and a base of 0 then NaN.
  const longest = Math.min(maxMs, baseMs * 2 ** Math.min(failures, 30));
  return longest * (0.5 + random / 2);
}
