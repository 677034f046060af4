import {
  checkBoolean,
  checkCallOptions,
  checkMethods as checkMethodsOf,
  isRecord,
  invalidInput,
  typeName,
} from '@depwatch/core';
import type {
  CommonSettings,
  DynamicWatcherOptions,
  ReconcileGroupOptions,
  SharedWatchesOptions,
} from './options.ts';
import type { DependOptions } from './public-interface.ts';
import { LoopGroup } from './reconcile/reconcile-group.ts';
import { WatchShare } from './shared-watches.ts';

/** The longest that a timer of Node can be set to; one that is longer goes off at once. */
const longestTimerMs = 2 ** 31 - 1;

/** More at once than any process can do, so most likely a mistake. */
const mostConcurrentReconciles = 10_000;

/**
 * Checks what types can't.
 *
 * @throws DepwatchError ERR_INVALID_INPUT that names the option
 */
export function checkOptions(options: DynamicWatcherOptions): void {
  if (!isRecord(options)) {
    throw invalidInput('options: expected an object with a reconciler');
  }
  if (options.sharedWatches === undefined) checkSharedWatches(options);
  else checkSharing(options);
  if (options.reconcileGroup === undefined) checkLoopOptions(options);
  else checkGrouped(options);
  checkBoolean('disableInitialReconcile', options.disableInitialReconcile);
  checkText('cluster', options.cluster);
  checkUnavailable(options.unavailable);
}

/**
 * Checks what watches are made of.
 *
 * @throws DepwatchError ERR_INVALID_INPUT that names the option
 */
export function checkSharedWatches(options: SharedWatchesOptions): void {
  if (!isRecord(options)) throw invalidInput('options: expected an object');
  const { kubeConfig, transport, objectCache } = options;
  if (kubeConfig !== undefined && transport !== undefined) {
    throw invalidInput('kubeConfig, transport: give one of them at most');
  }
  if (typeof kubeConfig === 'string') {
    throw invalidInput(
      'kubeConfig: expected a KubeConfig, got a string; load a file with loadKubeConfig() of @depwatch/k8s-transport, a text with loadFromString() of a KubeConfig of @kubernetes/client-node',
    );
  }
  checkMethods('kubeConfig', kubeConfig, [
    'getCurrentCluster',
    'getCurrentUser',
    'applyToHTTPSOptions',
  ]);
  if (typeof transport !== 'function')
    checkMethods('transport', transport, ['discover', 'list', 'watch']);
  checkBoolean('enableCache', options.enableCache);
  checkMs('requestTimeoutMs', options.requestTimeoutMs, 1);
  checkMs('pollIntervalMs', options.pollIntervalMs, 1);
  checkPlan(options);
  checkMs('authGraceMs', options.authGraceMs, 0);
  if (objectCache !== undefined && !isRecord(objectCache)) {
    throw invalidInput(`objectCache: expected an object, got ${typeName(objectCache)}`);
  }
  checkMs('objectCache.gvkToGvrTtlMs', objectCache?.gvkToGvrTtlMs, 1);
  checkMs('objectCache.missingApiResourceTtlMs', objectCache?.missingApiResourceTtlMs, 0);
  checkBoolean('objectCache.unsafeDisableDeepCopy', objectCache?.unsafeDisableDeepCopy);
  checkPorts(options);
}

/** Where watches are shared, their settings hold. */
function checkSharing(options: DynamicWatcherOptions): void {
  const { sharedWatches } = options;
  if (!(sharedWatches instanceof WatchShare) && typeof sharedWatches !== 'function') {
    throw invalidInput('sharedWatches: expected what createSharedWatches returns');
  }
  const given = ofWatches.find((option) => options[option] !== undefined);
  if (given) throw invalidInput(`${given}: give it to createSharedWatches, which watches`);
}

const ofWatches = [
  'kubeConfig',
  'transport',
  'enableCache',
  'objectCache',
  'pollIntervalMs',
  'watchPlan',
  'watchPlanBounds',
  'requestTimeoutMs',
  'authGraceMs',
] as const;

/**
 * Checks what a reconcile loop is made of.
 *
 * @throws DepwatchError ERR_INVALID_INPUT that names the option
 */
export function checkLoopOptions(options: ReconcileGroupOptions): void {
  if (!isRecord(options)) throw invalidInput('options: expected an object with reconciler');
  const { reconciler } = options;
  if (typeof reconciler !== 'function' && typeof reconciler?.reconcile !== 'function') {
    throw invalidInput('reconciler: expected a function, or an object with a method reconcile');
  }
  checkText('name', options.name);
  checkMethods('rateLimiter', options.rateLimiter, ['when', 'forget', 'retries']);
  checkConcurrency(options.maxConcurrentReconciles);
  checkMs('reconcileTimeoutMs', options.reconcileTimeoutMs, 1);
  checkMs('minIntervalMs', options.minIntervalMs, 0);
  checkMs('settleMs', options.settleMs, 0);
  checkMethods('ownership', options.ownership, ['owns', 'onChange']);
  checkCommon(options);
}

/** In a group, the group's settings hold. */
function checkGrouped(options: DynamicWatcherOptions): void {
  if (!(options.reconcileGroup instanceof LoopGroup)) {
    throw invalidInput('reconcileGroup: expected what createReconcileGroup returns');
  }
  const given = ofLoop.find((option) => options[option] !== undefined);
  if (given) throw invalidInput(`${given}: give it to the reconcileGroup, which reconciles`);
  checkCommon(options);
}

const ofLoop = [
  'name',
  'reconciler',
  'rateLimiter',
  'maxConcurrentReconciles',
  'reconcileTimeoutMs',
  'minIntervalMs',
  'settleMs',
  'ownership',
] as const;

function checkCommon(options: CommonSettings): void {
  checkPorts(options);
  checkMs('stopTimeoutMs', options.stopTimeoutMs, 0);
}

function checkPorts(options: Pick<CommonSettings, 'logger' | 'metrics' | 'clock'>): void {
  checkMethods('logger', options.logger, ['debug', 'info', 'warn', 'error']);
  checkMethods('metrics', options.metrics, ['count', 'gauge', 'observe']);
  checkMethods('clock', options.clock, ['now', 'setTimeout', 'random']);
}

/** What may be left out takes these methods. */
function checkMethods(option: string, value: unknown, methods: readonly string[]): void {
  if (value !== undefined) checkMethodsOf(option, value, methods);
}

function checkText(option: string, value: unknown): void {
  if (value === undefined || (typeof value === 'string' && value !== '')) return;
  throw invalidInput(`${option}: expected text, got ${typeName(value)}`);
}

/**
 * Checks what a call says of how it depends on something.
 *
 * @throws DepwatchError ERR_INVALID_INPUT that names the option
 */
export function checkDependOptions(options: DependOptions): void {
  checkCallOptions(options);
  checkUnavailable(options.unavailable);
}

/** @throws DepwatchError ERR_INVALID_INPUT */
function checkUnavailable(value: unknown): void {
  if (value === undefined || value === 'reject' || value === 'wait') return;
  throw invalidInput(`unavailable: expected 'reject' or 'wait', got ${typeName(value)}`);
}

function checkPlan({ watchPlan, watchPlanBounds: bounds }: SharedWatchesOptions): void {
  if (watchPlan !== undefined && !['auto', 'per-object', 'shared'].includes(watchPlan)) {
    throw invalidInput(
      `watchPlan: expected 'auto', 'per-object' or 'shared', got ${typeName(watchPlan)}`,
    );
  }
  if (bounds === undefined) return;
  if (!isRecord(bounds)) {
    throw invalidInput(`watchPlanBounds: expected an object, got ${typeName(bounds)}`);
  }
  for (const bound of [
    'shareAt',
    'shareOverNamespacesAt',
    'maxSizeFactor',
    'maxEventFactor',
  ] as const) {
    const value: unknown = bounds[bound];
    if (value === undefined || (typeof value === 'number' && value >= 1)) continue;
    throw invalidInput(
      `watchPlanBounds.${bound}: expected a number of at least 1, got ${typeName(value)}`,
    );
  }
  checkMs('watchPlanBounds.unshareAfterMs', bounds.unshareAfterMs, 1);
  checkMs('watchPlanBounds.avoidMs', bounds.avoidMs, 1);
}

function checkConcurrency(value: unknown): void {
  if (value === undefined) return;
  if (
    Number.isInteger(value) &&
    (value as number) >= 1 &&
    (value as number) <= mostConcurrentReconciles
  )
    return;
  throw invalidInput(
    `maxConcurrentReconciles: expected a whole number of 1 to ${mostConcurrentReconciles}, got ${typeName(value)}`,
  );
}

function checkMs(option: string, value: unknown, least: number): void {
  if (value === undefined) return;
  if (typeof value === 'number' && value >= least && value <= longestTimerMs) return;
  throw invalidInput(
    `${option}: expected ${least} to ${longestTimerMs} milliseconds, got ${typeName(value)}`,
  );
}
