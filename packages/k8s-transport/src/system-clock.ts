import type { Clock } from '@depwatch/core';

/** The machine's clock. Its timers are Node's own, so whoever holds one may also `unref()` it. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  random: () => Math.random(),
};

/** The time of day, in milliseconds since 1970: what other machines' timestamps are compared with. */
export const unixTime = (): number => Date.now();
