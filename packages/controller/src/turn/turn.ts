import { DepwatchError, type ObjectClient, type ReconcileContext } from '@depwatch/core';
import type { DynamicWatcher } from '@depwatch/dynamic-watcher';
import type { Reader } from '../held-lists.ts';
import { LazyBatch } from './lazy-batch.ts';
import { lazyClient } from './lazy-client.ts';

const nothing: ReadonlySet<string> = new Set();

/** One reconcile: whose it is, and what it has read and writes with. What it doesn't come to need is not made. */
export class Turn {
  readonly reader: Reader;
  readonly context: ReconcileContext;
  readonly batch: LazyBatch;
  /** Writes, and reads past the cache. */
  readonly client: ObjectClient;
  #over: AbortController | undefined;
  #isOver = false;
  #asked: Set<string> | undefined;

  /** @param connect makes the client, whose writes are refused once it is over */
  constructor(
    watcher: DynamicWatcher,
    reader: Reader,
    context: ReconcileContext,
    connect: (over: AbortSignal) => ObjectClient,
  ) {
    this.reader = reader;
    this.context = context;
    this.batch = new LazyBatch(watcher, reader.id);
    this.client = lazyClient(() => {
      this.#over = new AbortController();
      const client = connect(this.#over.signal);
      if (this.#isOver) this.end();
      return client;
    });
  }

  /** The reconcile has settled; code that outlives it may belong to nobody, or to what another replica has by now. */
  end(): void {
    this.#isOver = true;
    this.batch.close();
    this.#over?.abort(new DepwatchError('ERR_ABORTED', 'the reconcile is over'));
  }

  /** The keys of the queries of held lists that it has read. */
  get asked(): ReadonlySet<string> {
    return this.#asked ?? nothing;
  }

  /** It reads a held list. @param key the query's */
  ask(key: string): void {
    (this.#asked ??= new Set()).add(key);
  }
}
