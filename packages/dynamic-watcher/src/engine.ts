import type { GvrCache, ObjectCache } from '@depwatch/cache';
import {
  createDependencyGraph,
  type Clock,
  type DependencyGraph,
  type DepwatchError,
  type Logger,
  type Metrics,
  type ObjectIdentifier,
  type Ownership,
  type RateLimiter,
  type Reconciler,
} from '@depwatch/core';
import type { Demand } from './demand/all-demands.ts';
import { DemandedFeeds } from './demand/demanded-feeds.ts';
import { Dependencies } from './demand/dependencies.ts';
import type { EdgeTerms } from './demand/edge-terms.ts';
import { listenForDemand } from './demand/feed-demand.ts';
import { Mappings } from './demand/mappings.ts';
import { OwnedWatchers, type WatcherCalls } from './demand/owned-watchers.ts';
import { QueryBatches } from './demand/query-batches.ts';
import { TentativeEdges } from './demand/tentative-edges.ts';
import { WakeUps } from './demand/wake-ups.ts';
import { WatcherOperations } from './demand/watcher-operations.ts';
import { observedGraph } from './observe/observed-graph.ts';
import type { Observers } from './observe/observers.ts';
import { forAll } from './observe/reconcile-audience.ts';
import type { LoopGroup } from './reconcile/reconcile-group.ts';
import { ReconcileLoop } from './reconcile/reconcile-loop.ts';
import type { LoopListener, Reconciles } from './reconcile/reconciles.ts';
import { holdReconciler, releaseReconciler } from './reconcile/shared-reconcilers.ts';
import type { Watches } from './watches.ts';

/** What an engine is made of: the options of the dynamic watcher, with their defaults filled in. */
export interface EngineOptions {
  /** Where the truth comes from; others may have the same. */
  readonly watches: Watches;
  /** Whose loop reconciles; undefined: one of its own. */
  readonly reconcileGroup: LoopGroup | undefined;
  readonly reconciler: Reconciler;
  readonly rateLimiter: RateLimiter<ObjectIdentifier> | undefined;
  readonly disableInitialReconcile: boolean;
  readonly name: string;
  readonly maxConcurrentReconciles: number;
  readonly reconcileTimeoutMs: number | undefined;
  readonly minIntervalMs: number;
  readonly settleMs: number;
  /** Which watchers are this replica's, where no group says; undefined: all. */
  readonly ownership: Ownership | undefined;
  /** What causes call this dynamic watcher's cluster. */
  readonly cluster: string | undefined;
  readonly logger: Logger;
  readonly metrics: Metrics | undefined;
  readonly clock: Clock;
  readonly observers: Observers;
}

/** The parts of a started dynamic watcher, wired together: what it demands, and its loop. */
export class Engine {
  readonly graph: DependencyGraph<EdgeTerms>;
  readonly operations = new WatcherOperations();
  readonly loop: Reconciles;
  readonly feeds: DemandedFeeds;
  readonly dependencies: Dependencies;
  /** What watchers are told to depend on. */
  readonly watchers: WatcherCalls;
  readonly batches: QueryBatches;
  /** What causes call the cluster. */
  readonly cluster: string | undefined;
  /** Aborted by `stop`, with a DepwatchError. */
  readonly stopSignal: AbortSignal;
  readonly #stop = new AbortController();
  readonly #watches: Watches;
  readonly #demand: Demand;
  readonly #owned: OwnedWatchers | undefined;
  readonly #reconciler: Reconciler;
  readonly #logger: Logger;

  constructor(options: EngineOptions) {
    const { watches, logger, reconcileGroup, observers } = options;
    const graph = observedGraph(createDependencyGraph<EdgeTerms>(), observers);
    const { operations } = this;
    this.stopSignal = this.#stop.signal;
    const ownership = reconcileGroup ? reconcileGroup.ownership : options.ownership;
    const listener: LoopListener = {
      settled: (run) => {
        this.batches.closeLeftOver(run);
        this.#owned?.settled(run);
      },
      mayBegin: ownership && ((key, watcher) => this.#owned!.mayBegin(key, watcher)),
    };
    const loop = reconcileGroup
      ? reconcileGroup.join({ graph, listener, audience: observers })
      : new ReconcileLoop({
          ...options,
          ...listener,
          tracksReconciles: watches.areCached,
          isServerDown: () => !watches.isServerUp,
          audience: forAll(observers),
        });
    const mappings = new Mappings({ ...options, loop });
    const wakeUps = new WakeUps({ ...options, graph, loop, mappings });
    const tentative = new TentativeEdges();
    const feeds = new DemandedFeeds({
      feeds: watches.feeds,
      graph,
      audience: observers,
      isWantedElsewhere: (key) => watches.isWantedElsewhere(key, graph),
    });
    const normalize = (id: ObjectIdentifier): ObjectIdentifier => watches.normalize(id);
    this.dependencies = new Dependencies({
      ...options,
      graph,
      feeds,
      loop,
      mappings,
      resources: watches.resources,
      tentative,
      normalize,
    });
    this.batches = new QueryBatches({
      graph,
      operations,
      feeds,
      dependencies: this.dependencies,
      normalize,
    });
    this.#owned =
      ownership &&
      new OwnedWatchers({
        ...options,
        ownership,
        graph,
        operations,
        loop,
        dependencies: this.dependencies,
      });
    this.graph = graph;
    this.watchers = this.#owned ?? this.dependencies;
    this.loop = loop;
    this.feeds = feeds;
    this.cluster = options.cluster;
    this.#watches = watches;
    const ofFeeds = listenForDemand({ graph, wakeUps, tentative, feeds });
    this.#demand = { graph, listener: ofFeeds, audience: observers };
    this.#reconciler = options.reconciler;
    this.#logger = logger;
    watches.join(this.#demand);
    holdReconciler(this.#reconciler);
  }

  get gvrs(): GvrCache {
    return this.#watches.gvrs;
  }

  get cache(): ObjectCache {
    return this.#watches.cache;
  }

  /** Whether objects are kept, or their versions alone. */
  get isCached(): boolean {
    return this.#watches.areCached;
  }

  /** An identifier as the graph knows it, as far as can be told without asking the server. */
  normalize(id: ObjectIdentifier): ObjectIdentifier {
    return this.#watches.normalize(id);
  }

  /** Ends everything that is its own, within this call; the watches, too, where nobody else has them. */
  stop(reason: DepwatchError): void {
    this.#stop.abort(reason);
    this.#owned?.close();
    this.operations.abortAll(reason);
    this.batches.clear();
    if (this.#watches.leave(this.#demand)) this.feeds.clear(reason);
    else this.#watches.close(reason);
    this.loop.stop(reason);
    releaseReconciler(this.#reconciler, this.#logger);
  }
}
