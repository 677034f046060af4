import type { ObjectIdentifier } from '@depwatch/core';
import type { DynamicWatcher } from '@depwatch/dynamic-watcher';

/** Reconciles the objects of one kind. Async methods reject with a DepwatchError and never throw. */
export interface Controller extends AsyncDisposable {
  /**
   * Begins; resolves when the kind is watched, or waited for where it can't be seen. An API server that can't be reached is
   * waited for, too. May be called once; again where there was no way to the API server.
   *
   * @param options.signal stops the controller when aborted
   * @throws DepwatchError ERR_ALREADY_STARTED, ERR_INVALID_INPUT where no kubeconfig is to be found; with
   * `unavailable: 'reject'` also ERR_NO_VERSIONED_RESOURCE, ERR_FORBIDDEN and the like; then it has stopped
   */
  start(options?: { signal?: AbortSignal }): Promise<void>;
  /** Ends it for good: closes every watch, and aborts the signals of running reconciles without waiting for them. */
  stop(): Promise<void>;
  /** Resolves once it has stopped and the running reconciles have settled, or `stopTimeoutMs` passed. Never rejects. */
  readonly stopped: Promise<void>;
  /**
   * Resolves once the first list is in and each of its objects was reconciled, or has failed, once. Where the kind isn't
   * installed, that takes as long as it isn't. Rejects with ERR_NOT_STARTED when it is stopped before.
   */
  readonly ready: Promise<void>;
  /**
   * Asks for a reconcile of an object of the own kind, for a reason that no watch knows of. With an `ownership` it counts where
   * the object is owned.
   *
   * @throws DepwatchError ERR_NOT_STARTED, ERR_INVALID_INPUT for another kind
   */
  enqueue(id: ObjectIdentifier): void;
  /** The dynamic watcher underneath: `watchStatus`, `graph` and what else tells of it. */
  readonly watcher: DynamicWatcher;
}
