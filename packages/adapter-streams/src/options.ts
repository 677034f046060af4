/** What {@link ReconcileReadable} may be given. */
export interface ReconcileReadableOptions {
  /**
   * What becomes of a reconcile while nobody reads, be it by `for await`, a pipe, or a listener for 'data' or
   * 'readable': it waits for a reader, and the queue coalesces behind it, or it counts as done.
   *
   * @default 'wait'
   */
  whenUnobserved?: 'wait' | 'drop';
  /**
   * When an item is done. `auto`: once it was read; in a `for await` loop, once the next one is asked for, and when the
   * loop is left instead, the item has failed. `manual`: when somebody calls its `done` or `fail`.
   *
   * @default 'auto'
   */
  acknowledge?: 'auto' | 'manual';
}
