import {
  createGvrCache,
  createObjectCache,
  type GvrCache,
  type ObjectCache,
} from '@depwatch/cache';
import {
  noMetrics,
  ObjectStore,
  type Clock,
  type DepwatchError,
  type Logger,
  type Metrics,
  type ObjectClient,
  type ObjectIdentifier,
  type Transport,
  type WatchPlan,
  type WatchPlanBounds,
} from '@depwatch/core';
import { tellAll, type Demand } from './demand/all-demands.ts';
import { normalizeWatched } from './normalize-watched.ts';
import type { ObjectCacheSettings } from './options.ts';
import { tellListeners } from './observe/supply-audience.ts';
import { Resources } from './requests/resources.ts';
import { ServerHealth } from './requests/server-health.ts';
import { Slots } from './requests/slots.ts';
import { keepLeast } from './supply/collections/collection-objects.ts';
import { Feeds } from './supply/feeds.ts';
import { KindNotices } from './supply/unwatched/kind-notices.ts';
import { PastVersions } from './supply/sources/past-versions.ts';
import { RestoreCheck } from './supply/sources/restore-check.ts';
import { Rights } from './supply/unwatched/rights.ts';
import { StreamAges } from './supply/sources/stream-ages.ts';
import { StreamingLists } from './supply/sources/streaming-lists.ts';
import { reportWatches } from './supply/watch-metrics.ts';
import { WatchSource } from './supply/sources/watch-source.ts';
import type { WatchSourceContext } from './supply/sources/watch-source-context.ts';

/** What watches are made of: the options, with their defaults filled in. */
export interface WatchesOptions {
  readonly transport: Transport & Partial<Pick<ObjectClient, 'create'>>;
  readonly enableCache: boolean;
  readonly objectCache: ObjectCacheSettings;
  readonly pollIntervalMs: number;
  readonly watchPlan: WatchPlan;
  readonly watchPlanBounds: WatchPlanBounds;
  readonly requestTimeoutMs: number;
  readonly authGraceMs: number;
  readonly logger: Logger;
  readonly metrics: Metrics | undefined;
  readonly clock: Clock;
}

/** Where the truth comes from that dynamic watchers demand: the feeds, the cache, and the requests to one API server. */
export class Watches {
  /** Whether objects are kept, or their versions alone. */
  readonly areCached: boolean;
  readonly gvrs: GvrCache;
  readonly cache: ObjectCache;
  readonly feeds: Feeds;
  readonly resources: Resources;
  /** Whether they have ended for good, with the last who demanded anything. */
  isClosed = false;
  readonly #demands = new Set<Demand>();
  readonly #health: ServerHealth;
  readonly #slots: Slots;
  readonly #restoreCheck: RestoreCheck;
  readonly #kindNotices: KindNotices;
  readonly #end = new AbortController();

  constructor(options: WatchesOptions) {
    const { transport, clock, logger, enableCache, objectCache, requestTimeoutMs } = options;
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
    const rights = new Rights({ clock, client: transport, resourceOf: (gvk) => gvrs.peek(gvk) });
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
    const feeds = new Feeds({
      ...watching,
      logger,
      metrics: options.metrics ?? noMetrics,
      createStore: () => (enableCache ? cache.createStore() : new ObjectStore(keepLeast, false)),
      attach: (watched, store) => (enableCache ? cache.attach(watched, store) : nothing),
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
      listener: tellAll(this.#demands),
      audience: tellListeners(this.#demands),
    });
    const restoreCheck = new RestoreCheck({
      ...options,
      slots,
      pastVersions,
      sources: () => feeds.sources(),
    });
    this.areCached = enableCache;
    this.gvrs = gvrs;
    this.cache = cache;
    this.feeds = feeds;
    this.resources = resources;
    this.#health = health;
    this.#slots = slots;
    this.#restoreCheck = restoreCheck;
    this.#kindNotices = kindNotices;
    if (options.metrics) reportWatches(options.metrics, feeds, this.#end.signal);
  }

  /** Whether the API server answers, as far as is known. */
  get isServerUp(): boolean {
    return this.#health.isOpen;
  }

  /** An identifier as graphs know it, as far as can be told without asking the server. */
  normalize(id: ObjectIdentifier): ObjectIdentifier {
    return this.gvrs.scopeOf(id) === false ? normalizeWatched(id, { namespaced: false }) : id;
  }

  /** One more demands feeds. */
  join(demand: Demand): void {
    this.#demands.add(demand);
  }

  /** Whether another one than this demands a feed, by its key. */
  isWantedElsewhere(key: string, graph: Demand['graph']): boolean {
    for (const demand of this.#demands) {
      if (demand.graph !== graph && demand.graph.isWatched(key)) return true;
    }
    return false;
  }

  /** One demands nothing any more, and is told of nothing. @returns whether others are left */
  leave(demand: Demand): boolean {
    this.#demands.delete(demand);
    return this.#demands.size > 0;
  }

  /** Ends everything, within this call. */
  close(reason: DepwatchError): void {
    this.isClosed = true;
    this.#end.abort();
    // Before the feeds: a slot that one gives up must not go to the next, which is to end as well.
    this.#slots.close();
    this.#health.close();
    this.#restoreCheck.stop();
    this.#kindNotices.close();
    this.feeds.clear(reason);
    this.resources.close();
    this.cache.clear();
  }
}

/** Asks whether the server is there; a transport without a probe discovers what every server has. */
function probe(transport: Transport, signal: AbortSignal): Promise<unknown> {
  return transport.probe
    ? transport.probe({ signal })
    : transport.discover({ version: 'v1', kind: 'Namespace' }, { signal });
}

/** What detaches a store that nobody reads; one for all. */
function nothing(): void {}
