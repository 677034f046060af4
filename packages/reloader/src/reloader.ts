import {
  DepwatchError,
  createController,
  systemClock,
  type ClusterOptions,
  type Controller,
  type ControllerSettings,
} from '@depwatch/controller';
import { ItemExponentialFailureRateLimiter } from '@depwatch/queue';
import { fieldManager } from './managers.ts';
import { WorkloadReconciler, type WorkloadReconcilerOptions } from './workload-reconciler.ts';
import { decisiveOf, workloadKinds, type Workload } from './workload.ts';

/** What a reloader may be told, beside what any controller may. */
export interface ReloaderSettings {
  /** Where workloads are looked for. @default all namespaces, which needs a ClusterRole */
  namespaces?: readonly string[];
  /** Whether workloads without the annotation `depwatch.dev/reload` take part, too. @default false */
  all?: boolean;
  /** Say what would be done and write nothing at all. @default false */
  dryRun?: boolean;
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
}

/**
 * Options of `createReloader`: settings, a way to the API server, and what else controllers may be told. Each decision is a line
 * of the `logger`, with {@link DecisionFields}; the `clock` has to count from the Unix epoch, as the system's does.
 */
export type ReloaderOptions = ReloaderSettings & ControllerSettings & ClusterOptions;

/**
 * Makes a reloader: one controller for Deployments, one for StatefulSets, one for DaemonSets. Those that take part depend on
 * exactly the ConfigMaps and Secrets that their pod templates name, on their metadata alone; when the data of one changes, who
 * uses it is rolled. Given to `run`, they share connections and watches.
 *
 * @throws DepwatchError ERR_INVALID_INPUT when an option can't be
 */
export function createReloader(options: ReloaderOptions): readonly Controller[] {
  if (typeof options !== 'object' || options === null)
    throw new DepwatchError('ERR_INVALID_INPUT', 'options: expected an object');
  const { namespaces = [], all = false, dryRun = false, minIntervalMs = 10_000, ...rest } = options;
  const { settleMs = 2000, clock = systemClock, logger } = options;
  // What is no list is the controller's to refuse.
  const where = Array.isArray(namespaces) ? [...new Set<string>(namespaces)] : namespaces;
  const isEverywhere = Array.isArray(where) && where.length === 0;
  const now = (): number => clock.now();
  const settings = { all, dryRun, settleMs, minIntervalMs };
  const say: WorkloadReconcilerOptions['say'] = (level, fields, message) => {
    try {
      logger?.[level](fields, message);
    } catch {
      // There is nobody to tell: this was the way to tell.
    }
  };
  const workloads = new WorkloadReconciler({ ...settings, now, say });
  const controllers = workloadKinds.map((kind) =>
    createController<Workload>({
      maxConcurrentReconciles: 16,
      rateLimiter: new ItemExponentialFailureRateLimiter({ baseDelayMs: 100, maxDelayMs: 30_000 }),
      ...rest,
      settleMs,
      kind: { group: 'apps', version: 'v1', kind },
      ...(!isEverywhere && { namespaces: where }),
      fieldManager,
      wakeOn: decisiveOf,
      reconcile: (workload, context) => workloads.reconcile(kind, workload, context),
      removed: ({ namespace = '', name = '' }) => workloads.removed({ kind, namespace, name }),
    }),
  );
  const ready = Promise.all(controllers.map((controller) => controller.ready));
  ready.then(
    () => {
      const { counts } = workloads;
      say('info', counts, `${counts.takingPart} of ${counts.workloads} workloads take part`);
    },
    // Stopped before.
    () => {},
  );
  return controllers;
}
