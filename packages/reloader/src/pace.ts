/** The longest that a workload is left alone after it was rolled. */
const longestMs = 10 * 60_000;

/** How often a workload was rolled, or its record restored, of late. */
export interface Pace {
  /** When last, in milliseconds. */
  readonly lastMs: number;
  /** How long it is left alone after that. */
  readonly intervalMs: number;
  /** How many times in a row, each soon after the one before. */
  readonly streak: number;
}

/** How long to wait before the next write, in milliseconds; 0: it may be now. */
export function waitMs(pace: Pace | undefined, now: number): number {
  return pace ? Math.max(0, pace.lastMs + pace.intervalMs - now) : 0;
}

/**
 * The pace after a write. The interval doubles, to 10 minutes, with each write that comes within twice the interval before it:
 * whoever causes them, and can't be stopped from here, causes ever fewer.
 *
 * @param minIntervalMs the first interval
 */
export function nextPace(pace: Pace | undefined, now: number, minIntervalMs: number): Pace {
  if (!pace || pace.streak === 0 || now - pace.lastMs >= 2 * pace.intervalMs)
    return { lastMs: now, intervalMs: minIntervalMs, streak: 1 };
  const intervalMs = Math.max(minIntervalMs, Math.min(longestMs, 2 * pace.intervalMs));
  return { lastMs: now, intervalMs, streak: pace.streak + 1 };
}

/** The pace after a write that replaces no pod and repeats none: the next one waits as long, and no longer. */
export function steadyPace(pace: Pace | undefined, now: number, minIntervalMs: number): Pace {
  return { intervalMs: minIntervalMs, streak: 0, ...pace, lastMs: now };
}

/** Whether so many writes in a row are somebody's doing, who should hear of it: a change or two in a hurry are not. */
export function isLoop({ streak }: Pace): boolean {
  return streak >= 2;
}
