import type { Clock } from '@depwatch/core';

/** The machine's clock: milliseconds since the Unix epoch, but never going back. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  random: () => Math.random(),
};
