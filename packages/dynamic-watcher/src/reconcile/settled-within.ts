import { describeObjectIdentifier, type Clock, type Logger } from '@depwatch/core';
import type { Reconciles } from './reconciles.ts';

/** So many watchers are named at most. */
const mostNamed = 10;

/** Waits for the running reconciles, within the time that they have; and says which of them take longer. */
export async function settledWithin(
  reconciles: Pick<Reconciles, 'settled' | 'status'>,
  clock: Clock,
  timeoutMs: number,
  logger: Logger,
): Promise<void> {
  let timer: Disposable | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = clock.setTimeout(() => {
      const running = reconciles.status().filter((one) => one.running);
      const watchers = running
        .slice(0, mostNamed)
        .map(({ watcher }) => describeObjectIdentifier(watcher));
      logger.warn(
        { count: running.length, watchers },
        'reconciles go on beyond stopTimeoutMs, and are not waited for',
      );
      resolve();
    }, timeoutMs);
  });
  await Promise.race([reconciles.settled(), timeout]);
  timer?.[Symbol.dispose]();
}
