import { DepwatchError } from '@depwatch/core';

/**
 * The error of a call whose time is over: retryable, and with what stood in the way last.
 *
 * @param what for the message: `the watch of … was not live`
 */
export function notInTime(
  what: string,
  afterMs: number,
  lastError: DepwatchError | undefined,
): DepwatchError {
  const why = lastError?.message ?? 'there was no answer';
  const reason = lastError ? lastError.reason : 'timeout';
  return new DepwatchError('ERR_TRANSPORT', `${what} after ${afterMs} ms: ${why}`, {
    retryable: true,
    cause: lastError,
    ...(reason && { reason }),
    ...(lastError?.status && { status: lastError.status }),
    ...(lastError?.retryAfterMs !== undefined && { retryAfterMs: lastError.retryAfterMs }),
  });
}
