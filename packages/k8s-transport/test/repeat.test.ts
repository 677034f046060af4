import { DepwatchError, type DepwatchErrorOptions } from '@depwatch/core';
import { expect, it } from 'vitest';

import { repeatAfterMs, type Repeatable } from '../src/repeat.ts';

const clock = { random: () => 1 };

function waitOf(options: DepwatchErrorOptions, repeat: Repeatable | undefined, unsent = false) {
  const error = new DepwatchError('ERR_TRANSPORT', 'no', options);
  return repeatAfterMs(repeat, error, unsent, 0, clock);
}

const lost = { reason: 'unreachable' } as const;

it.each<[string, DepwatchErrorOptions, boolean, number | undefined, number | undefined]>([
  ['never sent', lost, true, 50, 50],
  ['lost on the way', lost, false, undefined, 50],
  ['for want of trust', { reason: 'certificate' }, true, undefined, undefined],
  ['too late', { reason: 'timeout' }, false, undefined, undefined],
  ['told when to come back', { status: { code: 429 }, retryAfterMs: 1_000 }, false, 1_000, 1_000],
  ['told to come back at once', { status: { code: 503 }, retryAfterMs: 0 }, false, 50, 50],
  ['busy, and no word of when', { status: { code: 503 } }, false, undefined, undefined],
  [
    'answered by a proxy that says when to come back',
    { reason: 'not-kubernetes', status: { code: 503 }, retryAfterMs: 1_000 },
    false,
    undefined,
    1_000,
  ],
  ['done, perhaps', { status: { code: 500 }, retryAfterMs: 1 }, false, undefined, undefined],
  ['done late, perhaps', { status: { code: 504 }, retryAfterMs: 1 }, false, undefined, undefined],
])('what was %s is sent again as far as that is safe', (_, options, unsent, unsentMs, alwaysMs) => {
  expect(waitOf(options, 'unsent', unsent)).toBe(unsentMs);
  expect(waitOf(options, 'always', unsent)).toBe(alwaysMs);
  expect(waitOf(options, undefined, unsent)).toBeUndefined();
});

it('is over after the third time, and waits longer from time to time', () => {
  const error = new DepwatchError('ERR_TRANSPORT', 'no', lost);
  const waits = [0, 1, 2, 3].map((repeats) => repeatAfterMs('always', error, true, repeats, clock));
  expect(waits).toEqual([50, 100, 200, undefined]);
});

it('never concerns what was refused', () => {
  const status = { code: 429 };
  const error = new DepwatchError('ERR_REJECTED', 'no', { status, retryAfterMs: 1 });
  expect(repeatAfterMs('always', error, false, 0, clock)).toBeUndefined();
});
