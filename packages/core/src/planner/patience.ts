import type { PlanFacts } from './types.ts';

/** In so many looks, each of which has to be in time. */
const looks = 5;

/** What is left of the patience of those who wait for a branch to come up. */
export interface Patience {
  /** When it is to be looked at again. */
  readonly lookAt: number;
  readonly looksLeft: number;
}

type PatienceFacts = Pick<PlanFacts, 'now' | 'patienceMs' | 'isServerUp'>;

/** All of it. */
export function wholePatience({ now, patienceMs }: PatienceFacts): Patience {
  return { lookAt: now + patienceMs / looks, looksLeft: looks };
}

/**
 * What is left after a look; undefined where it is over. A process that was too busy to look in time was too busy to listen,
 * and may have been answered long ago: so a stall counts as one look, and is not the last one, unless there are many.
 */
export function patienceAfter(
  { lookAt, looksLeft }: Patience,
  facts: PatienceFacts,
): Patience | undefined {
  const { now, patienceMs, isServerUp } = facts;
  if (!isServerUp) return wholePatience(facts);
  const betweenMs = patienceMs / looks;
  const left = looksLeft - 1;
  const wasStalled = now - lookAt >= betweenMs;
  const isOver = wasStalled ? left <= -looks : left <= 0;
  return isOver ? undefined : { lookAt: now + betweenMs, looksLeft: left };
}
