import { DepwatchError, isDepwatchError, type Clock, type Logger } from '@depwatch/core';

/** How long to wait before an API server that can't be reached is tried again, after the time that a request has. */
const retryMs = 1000;

/** What {@link untilReachable} goes by. */
export interface Patience {
  readonly clock: Clock;
  readonly logger: Logger;
  /** What the log calls it. */
  readonly watched: string;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Tries something until the API server can be reached.
 *
 * @throws DepwatchError what it fails with for good; ERR_NOT_STARTED when it is ended meanwhile
 */
export async function untilReachable(
  attempt: () => Promise<void>,
  { clock, logger, watched, signal }: Patience,
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!isDepwatchError(error) || !error.retryable) throw error;
      // That the API server is away is told of anyway, and once does for the rest.
      const level = tries === 1 && error.reason !== 'unreachable' ? 'warn' : 'debug';
      logger[level]({ watched, error }, 'a controller can not begin yet, and tries again');
    }
    await pause(clock, signal);
  }
}

function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, retryMs);
    const onAbort = (): void => {
      timer[Symbol.dispose]();
      reject(new DepwatchError('ERR_NOT_STARTED', 'the controller was stopped'));
    };
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
}
