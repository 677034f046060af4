import {
  createQueryBatchRecord,
  DepwatchError,
  describeObjectIdentifier,
  objectIdentifierKey,
  type DependencyGraph,
  type ObjectIdentifier,
  type QueryBatchRecord,
} from '@depwatch/core';
import type { WatchStatus } from '../public-interface.ts';
import type { DemandedFeeds } from './demanded-feeds.ts';
import type { Dependencies, Watcher } from './dependencies.ts';
import { edgeTerms, type EdgeTerms } from './edge-terms.ts';
import type { ReconcileRun } from '../reconcile/reconcile-run.ts';
import type { CallSignal } from '../requests/call-signal.ts';
import type { WatcherOperations } from './watcher-operations.ts';

/** A query batch in progress. */
export interface Batch extends Watcher {
  readonly record: QueryBatchRecord;
  /** On what terms the watcher depended on things when it began, by the key of what is watched. */
  readonly terms: ReadonlyMap<string, EdgeTerms>;
  /** The reconcile of the same watcher that opened it, if any. */
  readonly openedIn: ReconcileRun | undefined;
  /** Set once it takes no more queries; settles when it has ended. */
  ending: Promise<void> | undefined;
}

/** What {@link QueryBatches} works on. */
export interface QueryBatchesOptions {
  readonly graph: DependencyGraph<EdgeTerms>;
  readonly dependencies: Dependencies;
  readonly operations: WatcherOperations;
  readonly feeds: DemandedFeeds;
  /** The query as the graph knows it, as far as can be told without asking the server. */
  normalize(query: ObjectIdentifier): ObjectIdentifier;
}

/** The query batches in progress, at most one a watcher. */
export class QueryBatches {
  readonly #options: QueryBatchesOptions;
  readonly #batches = new Map<string, Batch>();

  constructor(options: QueryBatchesOptions) {
    this.#options = options;
  }

  /** As `DynamicWatcher.startQueryBatch`; `run` is the reconcile that calls. */
  async start(by: Watcher, run: ReconcileRun | undefined): Promise<Batch> {
    const { key, watcher } = by;
    const openedIn = run?.key === key ? run : undefined;
    this.refuseToWait(by);
    return this.#options.operations.exclusive(key, async (signal) => {
      signal.throwIfAborted();
      this.refuse(by);
      if (openedIn?.settled) throw aborted(by, 'was asked for by a reconcile that has settled');
      const batch: Batch = {
        key,
        watcher,
        record: createQueryBatchRecord(this.#options.graph.watchedBy(watcher)),
        terms: this.#options.graph.notes(key),
        openedIn,
        ending: undefined,
      };
      this.#batches.set(key, batch);
      return batch;
    });
  }

  /** @throws DepwatchError ERR_QUERY_BATCH_IN_PROGRESS when the watcher has one */
  refuse({ key, watcher }: Watcher): void {
    if (this.#batches.has(key)) throw inProgress(watcher);
  }

  /** As {@link refuse}, of what waits for its turn and so for the queries of a batch, which may be over by then. */
  refuseToWait({ key, watcher }: Watcher): void {
    const batch = this.#batches.get(key);
    if (batch && !batch.ending) throw inProgress(watcher);
  }

  /**
   * Makes the batch's watcher depend on the query, and then reads what `read` reads.
   *
   * @param nothing what is read of something that can't be seen yet, where the batch `waits` for such
   */
  query<R>(
    watcher: ObjectIdentifier,
    of: Batch | undefined,
    query: ObjectIdentifier,
    { waits, signal }: { waits: boolean; signal: AbortSignal | undefined },
    read: (query: ObjectIdentifier) => R,
    nothing: R,
  ): Promise<R> {
    // Refused at once, where waiting for its turn would mean waiting for the batch to end.
    if (of?.ending) return Promise.reject(notStarted(watcher));
    const { operations, dependencies } = this.#options;
    // What is read whole wakes by all of it, whatever an add has selected.
    const terms = edgeTerms(undefined, waits);
    const run = async (turn: CallSignal): Promise<R> => {
      const batch = this.#require(watcher, of);
      const { record } = batch;
      // Asked for before it can fail: a query that fails counts, too, and so does one that was aborted before its turn.
      record.ask(query);
      return dependencies.bringUp(batch, [query], terms, turn, () =>
        dependencies.isUnavailable(watcher, query) ? nothing : read(query),
      );
    };
    return operations.shared(objectIdentifierKey(watcher), run, signal);
  }

  /** What the batch has asked for, and can't be seen at present. */
  unavailable({ record }: Batch): readonly WatchStatus[] {
    const { feeds, normalize } = this.#options;
    return record.asked().flatMap((id) => {
      const key = objectIdentifierKey(normalize(id));
      const status = feeds.unavailable(key) && feeds.statusOf(key);
      return status ? [status] : [];
    });
  }

  /** Commits: waits for the pending queries, then keeps what was asked for. */
  end(watcher: ObjectIdentifier, of?: Batch): Promise<void> {
    return this.#finish(watcher, of, (batch) => {
      this.#options.dependencies.retain(batch, batch.record.asked());
    });
  }

  /** Ends a batch that failed half-way: what was there stays, and what was asked for too. */
  fail(batch: Batch): Promise<void> {
    return this.#finish(batch.watcher, batch, () => {});
  }

  /** Rolls back, within this call; of a batch that is over there is nothing to roll back. */
  abort(watcher: ObjectIdentifier, of?: Batch): void {
    const batch = this.#batches.get(objectIdentifierKey(watcher));
    if (of && of !== batch) return;
    if (!batch) throw notStarted(watcher);
    this.#options.operations.abort(batch.key, aborted(batch, 'was aborted'));
    this.#options.dependencies.restore(batch, batch.record.before(), batch.terms);
    this.#close(batch);
  }

  /** Forgets the batch of a watcher that is removed, and whose calls were ended. */
  forget({ key }: Watcher): void {
    const batch = this.#batches.get(key);
    if (batch) this.#close(batch);
  }

  /** Ends the batch that a reconcile opened and left open, as one that failed, so that its retry can open another. */
  closeLeftOver(run: ReconcileRun): void {
    const batch = this.#batches.get(run.key);
    if (batch?.openedIn !== run || batch.ending) return;
    // While a batch is open, what runs are its queries. They must not meddle with a later one.
    this.#options.operations.abortRunning(batch.key, aborted(batch, 'ended with its reconcile'));
    this.#close(batch);
  }

  /** Forgets all. */
  clear(): void {
    for (const batch of this.#batches.values()) this.#close(batch);
  }

  #finish(
    watcher: ObjectIdentifier,
    of: Batch | undefined,
    settle: (batch: Batch) => void,
  ): Promise<void> {
    if (of?.ending) return of.ending;
    const key = objectIdentifierKey(watcher);
    const batch = of ?? this.#batches.get(key);
    // Its turn comes when the queries have settled.
    const ending = this.#options.operations.exclusive(key, async (signal) => {
      signal.throwIfAborted();
      const open = this.#require(watcher, of);
      settle(open);
      this.#close(open);
    });
    if (batch) batch.ending ??= ending;
    return ending;
  }

  #require(watcher: ObjectIdentifier, of: Batch | undefined): Batch {
    const batch = this.#batches.get(objectIdentifierKey(watcher));
    if (!batch || (of && of !== batch)) throw notStarted(watcher);
    return batch;
  }

  #close(batch: Batch): void {
    batch.ending = Promise.resolve();
    this.#batches.delete(batch.key);
  }
}

function aborted({ watcher }: Watcher, what: string): DepwatchError {
  const name = describeObjectIdentifier(watcher);
  return new DepwatchError('ERR_ABORTED', `the query batch of ${name} ${what}`);
}

function inProgress(watcher: ObjectIdentifier): DepwatchError {
  return new DepwatchError(
    'ERR_QUERY_BATCH_IN_PROGRESS',
    `a query batch of ${describeObjectIdentifier(watcher)} is in progress; end or abort it first`,
  );
}

function notStarted(watcher: ObjectIdentifier): DepwatchError {
  return new DepwatchError(
    'ERR_QUERY_BATCH_NOT_STARTED',
    `no query batch of ${describeObjectIdentifier(watcher)} is in progress; call startQueryBatch first`,
  );
}
