import {
  createController,
  systemClock,
  type Clock,
  type ClusterOptions,
  type Controller,
  type Logger,
} from '@depwatch/controller';
import { createDynamicWatcher, type WatchStatus } from '@depwatch/dynamic-watcher';
import { ItemExponentialFailureRateLimiter } from '@depwatch/queue';
import { createK8sTransport, type KubeConfigLike } from '@depwatch/k8s-transport';
import type { ReloaderEvent } from './events.ts';
import { fieldManager } from './managers.ts';
import { tellingLogger, watchRefusals } from './troubles.ts';
import { WorkloadReconciler } from './workload-reconciler.ts';
import { decisiveOf, workloadKinds, type Workload } from './workload.ts';

/** What a reloader may be told. */
export interface ReloaderSettings {
  /** Where workloads are looked for. @default all namespaces, which needs a ClusterRole */
  namespaces?: readonly string[];
  /** Whether workloads without the annotation `depwatch.dev/reload` take part, too. @default false */
  all?: boolean;
  /** Tell what would be done and write nothing at all. @default false */
  dryRun?: boolean;
  /** Gets every decision and every failure. What it throws is logged and otherwise ignored. */
  onEvent?: (event: ReloaderEvent) => void;
  /**
   * How long to wait for more changes before a workload is looked at, in milliseconds; in all at most ten times as long.
   * @default 2000
   */
  settleMs?: number;
  /**
   * The least time between two rolls of a workload, in milliseconds; it doubles, to 10 minutes, while rolls follow each other.
   * @default 10_000
   */
  minIntervalMs?: number;
  /** How long a request may take, in milliseconds. @default 10_000 */
  requestTimeoutMs?: number;
  /** Handed on to what watches. @default silent */
  logger?: Logger;
  /** Time and chance; `now()` must count from the Unix epoch. @default the system's */
  clock?: Clock;
}

/** What a reloader needs: a KubeConfig, or a transport that writes, too, which stays yours to close; and settings. */
export type ReloaderOptions = ReloaderSettings &
  (
    | { kubeConfig: KubeConfigLike; transport?: never }
    | { transport: NonNullable<ClusterOptions['transport']>; kubeConfig?: never }
  );

/** A running reloader, or one that is about to run. */
export interface Reloader extends AsyncDisposable {
  /**
   * Starts it. Resolves before anything is listed: whether the API server can be reached shows in the events, and it is
   * tried for as long as it takes.
   *
   * @param options.signal stops the reloader when aborted
   * @throws DepwatchError ERR_ALREADY_STARTED on a second call, also after a stop
   */
  start(options?: { signal?: AbortSignal }): Promise<void>;
  /** Ends it for good: closes watches and connections, aborts requests. No event comes after this call. Idempotent. */
  stop(): Promise<void>;
  /** Resolves when it has stopped and nothing of it runs any more. */
  readonly stopped: Promise<void>;
}

/** A 403 of a live watch is believed after so long; an API server that starts answers so until its rules are loaded. */
const authGraceMs = 5000;

/**
 * Makes a reloader: it watches Deployments, StatefulSets and DaemonSets, and for those that take part exactly the
 * ConfigMaps and Secrets that their pod templates name; when the data of one changes, it rolls who uses it.
 *
 * @throws DepwatchError ERR_INVALID_INPUT when the KubeConfig names no cluster, or an option can't be
 */
export function createReloader(options: ReloaderOptions): Reloader {
  const { kubeConfig, namespaces = [], all = false, dryRun = false, logger, onEvent } = options;
  const { settleMs = 2000, minIntervalMs = 10_000, requestTimeoutMs = 10_000 } = options;
  const { clock = systemClock } = options;
  const stopping = new AbortController();
  const tell = (event: ReloaderEvent): void => {
    if (stopping.signal.aborted) return;
    try {
      onEvent?.(event);
    } catch (error) {
      logger?.error({ error }, 'onEvent threw');
    }
  };
  const shared = { requestTimeoutMs, clock, ...(logger && { logger }) };
  const own = kubeConfig && createK8sTransport({ kubeConfig, ...shared });
  const transport = own ?? options.transport!;
  const loggerOf = (isFirst: boolean): Logger => tellingLogger(logger, isFirst, tell);
  const watching = { ...shared, transport, authGraceMs };

  const controllers = new Map<string, Controller>();
  // No cache: metadata alone is asked for, so that no Secret's data comes here but what is read and hashed.
  const references = createDynamicWatcher({
    ...watching,
    logger: loggerOf(false),
    unavailable: 'wait',
    disableInitialReconcile: true,
    reconciler(id, context) {
      workloads.noteCauses(id, context);
      controllers.get(id.kind)!.enqueue(id);
    },
  });
  const now = (): number => clock.now();
  const pace = { settleMs, minIntervalMs };
  const workloads = new WorkloadReconciler({ all, dryRun, ...pace, references, now, tell });
  for (const kind of workloadKinds) {
    const controller = createController<Workload>({
      ...watching,
      kind: { group: 'apps', version: 'v1', kind },
      ...(namespaces.length > 0 && { namespaces: [...new Set(namespaces)] }),
      logger: loggerOf(controllers.size === 0),
      fieldManager,
      wakeOn: decisiveOf,
      settleMs,
      maxConcurrentReconciles: 16,
      rateLimiter: new ItemExponentialFailureRateLimiter({ baseDelayMs: 100, maxDelayMs: 30_000 }),
      reconcile: (workload, context) => workloads.reconcile(kind, workload, context),
      removed: ({ namespace = '', name = '' }) => workloads.removed({ kind, namespace, name }),
    });
    controllers.set(kind, controller);
  }
  const each = [...controllers.values()];

  let endLooking = (): void => {};
  const stop = async (): Promise<void> => {
    stopping.abort();
    endLooking();
    await Promise.all([references, ...each].map((one) => one.stop()));
    await own?.close();
  };
  const stopped = Promise.all([references, ...each].map((one) => one.stopped)).then(() => {});

  return {
    async start({ signal } = {}) {
      await references.start();
      signal?.addEventListener('abort', () => void stop(), { signal: stopping.signal });
      if (signal?.aborted) await stop();
      if (stopping.signal.aborted) return;
      const look = (): readonly WatchStatus[] =>
        [references, ...each.map(({ watcher }) => watcher)].flatMap((one) => one.watchStatus());
      for (const controller of each)
        controller
          .start()
          .catch((error: Error) => tell({ type: 'failed', message: error.message }));
      endLooking = watchRefusals(look, clock, tell);
      void Promise.all(each.map(({ ready }) => ready)).then(
        () => tell({ type: 'synced', ...workloads.counts }),
        () => {},
      );
    },
    stop,
    stopped,
    async [Symbol.asyncDispose]() {
      await stop();
      await stopped;
    },
  };
}
