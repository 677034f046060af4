import { DepwatchError, type Clock } from '@depwatch/core';

/**
 * Runs a request that is given up after so long.
 *
 * @throws DepwatchError ERR_TRANSPORT, retryable, when that is over; what it asked for may be done all the same
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const late = new DepwatchError('ERR_TRANSPORT', `no answer within ${ms} ms`, {
    retryable: true,
    reason: 'timeout',
  });
  using _timer = clock.setTimeout(() => limit.abort(late), ms);
  const signals = signal ? [signal, limit.signal] : [limit.signal];
  try {
    return await run(AbortSignal.any(signals));
  } catch (error) {
    throw limit.signal.aborted ? late : error;
  }
}

/** Resolves after so long, or when the signal is aborted. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (ms === 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      timer[Symbol.dispose]();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
