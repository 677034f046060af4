import type { ObjectIdentifier, ReconcileContext, Result } from '@depwatch/core';

/** One reconcile, as its listeners get it; they share the object. */
export interface ReconcileEvent extends ReconcileContext {
  /** The dependent object to reconcile. */
  readonly watcher: ObjectIdentifier;
}

/** The events of a {@link ReconcileEmitter}, and what their listeners may return. */
export interface ReconcileEvents {
  /**
   * A watcher is to be reconciled. The reconcile is over when everything that listeners returned has settled; a listener
   * that throws or rejects has the watcher tried again.
   */
  reconcile(event: ReconcileEvent): Promise<Result | void> | Result | void;
  /** The dynamic watcher stopped: the last event there is. */
  stopped(): void;
}
