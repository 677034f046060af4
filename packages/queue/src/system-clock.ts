import type { Clock } from '@depwatch/core';

/** The machine's time, for rate limiters that are given no clock: it never goes back. */
export const systemClock: Pick<Clock, 'now'> = { now: () => performance.now() };
