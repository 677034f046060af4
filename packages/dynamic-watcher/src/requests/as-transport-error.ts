import { DepwatchError, isDepwatchError } from '@depwatch/core';

/** What a transport rejected with: a DepwatchError as it is, anything else as a failure that may pass. */
export function asTransportError(cause: unknown, message: () => string): DepwatchError {
  if (isDepwatchError(cause)) return cause;
  return new DepwatchError('ERR_TRANSPORT', message(), { cause, retryable: true });
}
