import {
  createGvrCache,
  createObjectCache,
  type GvrCache,
  type ObjectCache,
} from '@depwatch/cache';
import {
  createDependencyGraph,
  keepVersion,
  noMetrics,
  ObjectStore,
  type Clock,
  type DepwatchError,
  type Logger,
  type Metrics,
  type ObjectIdentifier,
  type RateLimiter,
  type Reconciler,
  type Transport,
} from '@depwatch/core';
import { Admission } from './requests/admission.ts';
import { Dependencies } from './demand/dependencies.ts';
import type { ObjectCacheSettings } from './options.ts';
import { normalizeWatched } from './demand/normalize-watched.ts';
import { QueryBatches } from './demand/query-batches.ts';
import { ReconcileLoop } from './reconcile/reconcile-loop.ts';
import { ResourceResolver } from './requests/resource-resolver.ts';
import { StreamingLists } from './supply/streaming-lists.ts';
import { WatcherOperations } from './demand/watcher-operations.ts';
import { WatchSet } from './supply/watch-set.ts';

/** What an engine is made of: the options of the dynamic watcher, with their defaults filled in. */
export interface EngineOptions {
  readonly transport: Transport;
  readonly reconciler: Reconciler;
  readonly rateLimiter: RateLimiter<ObjectIdentifier> | undefined;
  readonly enableCache: boolean;
  readonly disableInitialReconcile: boolean;
  readonly objectCache: ObjectCacheSettings;
  readonly maxConcurrentReconciles: number;
  readonly reconcileTimeoutMs: number | undefined;
  readonly requestTimeoutMs: number;
  readonly authGraceMs: number;
  readonly logger: Logger;
  readonly metrics: Metrics | undefined;
  readonly clock: Clock;
}

/** The parts of a started dynamic watcher, wired together. */
export class Engine {
  readonly graph = createDependencyGraph();
  readonly operations = new WatcherOperations();
  readonly gvrs: GvrCache;
  readonly cache: ObjectCache;
  readonly loop: ReconcileLoop;
  readonly watches: WatchSet;
  readonly dependencies: Dependencies;
  readonly batches: QueryBatches;
  /** Aborted by `stop`, with a DepwatchError. */
  readonly stopSignal: AbortSignal;
  readonly #stop = new AbortController();
  readonly #admission: Admission;
  readonly #reconciler: Reconciler;
  readonly #logger: Logger;

  constructor(options: EngineOptions) {
    const { transport, clock, logger, enableCache, objectCache, requestTimeoutMs } = options;
    const { graph, operations } = this;
    this.stopSignal = this.#stop.signal;
    const gvrs = createGvrCache({ transport, clock, ...objectCache });
    const cache = createObjectCache({ gvrs, ...objectCache });
    const admission = new Admission(clock, logger);
    const loop = new ReconcileLoop({
      ...options,
      tracksReconciles: enableCache,
      settled: (run) => this.batches.closeLeftOver(run),
    });
    const resources = new ResourceResolver({
      gvrs,
      admission,
      clock,
      requestTimeoutMs,
      stopSignal: this.stopSignal,
    });
    const watches = new WatchSet({
      ...options,
      metrics: options.metrics ?? noMetrics,
      admission,
      metadataOnly: !enableCache,
      streamingLists: new StreamingLists(clock),
      createStore: () => (enableCache ? cache.createStore() : new ObjectStore(keepVersion, false)),
      attach: (watched, store) => (enableCache ? cache.attach(watched, store) : () => {}),
      rediscover: (gvk) => resources.rediscover(gvk),
      listener: {
        changed: (key, watched, changes) => {
          for (const type of changes) loop.enqueueAll(graph, key, { type, watched });
        },
        ended: (key, watched, wasLive) => {
          const watchers = graph.watchersOf(watched);
          if (wasLive) loop.enqueueAll(graph, key, { type: 'ended', watched });
          for (const watcher of watchers) graph.remove(watcher, [watched]);
          return watchers;
        },
      },
    });
    this.dependencies = new Dependencies({ ...options, graph, watches, loop, resources });
    this.batches = new QueryBatches({
      graph,
      operations,
      dependencies: this.dependencies,
      normalize: (query) => this.normalize(query),
    });
    this.gvrs = gvrs;
    this.cache = cache;
    this.loop = loop;
    this.watches = watches;
    this.#admission = admission;
    this.#reconciler = options.reconciler;
    this.#logger = logger;
    loop.start();
  }

  /** An identifier as the graph knows it, as far as can be told without asking the server. */
  normalize(id: ObjectIdentifier): ObjectIdentifier {
    return this.gvrs.scopeOf(id) === false ? normalizeWatched(id, { namespaced: false }) : id;
  }

  /** Ends everything, within this call. */
  stop(reason: DepwatchError): void {
    this.#stop.abort(reason);
    this.operations.abortAll(reason);
    this.batches.clear();
    this.watches.clear(reason);
    this.#admission.close();
    this.loop.stop(reason);
    this.cache.clear();
    try {
      this.#reconciler.stopped?.();
    } catch (error) {
      this.#logger.error({ error }, "the reconciler's stopped() failed");
    }
  }
}
