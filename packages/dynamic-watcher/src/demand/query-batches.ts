import {
  createQueryBatchRecord,
  DepwatchError,
  formatObjectIdentifier,
  objectIdentifierKey,
  type DependencyGraph,
  type ObjectIdentifier,
  type QueryBatchRecord,
} from '@depwatch/core';
import { throwIfEnded, type Dependencies } from './dependencies.ts';
import type { ReconcileRun } from '../reconcile/reconcile-run.ts';
import type { Operation, WatcherLines } from './watcher-lines.ts';

/** A query batch in progress. */
export interface Batch {
  readonly key: string;
  readonly watcher: ObjectIdentifier;
  readonly record: QueryBatchRecord;
  /** Its queries under way. */
  readonly pending: Set<Promise<unknown>>;
  /** How many of its queries need an edge: those under way and those that were answered, by the edge's key. */
  readonly needed: Map<string, number>;
  /** The reconcile of the same watcher that opened it, if any. */
  readonly openedIn: ReconcileRun | undefined;
  /** It takes no more queries. */
  closing: boolean;
  /** It was ended by its owner. */
  committed: boolean;
}

/** What {@link QueryBatches} works on. */
export interface QueryBatchesOptions {
  readonly graph: DependencyGraph;
  readonly dependencies: Dependencies;
  readonly lines: WatcherLines;
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
  start(watcher: ObjectIdentifier, run: ReconcileRun | undefined): Promise<Batch> {
    const key = objectIdentifierKey(watcher);
    return this.#options.lines.run(key, true, async () => {
      this.refuse(watcher);
      const batch: Batch = {
        key,
        watcher,
        record: createQueryBatchRecord(this.#options.graph.watchedBy(watcher)),
        pending: new Set(),
        needed: new Map(),
        openedIn: run?.key === key ? run : undefined,
        closing: false,
        committed: false,
      };
      this.#batches.set(key, batch);
      return batch;
    });
  }

  /** Whether a watcher has a batch in progress. */
  has(watcher: ObjectIdentifier): boolean {
    return this.#batches.has(objectIdentifierKey(watcher));
  }

  /** @throws DepwatchError ERR_QUERY_BATCH_IN_PROGRESS when the watcher has one */
  refuse(watcher: ObjectIdentifier): void {
    if (!this.has(watcher)) return;
    throw new DepwatchError(
      'ERR_QUERY_BATCH_IN_PROGRESS',
      `a query batch of ${formatObjectIdentifier(watcher)} is in progress; end or abort it first`,
    );
  }

  /** Makes the batch's watcher depend on the query, and then reads what `read` reads. */
  query<R>(
    watcher: ObjectIdentifier,
    of: Batch | undefined,
    query: ObjectIdentifier,
    signal: AbortSignal | undefined,
    read: (query: ObjectIdentifier) => R,
  ): Promise<R> {
    // Refused at once, where waiting for its turn would mean waiting for the batch to end.
    if (of?.closing) return Promise.reject(notStarted(watcher));
    return this.#options.lines.run(
      objectIdentifierKey(watcher),
      false,
      async (operation) => {
        const batch = this.#require(watcher, of);
        const answer = this.#answer(batch, query, operation, read);
        batch.pending.add(answer);
        try {
          return await answer;
        } finally {
          batch.pending.delete(answer);
        }
      },
      signal,
    );
  }

  /** Commits: waits for the pending queries, then keeps what was asked for. */
  end(watcher: ObjectIdentifier, of?: Batch): Promise<void> {
    return this.#finish(watcher, of, (batch) => {
      batch.committed = true;
      this.#options.dependencies.retain(watcher, batch.record.asked());
    });
  }

  /** Ends a batch that failed half-way: what was there stays, and what was asked for too. */
  fail(batch: Batch): Promise<void> {
    if (!this.#isOpen(batch)) return Promise.resolve();
    return this.#finish(batch.watcher, batch, () => {});
  }

  /** Rolls back, within this call. */
  abort(watcher: ObjectIdentifier, of?: Batch): void {
    const batch = this.#batches.get(objectIdentifierKey(watcher));
    if (!batch || (of && of !== batch)) throw notStarted(watcher);
    const name = formatObjectIdentifier(watcher);
    this.#options.lines.overrule(
      batch.key,
      new DepwatchError('ERR_ABORTED', `the query batch of ${name} was aborted`),
    );
    this.#options.dependencies.retain(watcher, batch.record.before());
    this.#close(batch);
  }

  /** Forgets the batch of a watcher that is removed. */
  forget(watcher: ObjectIdentifier): void {
    const batch = this.#batches.get(objectIdentifierKey(watcher));
    if (batch) this.#close(batch);
  }

  /** Ends the batch that a reconcile opened and left open, as one that failed, so that its retry can open another. */
  closeLeftOver(run: ReconcileRun): void {
    const batch = this.#batches.get(run.key);
    if (batch?.openedIn === run) this.#close(batch);
  }

  /** Forgets all. */
  clear(): void {
    for (const batch of [...this.#batches.values()]) this.#close(batch);
  }

  async #answer<R>(
    batch: Batch,
    query: ObjectIdentifier,
    operation: Operation,
    read: (query: ObjectIdentifier) => R,
  ): Promise<R> {
    const { dependencies, normalize } = this.#options;
    const { watcher, record, needed } = batch;
    // Asked for before it can fail: a query that fails counts, too.
    record.ask(normalize(query));
    const resolved = await dependencies.resolve([query], operation);
    const wanted = resolved.wanted[0]!;
    const edge = objectIdentifierKey(wanted);
    record.ask(wanted);
    const added = dependencies.link(watcher, resolved, operation);
    needed.set(edge, (needed.get(edge) ?? 0) + 1);
    try {
      await dependencies.ready(resolved.wanted, added, operation);
      throwIfEnded(operation);
    } catch (error) {
      const others = (needed.get(edge) ?? 1) - 1;
      needed.set(edge, others);
      // One that jumped the line has settled already what the graph is to hold.
      if (others === 0 && !operation.overruled && !record.had(wanted))
        dependencies.drop(watcher, [wanted]);
      throw error;
    }
    return read(wanted);
  }

  #finish(
    watcher: ObjectIdentifier,
    of: Batch | undefined,
    settle: (batch: Batch) => void,
  ): Promise<void> {
    return this.#options.lines.run(objectIdentifierKey(watcher), true, async (operation) => {
      const batch = this.#require(watcher, of);
      batch.closing = true;
      await Promise.allSettled([...batch.pending]);
      throwIfEnded(operation);
      settle(batch);
      this.#close(batch);
    });
  }

  #isOpen(batch: Batch): boolean {
    return this.#batches.get(batch.key) === batch && !batch.closing;
  }

  #require(watcher: ObjectIdentifier, of: Batch | undefined): Batch {
    const batch = this.#batches.get(objectIdentifierKey(watcher));
    if (!batch || batch.closing || (of && of !== batch)) throw notStarted(watcher);
    return batch;
  }

  #close(batch: Batch): void {
    batch.closing = true;
    if (this.#batches.get(batch.key) === batch) this.#batches.delete(batch.key);
  }
}

function notStarted(watcher: ObjectIdentifier): DepwatchError {
  return new DepwatchError(
    'ERR_QUERY_BATCH_NOT_STARTED',
    `no query batch of ${formatObjectIdentifier(watcher)} is in progress; call startQueryBatch first`,
  );
}
