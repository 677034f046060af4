import type { WatchPlanBounds } from '@depwatch/core';

const defaults: WatchPlanBounds = {
  shareAt: 16,
  shareOverNamespacesAt: 64,
  maxSizeFactor: 20,
  maxEventFactor: 1.2,
  unshareAfterMs: 5 * 60_000,
  avoidMs: 10 * 60_000,
};

/** The bounds that are given, and the defaults of those that are not. */
export function planBounds(given: Partial<WatchPlanBounds> = {}): WatchPlanBounds {
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(set) };
}
