import type { ObjectClient, ReconcileContext } from '@depwatch/core';
import type { DynamicWatcher } from '@depwatch/dynamic-watcher';
import type { Reader } from './held-lists.ts';
import { LazyBatch } from './lazy-batch.ts';

const nothing: ReadonlySet<string> = new Set();

/** One reconcile: whose it is, and what it has read and writes with. What it doesn't come to need is not made. */
export class Turn {
  readonly reader: Reader;
  readonly context: ReconcileContext;
  readonly batch: LazyBatch;
  readonly #connect: () => ObjectClient;
  #client: ObjectClient | undefined;
  #asked: Set<string> | undefined;

  /** @param connect makes the client */
  constructor(
    watcher: DynamicWatcher,
    reader: Reader,
    context: ReconcileContext,
    connect: () => ObjectClient,
  ) {
    this.reader = reader;
    this.context = context;
    this.batch = new LazyBatch(watcher, reader.id);
    this.#connect = connect;
  }

  /** Writes, and reads past the cache. */
  get client(): ObjectClient {
    return (this.#client ??= this.#connect());
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
