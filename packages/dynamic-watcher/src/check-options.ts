import { invalidInput } from '@depwatch/core';
import type { DynamicWatcherOptions } from './options.ts';

/** The longest that a timer of Node can be set to; one that is longer goes off at once. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Checks what types can't.
 *
 * @throws DepwatchError ERR_INVALID_INPUT that names the option
 */
export function checkOptions(options: DynamicWatcherOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw invalidInput('options: expected an object with kubeConfig or transport, and reconciler');
  }
  const { kubeConfig, transport, reconciler, objectCache } = options;
  if ((kubeConfig === undefined) === (transport === undefined)) {
    throw invalidInput('kubeConfig, transport: give exactly one of them');
  }
  if (typeof reconciler !== 'function' && typeof reconciler?.reconcile !== 'function') {
    throw invalidInput('reconciler: expected a function, or an object with a method reconcile');
  }
  const { maxConcurrentReconciles } = options;
  if (
    maxConcurrentReconciles !== undefined &&
    !(Number.isSafeInteger(maxConcurrentReconciles) && maxConcurrentReconciles > 0)
  ) {
    throw invalidInput(
      `maxConcurrentReconciles: expected a whole number above 0, got ${maxConcurrentReconciles}`,
    );
  }
  checkMs('reconcileTimeoutMs', options.reconcileTimeoutMs, 1);
  checkMs('requestTimeoutMs', options.requestTimeoutMs, 1);
  checkMs('authGraceMs', options.authGraceMs, 0);
  checkMs('stopTimeoutMs', options.stopTimeoutMs, 0);
  checkMs('objectCache.gvkToGvrTtlMs', objectCache?.gvkToGvrTtlMs, 1);
  checkMs('objectCache.missingApiResourceTtlMs', objectCache?.missingApiResourceTtlMs, 0);
}

function checkMs(option: string, value: number | undefined, least: number): void {
  if (value === undefined) return;
  if (typeof value === 'number' && value >= least && value <= longestTimerMs) return;
  throw invalidInput(
    `${option}: expected ${least} to ${longestTimerMs} milliseconds, got ${String(value)}`,
  );
}
