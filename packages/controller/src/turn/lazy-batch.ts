import { DepwatchError, type ObjectIdentifier } from '@depwatch/core';
import type { DynamicWatcher, QueryBatch, WatchStatus } from '@depwatch/dynamic-watcher';

/**
 * The query batch of a reconcile, opened by its first read that needs one: a reconcile that reads the controller's own lists, or
 * nothing, takes a fraction of the time of a batch. One that is open still when the reconcile fails is ended with it, and
 * what it asked for is kept. (A `queryBatch` would end at a stop, before the code has that runs in it.)
 */
export class LazyBatch {
  readonly #watcher: DynamicWatcher;
  readonly #id: ObjectIdentifier;
  #opening: Promise<QueryBatch> | undefined;
  #opened: QueryBatch | undefined;
  #isOver = false;

  constructor(watcher: DynamicWatcher, id: ObjectIdentifier) {
    this.#watcher = watcher;
    this.#id = id;
  }

  /** Whether anything was read by it. */
  get isUsed(): boolean {
    return this.#opening !== undefined;
  }

  /** What was read by it, where it can't be seen. */
  unseen(query: ObjectIdentifier): WatchStatus | undefined {
    const status = this.#watcher.statusOf(query);
    return status?.state === 'pending' ? status : undefined;
  }

  /** @throws DepwatchError ERR_QUERY_BATCH_NOT_STARTED for the first read of code that has outlived its reconcile */
  async open(): Promise<QueryBatch> {
    if (this.#opened) return this.#opened;
    if (!this.#opening) {
      if (this.#isOver) {
        throw new DepwatchError('ERR_QUERY_BATCH_NOT_STARTED', 'the reconcile is over');
      }
      this.#opening = this.#watcher.startQueryBatch(this.#id);
    }
    return (this.#opened = await this.#opening);
  }

  /** Commits what was read, if anything was. */
  async end(): Promise<void> {
    if (this.#opening) await (await this.#opening).end();
  }

  /** Rolls back: what was read wakes nobody that it didn't before. */
  async abort(): Promise<void> {
    // What could not be opened has nothing to roll back.
    const opened = await this.#opening?.catch(() => undefined);
    await opened?.abort();
  }

  /** The reconcile has settled: what hasn't been opened isn't any more. */
  close(): void {
    this.#isOver = true;
  }
}
