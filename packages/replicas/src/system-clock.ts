import type { Clock } from '@depwatch/core';

const { timeOrigin } = performance;

/** The machine's clock: milliseconds since the Unix epoch, but never going back. */
export const systemClock: Clock = {
  now: () => timeOrigin + performance.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  random: () => Math.random(),
};
