import {
  DepwatchError,
  describeObjectIdentifier,
  type Clock,
  type Logger,
  type ObjectIdentifier,
} from '@depwatch/core';

/** How long after its signal was aborted a reconcile is taken for one that doesn't heed it. */
const unheededMs = 10_000;

/** What bounds the time of a reconcile. */
export interface TimeLimit {
  readonly limitMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly watcher: ObjectIdentifier;
  /** Its time is over: what it is aborted with. */
  readonly over: (late: DepwatchError) => void;
}

/**
 * Tells when a reconcile's time is over; and the log, where it goes on all the same, since its watcher isn't reconciled any more
 * and nothing else would say so.
 *
 * @returns a handle to dispose of when it has ended, or is to end for another reason
 */
export function limitTime(limit: TimeLimit): Disposable {
  const { limitMs, clock, logger, watcher, over } = limit;
  let timer = clock.setTimeout(() => {
    over(new DepwatchError('ERR_ABORTED', `the reconcile took longer than ${limitMs} ms`));
    timer = clock.setTimeout(() => {
      logger.error(
        { watcher: describeObjectIdentifier(watcher), runningMs: limitMs + unheededMs },
        'a reconcile goes on although its signal was aborted; its watcher waits until it ends',
      );
    }, unheededMs);
  }, limitMs);
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
}
