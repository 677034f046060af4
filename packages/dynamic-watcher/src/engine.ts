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
  type ObjectClient,
  type ObjectIdentifier,
  type Ownership,
  type RateLimiter,
  type Reconciler,
  type Transport,
  type WatchPlan,
  type WatchPlanBounds,
} from '@depwatch/core';
import { Dependencies } from './demand/dependencies.ts';
import type { ObjectCacheSettings } from './options.ts';
import { normalizeWatched } from './normalize-watched.ts';
import { QueryBatches } from './demand/query-batches.ts';
import { ReconcileLoop } from './reconcile/reconcile-loop.ts';
import type { ReconcileRun } from './reconcile/reconcile-run.ts';
import type { LoopGroup } from './reconcile/reconcile-group.ts';
import type { Reconciles } from './reconcile/reconciles.ts';
import { holdReconciler, releaseReconciler } from './reconcile/shared-reconcilers.ts';
import { Resources } from './requests/resources.ts';
import { ServerHealth } from './requests/server-health.ts';
import { Slots } from './requests/slots.ts';
import { KindNotices } from './supply/kind-notices.ts';
import { WatchSource, type WatchSourceContext } from './supply/watch-source.ts';
import type { EdgeTerms } from './demand/edge-terms.ts';
import { Feeds } from './supply/feeds.ts';
import { PastVersions } from './supply/past-versions.ts';
import { RestoreCheck } from './supply/restore-check.ts';
import { Rights } from './supply/rights.ts';
import { StreamAges } from './supply/stream-ages.ts';
import { StreamingLists } from './supply/streaming-lists.ts';
import { listenForDemand } from './demand/feed-demand.ts';
import { Mappings } from './demand/mappings.ts';
import { OwnedWatchers, type WatcherCalls } from './demand/owned-watchers.ts';
import { TentativeEdges } from './demand/tentative-edges.ts';
import { WakeUps } from './demand/wake-ups.ts';
import { WatcherOperations } from './demand/watcher-operations.ts';

/** What an engine is made of: the options of the dynamic watcher, with their defaults filled in. */
export interface EngineOptions {
  readonly transport: Transport & Partial<Pick<ObjectClient, 'create'>>;
  /** Whose loop reconciles; undefined: one of its own. */
  readonly reconcileGroup: LoopGroup | undefined;
  readonly reconciler: Reconciler;
  readonly rateLimiter: RateLimiter<ObjectIdentifier> | undefined;
  readonly enableCache: boolean;
  readonly pollIntervalMs: number;
  readonly watchPlan: WatchPlan;
  readonly watchPlanBounds: WatchPlanBounds;
  readonly disableInitialReconcile: boolean;
  readonly objectCache: ObjectCacheSettings;
  readonly maxConcurrentReconciles: number;
  readonly reconcileTimeoutMs: number | undefined;
  readonly minIntervalMs: number;
  readonly settleMs: number;
  readonly requestTimeoutMs: number;
  readonly authGraceMs: number;
  /** Which watchers are this replica's; undefined: all. */
  readonly ownership: Ownership | undefined;
  /** What causes call this dynamic watcher's cluster. */
  readonly cluster: string | undefined;
  readonly logger: Logger;
  readonly metrics: Metrics | undefined;
  readonly clock: Clock;
}

/** The parts of a started dynamic watcher, wired together. */
export class Engine {
  readonly graph = createDependencyGraph<EdgeTerms>();
  readonly operations = new WatcherOperations();
  readonly gvrs: GvrCache;
  readonly cache: ObjectCache;
  readonly loop: Reconciles;
  readonly feeds: Feeds;
  readonly dependencies: Dependencies;
  /** What watchers are told to depend on. */
  readonly watchers: WatcherCalls;
  readonly batches: QueryBatches;
  /** What causes call the cluster. */
  readonly cluster: string | undefined;
  /** Aborted by `stop`, with a DepwatchError. */
  readonly stopSignal: AbortSignal;
  readonly #stop = new AbortController();
  readonly #health: ServerHealth;
  readonly #slots: Slots;
  readonly #resources: Resources;
  readonly #restoreCheck: RestoreCheck;
  readonly #kindNotices: KindNotices;
  readonly #owned: OwnedWatchers | undefined;
  readonly #reconciler: Reconciler;
  readonly #logger: Logger;

  constructor(options: EngineOptions) {
    const { transport, clock, logger, enableCache, objectCache, requestTimeoutMs } = options;
    const { graph, operations } = this;
    this.stopSignal = this.#stop.signal;
    const gvrs = createGvrCache({ transport, clock, ...objectCache });
    const cache = createObjectCache({ gvrs, ...objectCache });
    const health = new ServerHealth({
      clock,
      logger,
      probe: async (signal) => probe(transport, signal),
      probeTimeoutMs: requestTimeoutMs * 1.2,
      shut: () => slots.shut(),
      opened: () => slots.opened(),
      returned: () => restoreCheck.start(),
    });
    const slots = new Slots({ clock, logger, health });
    const settled = (run: ReconcileRun): void => {
      this.batches.closeLeftOver(run);
      this.#owned?.settled(run);
    };
    const ownLoop = options.reconcileGroup
      ? undefined
      : new ReconcileLoop({
          ...options,
          tracksReconciles: enableCache,
          settled,
          mayBegin: options.ownership && ((...of) => this.#owned!.mayBegin(...of)),
        });
    const loop = ownLoop ?? options.reconcileGroup!.join(graph, settled);
    const mappings = new Mappings({ ...options, loop });
    const wakeUps = new WakeUps({ ...options, graph, loop, mappings });
    const rights = new Rights({ clock, client: transport, resourceOf: (gvk) => gvrs.peek(gvk) });
    const tentative = new TentativeEdges();
    const resources = new Resources({ gvrs, slots, health, clock, requestTimeoutMs });
    const pastVersions = new PastVersions(clock);
    const watching: WatchSourceContext = {
      ...options,
      health,
      slots,
      metadataOnly: !enableCache,
      streamingLists: new StreamingLists(clock),
      streamAges: new StreamAges(logger),
      pastVersions,
      rediscover: (gvk, how) => resources.rediscover(gvk, how),
      served: (gvk, how) => resources.served(gvk, how),
      noticed: (gvk, { signal }) => kindNotices.served(gvk, signal),
    };
    const kindNotices: KindNotices = new KindNotices({
      clock,
      logger,
      resources,
      transport,
      createSource: (sink, { watched, gvr }) =>
        new WatchSource(sink, watched, gvr, { ...watching, metadataOnly: true }),
    });
    const feeds: Feeds = new Feeds({
      ...watching,
      logger,
      metrics: options.metrics ?? noMetrics,
      createStore: () => (enableCache ? cache.createStore() : new ObjectStore(keepVersion, false)),
      attach: (watched, store) => (enableCache ? cache.attach(watched, store) : () => {}),
      pollIntervalMs: options.pollIntervalMs,
      granted: (watched, signal) => rights.granted(watched, signal),
      watchPlan: options.watchPlan,
      watchPlanBounds: options.watchPlanBounds,
      resolve: (gvk, signal) => resources.resolve(gvk, signal),
      pollGvr: (gvk, signal) => gvrs.resolve(gvk, { signal, unwatchable: true }),
      forget: (gvk) => gvrs.forget(gvk),
      createPollStore: () => {
        const store = enableCache ? cache.createStore() : new ObjectStore((object) => object);
        store.compareByContent();
        return store;
      },
      listener: listenForDemand({ graph, wakeUps, tentative, feeds: () => feeds }),
    });
    const restoreCheck = new RestoreCheck({
      ...options,
      slots,
      pastVersions,
      sources: () => feeds.sources(),
    });
    const normalize = (id: ObjectIdentifier): ObjectIdentifier => this.normalize(id);
    this.dependencies = new Dependencies({
      ...options,
      graph,
      feeds,
      loop,
      mappings,
      resources,
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
      options.ownership && ownLoop
        ? new OwnedWatchers({
            ...options,
            ownership: options.ownership,
            graph,
            operations,
            loop: ownLoop,
            dependencies: this.dependencies,
          })
        : undefined;
    this.watchers = this.#owned ?? this.dependencies;
    this.gvrs = gvrs;
    this.cache = cache;
    this.loop = loop;
    this.feeds = feeds;
    this.#health = health;
    this.#slots = slots;
    this.#resources = resources;
    this.#restoreCheck = restoreCheck;
    this.#kindNotices = kindNotices;
    this.cluster = options.cluster;
    this.#reconciler = options.reconciler;
    this.#logger = logger;
    holdReconciler(this.#reconciler);
  }

  /** An identifier as the graph knows it, as far as can be told without asking the server. */
  normalize(id: ObjectIdentifier): ObjectIdentifier {
    return this.gvrs.scopeOf(id) === false ? normalizeWatched(id, { namespaced: false }) : id;
  }

  /** Ends everything, within this call. */
  stop(reason: DepwatchError): void {
    this.#stop.abort(reason);
    this.#owned?.close();
    this.operations.abortAll(reason);
    this.batches.clear();
    // Before the feeds: a slot that one gives up must not go to the next, which is to end as well.
    this.#slots.close();
    this.#health.close();
    this.#restoreCheck.stop();
    this.#kindNotices.close();
    this.feeds.clear(reason);
    this.#resources.close();
    this.loop.stop(reason);
    this.cache.clear();
    releaseReconciler(this.#reconciler, this.#logger);
  }
}

/** Asks whether the server is there; a transport without a probe discovers what every server has. */
function probe(transport: Transport, signal: AbortSignal): Promise<unknown> {
  return transport.probe
    ? transport.probe({ signal })
    : transport.discover({ version: 'v1', kind: 'Namespace' }, { signal });
}
