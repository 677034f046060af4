/** What {@link ReconcileEmitter} may be given. */
export interface ReconcileEmitterOptions {
  /**
   * What becomes of a reconcile while nobody listens to it: it waits for a listener, and the queue coalesces behind it,
   * or it counts as done.
   *
   * @default 'wait'
   */
  whenUnobserved?: 'wait' | 'drop';
}
