import type { Clock } from '@depwatch/core';
import type { Reconciles } from './reconciles.ts';

/** Waits for the running reconciles, within the time that they have. */
export async function settledWithin(
  reconciles: Pick<Reconciles, 'settled'>,
  clock: Clock,
  timeoutMs: number,
): Promise<void> {
  let timer: Disposable | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = clock.setTimeout(resolve, timeoutMs);
  });
  await Promise.race([reconciles.settled(), timeout]);
  timer?.[Symbol.dispose]();
}
