import {
  createDynamicWatcher,
  systemClock,
  type Clock,
  type KubeConfigLike,
  type Logger,
  type ObjectIdentifier,
  type RateLimiter,
} from '@depwatch/dynamic-watcher';

import { createBackoff } from './backoff.ts';
import { createConcurrencyLimit } from './concurrency-limit.ts';
import { createClusterClient, type ApiClientFactory } from './cluster-client.ts';
import { DecisionMaker } from './decision-maker.ts';
import type { ReloaderEvent } from './events.ts';
import { Inventory } from './inventory.ts';
import { messageOf, SourceFailures } from './source-failures.ts';
import { workloadKinds, type WorkloadKind, type WorkloadLike } from './workload.ts';

/** What a reloader needs. */
export interface ReloaderOptions {
  /** A KubeConfig of `@kubernetes/client-node`. */
  kubeConfig: KubeConfigLike & ApiClientFactory;
  /** Where workloads are looked for. @default all namespaces, which needs a ClusterRole */
  namespaces?: readonly string[];
  /** Whether workloads without the annotation `depwatch.dev/reload` take part, too. @default false */
  all?: boolean;
  /** Tell what would be done and write nothing at all. @default false */
  dryRun?: boolean;
  /** Gets every decision and every failure. What it throws is logged and otherwise ignored. */
  onEvent?: (event: ReloaderEvent) => void;
  /** How many workloads are looked at concurrently. @default 16 */
  maxConcurrentDecisions?: number;
  /** How long a request may take, in milliseconds. @default 10_000 */
  requestTimeoutMs?: number;
  /** Handed on to the dynamic watchers. @default silent */
  logger?: Logger;
  /** Time and chance; `now()` must count from the Unix epoch. @default the system's */
  clock?: Clock;
}

/** A running reloader, or one that is about to run. */
export interface Reloader extends AsyncDisposable {
  /**
   * Starts it. Resolves before anything is listed: whether the API server can be reached shows in the events, and it is
   * tried for as long as it takes.
   *
   * @param options.signal stops the reloader when aborted
   * @throws DepwatchError ERR_ALREADY_STARTED on a second call; what is wrong with the KubeConfig
   */
  start(options?: { signal?: AbortSignal }): Promise<void>;
  /** Ends it for good: closes watches and connections, aborts requests. No event comes after this call. Idempotent. */
  stop(): Promise<void>;
  /** Resolves when it has stopped and nothing of it runs any more. */
  readonly stopped: Promise<void>;
}

/** One kind, in one namespace or in all: listed and watched on its own, so that a missing permission stops only it. */
interface Source {
  readonly id: ObjectIdentifier;
  readonly kind: WorkloadKind;
  readonly namespace: string | undefined;
}

/**
 * Makes a reloader: it watches Deployments, StatefulSets and DaemonSets, and for those that take part exactly the
 * ConfigMaps and Secrets that their pod templates name; when the data of one changes, it rolls who uses it.
 *
 * @throws Error when the KubeConfig has no current cluster
 */
export function createReloader(options: ReloaderOptions): Reloader {
  const { kubeConfig, all = false, dryRun = false, requestTimeoutMs = 10_000, logger } = options;
  const { clock = systemClock } = options;
  const now = (): number => clock.now();
  const sources = sourcesIn(options.namespaces ?? []);
  const unlisted = new Set(sources.keys());
  const stopping = new AbortController();
  let started = false;

  const tell = (event: ReloaderEvent): void => {
    if (stopping.signal.aborted) return;
    try {
      options.onEvent?.(event);
    } catch (error) {
      logger?.error({ error }, 'onEvent threw');
    }
  };
  const shared = {
    kubeConfig,
    requestTimeoutMs,
    clock,
    ...(logger && { logger }),
  };
  const backoff = (): RateLimiter<ObjectIdentifier> => createBackoff(keyOf, () => clock.random());

  const client = createClusterClient(kubeConfig, requestTimeoutMs, now);
  const inventory = new Inventory({
    all,
    now,
    wake: ({ id }) => {
      if (!stopping.signal.aborted) references.enqueue(id);
    },
    problem: ({ name }, message) => tell({ type: 'problem', workload: name, message }),
  });

  const failures = new SourceFailures((message) => tell({ type: 'failed', message }));
  const list = async (id: ObjectIdentifier): Promise<void> => {
    const key = keyOf(id);
    const source = sources.get(key);
    if (!source) return;
    const { kind, namespace } = source;
    const query = { group: 'apps', version: 'v1', kind, ...(namespace && { namespace }) };
    const listed = await workloads.queryBatch(id, (batch) => batch.list(query));
    failures.over(key);
    inventory.update(key, kind, listed as readonly WorkloadLike[]);
    if (unlisted.delete(key) && unlisted.size === 0) {
      tell({ type: 'synced', workloads: inventory.size, optedIn: inventory.optedIn });
    }
  };
  const workloads = createDynamicWatcher({
    ...shared,
    enableCache: true,
    maxConcurrentReconciles: sources.size,
    rateLimiter: backoff(),
    reconciler: async (id, { signal }) => {
      try {
        await list(id);
      } catch (error) {
        if (!signal.aborted) failures.add(keyOf(id), error);
        throw error;
      }
    },
  });

  const references = createDynamicWatcher({
    ...shared,
    // Reconciles begin as events arrive, and wait within: so a decision knows how long it was in coming.
    maxConcurrentReconciles: 1_000,
    rateLimiter: backoff(),
    // Each change of what is watched is followed by a look at all of it anyway.
    disableInitialReconcile: true,
    reconciler: async (id, context) => {
      const tracked = inventory.get(id);
      try {
        const result = await decisions.reconcile(id, context);
        if (tracked) tracked.failure = undefined;
        return result;
      } catch (error) {
        const message = messageOf(error);
        if (tracked && !context.signal.aborted && tracked.failure !== message) {
          tracked.failure = message;
          tell({ type: 'failed', workload: tracked.name, message });
        }
        throw error;
      }
    },
  });
  const decisions = new DecisionMaker({
    inventory,
    client,
    references,
    dryRun,
    limit: createConcurrencyLimit(options.maxConcurrentDecisions ?? 16),
    now,
    decided: tell,
  });

  const stop = async (): Promise<void> => {
    stopping.abort();
    await Promise.all([workloads.stop(), references.stop()]);
    client.close();
  };
  const stopped = Promise.all([workloads.stopped, references.stopped]).then(() => {});

  return {
    async start({ signal } = {}) {
      // Only the first start may end in a stop; what is wrong with another one, the watcher says best.
      if (started || stopping.signal.aborted) return workloads.start();
      started = true;
      signal?.addEventListener('abort', () => void stop(), { signal: stopping.signal });
      try {
        signal?.throwIfAborted();
        await Promise.all([workloads.start(), references.start()]);
        for (const { id } of sources.values()) workloads.enqueue(id);
        // The watcher itself tries for a while before it says so, which is long for somebody who waits for a first line.
        client.reach(stopping.signal).catch((error: unknown) => {
          if (unlisted.size === sources.size) failures.add('', error);
        });
      } catch (error) {
        await stop();
        throw error;
      }
    },
    stop,
    stopped,
    async [Symbol.asyncDispose]() {
      await stop();
      await stopped;
    },
  };
}

function sourcesIn(namespaces: readonly string[]): ReadonlyMap<string, Source> {
  const places = namespaces.length > 0 ? new Set<string | undefined>(namespaces) : [undefined];
  const sources = [...places].flatMap((namespace) =>
    workloadKinds.map((kind): Source => {
      const id = {
        group: 'depwatch.dev',
        version: 'v1',
        kind: 'Reloader',
        name: kind.toLowerCase(),
        ...(namespace !== undefined && { namespace }),
      };
      return { id, kind, namespace };
    }),
  );
  return new Map(sources.map((source) => [keyOf(source.id), source]));
}

function keyOf({ kind, namespace = '', name = '' }: ObjectIdentifier): string {
  return `${kind} ${namespace} ${name}`;
}
