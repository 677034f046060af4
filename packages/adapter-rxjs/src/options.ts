/** What {@link ReconcileObservable} may be given. */
export interface ReconcileObservableOptions {
  /**
   * What becomes of a reconcile while nobody is subscribed: it waits for a subscriber, and the queue coalesces behind
   * it, or it counts as done.
   *
   * @default 'wait'
   */
  whenUnobserved?: 'wait' | 'drop';
  /**
   * When an item that no {@link reconcileEach} has claimed is done: once it was emitted, or when somebody calls its
   * `done` or `fail`.
   *
   * @default 'auto'
   */
  acknowledge?: 'auto' | 'manual';
}

/** What {@link reconcileEach} may be given. */
export interface ReconcileEachOptions {
  /**
   * How many items are worked on at once; the others wait, and with them their reconciles. The dynamic watcher hands
   * out no more than its `maxConcurrentReconciles`, so that this only matters below it.
   *
   * @default Infinity
   */
  concurrency?: number;
}
