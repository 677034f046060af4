/**
 * Time and chance, as depwatch sees them: nothing reads the machine's clock or its random numbers itself, so a
 * test can run hours in milliseconds.
 */
export interface Clock {
  /** Milliseconds on a scale of the clock's own that never goes back. */
  now(): number;
  /**
   * Runs `run` once, `ms` milliseconds from now at the earliest and never within this call.
   *
   * @returns a handle whose disposal cancels the call; disposing twice, or after the call, does nothing
   */
  setTimeout(run: () => void, ms: number): Disposable;
  /** A number in [0, 1), as Math.random gives. */
  random(): number;
}
