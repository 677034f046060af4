import { backOffMs, type Clock, type DepwatchError } from '@depwatch/core';

import type { Delivery } from './answers/transport-error.ts';

/**
 * What of a request may be sent again: `always`, since it changes nothing or leads to the same in the end; or only what
 * was certainly `unsent`, or told to come back before it was looked at. What the server refused unseen always is.
 */
export type Repeatable = 'always' | 'unsent';

const mostRepeats = 3;
const backOff = { baseMs: 50, maxMs: 1_000 };

/**
 * Whether a write that failed so may have been done: a server gave up on it half-way, or what answered in the server's
 * place has lost what the server said. One that is too busy to look at it says when to come back.
 */
export function mayBeDone({ code, reason, status, retryAfterMs }: DepwatchError): boolean {
  if (code !== 'ERR_TRANSPORT' || !(Number(status?.code) >= 500)) return false;
  return status?.code !== 503 || retryAfterMs === undefined || reason === 'not-kubernetes';
}

/**
 * How long to wait before a request is sent once more, in milliseconds; undefined where it has failed.
 *
 * A server that is too busy (429, 503) says when to come back, and has done nothing yet; without a Retry-After the same
 * numbers come from a proxy that lost the answer. What a lost connection swallowed may have been done: only what is
 * repeatable at all is sent again. A time-out is never repeated, since it has used up the time that there was.
 *
 * @param repeat undefined where whoever asks does that himself
 * @param repeats how often that was done before
 */
export function repeatAfterMs(
  repeat: Repeatable | undefined,
  { code, reason, status, retryAfterMs }: DepwatchError,
  delivery: Delivery,
  repeats: number,
  clock: Pick<Clock, 'random'>,
): number | undefined {
  if (code !== 'ERR_TRANSPORT' || repeats >= mostRepeats) return undefined;
  const unreachable = reason === 'unreachable';
  if (repeat === undefined && !(unreachable && delivery === 'refused')) return undefined;
  // A page of a proxy, Retry-After and all, may stand for an answer that got lost.
  const isServers = reason !== 'not-kubernetes' || repeat === 'always';
  const busy = isServers && (status?.code === 429 || status?.code === 503);
  if (busy && retryAfterMs !== undefined) return Math.max(retryAfterMs, backOff.baseMs);
  const lost = unreachable && (delivery !== 'unknown' || repeat === 'always');
  return lost ? backOffMs(repeats, backOff, clock.random()) : undefined;
}
