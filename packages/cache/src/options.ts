import { wrongType, type Clock, type Transport } from '@depwatch/core';

import type { GvrCache } from './gvr-cache.ts';

/** Options of `createGvrCache`. */
export interface GvrCacheOptions {
  /** Who asks the API server. */
  transport: Pick<Transport, 'discover'>;
  /**
   * Time, for the TTLs; only `now()` is used, no timer is ever set.
   *
   * @default the process's own monotonic clock
   */
  clock?: Pick<Clock, 'now'>;
  /**
   * How long an answer holds, in milliseconds from its arrival; 0 asks each time, Infinity asks once.
   *
   * @default 600_000
   */
  gvkToGvrTtlMs?: number;
  /**
   * How long "the server has no such kind" holds, in milliseconds; 0 asks each time. Set it when a missing CRD is asked
   * for often.
   *
   * @default 0
   */
  missingApiResourceTtlMs?: number;
  /**
   * How many kinds are remembered; beyond that the one used longest ago is asked for again.
   *
   * @default 1_000
   */
  max?: number;
}

/** Options of `createObjectCache`: those of its GVK→GVR cache, or such a cache to share. */
export type ObjectCacheOptions = (
  | (GvrCacheOptions & { gvrs?: undefined })
  | {
      /** The GVK→GVR cache to use, made with `createGvrCache`; in place of its options. */
      gvrs: GvrCache;
    }
) & {
  /**
   * Hand out objects as they are: neither frozen nor, where a caller gave them, copied before. Whoever changes one
   * changes it for all.
   *
   * @default false
   */
  unsafeDisableDeepCopy?: boolean;
};

/** `value`, when it is a number of at least `least`; the error names the option. */
export function checkNumber(option: string, value: number, least: number): number {
  if (typeof value !== 'number' || !(value >= least)) {
    throw wrongType(option, `a number of at least ${least}`, value);
  }
  return value;
}
