import {
  copyObjectIdentifier,
  invalidInput,
  validateQuery,
  type Cached,
  type ObjectIdentifier,
} from '@depwatch/core';
import { doesWait } from './check-arguments.ts';
import type { Batch } from './demand/query-batches.ts';
import type { LifeCycle } from './life-cycle.ts';
import type { DependOptions, QueryBatch, WatchStatus } from './public-interface.ts';

/** What watchers read from the cache, and depend on from then on: within a query batch, or beside any. */
export class Reads {
  readonly #life: LifeCycle;

  constructor(life: LifeCycle) {
    this.#life = life;
  }

  /** As `DynamicWatcher.get`, or `QueryBatch.get`. */
  get<T>(
    watcher: ObjectIdentifier,
    batch: Batch | undefined,
    object: ObjectIdentifier,
    options: DependOptions,
  ): Promise<Cached<T> | undefined> {
    const { batches, cache } = this.#life.cached();
    validateQuery(object);
    if (object.selector)
      throw invalidInput('selector: get reads one object by name; use list for a selector');
    if (!object.name) throw invalidInput('name: must be set to get one object');
    return batches.query(
      copyObjectIdentifier(watcher),
      batch,
      copyObjectIdentifier(object),
      { waits: doesWait(options, this.#life.waits), signal: options.signal },
      (query) => cache.get<T>(query),
      undefined,
    );
  }

  /** As `DynamicWatcher.list`, or `QueryBatch.list`. */
  list<T>(
    watcher: ObjectIdentifier,
    batch: Batch | undefined,
    query: ObjectIdentifier,
    options: DependOptions,
  ): Promise<readonly Cached<T>[]> {
    const { batches, cache } = this.#life.cached();
    validateQuery(query);
    if (query.name)
      throw invalidInput('name: list takes a selector, or nothing; use get for one object');
    return batches.query(
      copyObjectIdentifier(watcher),
      batch,
      copyObjectIdentifier(query),
      { waits: doesWait(options, this.#life.waits), signal: options.signal },
      (wanted) => cache.list<T>(wanted),
      nothing,
    );
  }

  /** What the owner of a batch reads with, and ends it. */
  handle(batch: Batch): QueryBatch {
    const { watcher } = batch;
    const end = async (): Promise<void> => {
      await (batch.ending ?? this.#life.cached().batches.end(watcher, batch));
    };
    const unavailable = (): readonly WatchStatus[] =>
      this.#life.cached().batches.unavailable(batch);
    return {
      get unavailable() {
        return unavailable();
      },
      get: async (object, options = {}) => this.get(watcher, batch, object, options),
      list: async (query, options = {}) => this.list(watcher, batch, query, options),
      end,
      abort: async () => this.#life.engine?.batches.abort(watcher, batch),
      [Symbol.asyncDispose]: end,
    };
  }
}

/** What a list shows of what can't be seen. */
const nothing: readonly never[] = Object.freeze([]);
