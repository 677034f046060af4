import { DepwatchError, type DepwatchErrorOptions } from '@depwatch/core';
import { expect, it } from 'vitest';

import type { Delivery } from '../src/answers/transport-error.ts';
import { repeatAfterMs, type Repeatable } from '../src/repeat.ts';

const clock = { random: () => 1 };

function waitOf(options: DepwatchErrorOptions, repeat: Repeatable | undefined, delivery: Delivery) {
  const error = new DepwatchError('ERR_TRANSPORT', 'no', options);
  return repeatAfterMs(repeat, error, delivery, 0, clock);
}

const lost = { reason: 'unreachable' } as const;

it.each<[string, DepwatchErrorOptions, Delivery, number | undefined, number | undefined]>([
  ['never sent', lost, 'unsent', 50, 50],
  ['lost on the way', lost, 'unknown', undefined, 50],
  ['for want of trust', { reason: 'certificate' }, 'unsent', undefined, undefined],
  ['too late', { reason: 'timeout' }, 'unknown', undefined, undefined],
  [
    'told when to come back',
    { status: { code: 429 }, retryAfterMs: 1_000 },
    'unknown',
    1_000,
    1_000,
  ],
  ['told to come back at once', { status: { code: 503 }, retryAfterMs: 0 }, 'unknown', 50, 50],
  ['busy, and no word of when', { status: { code: 503 } }, 'unknown', undefined, undefined],
  [
    'answered by a proxy that says when to come back',
    { reason: 'not-kubernetes', status: { code: 503 }, retryAfterMs: 1_000 },
    'unknown',
    undefined,
    1_000,
  ],
  ['done, perhaps', { status: { code: 500 }, retryAfterMs: 1 }, 'unknown', undefined, undefined],
  [
    'done late, perhaps',
    { status: { code: 504 }, retryAfterMs: 1 },
    'unknown',
    undefined,
    undefined,
  ],
])(
  'what was %s is sent again as far as that is safe',
  (_, options, delivery, unsentMs, alwaysMs) => {
    expect(waitOf(options, 'unsent', delivery)).toBe(unsentMs);
    expect(waitOf(options, 'always', delivery)).toBe(alwaysMs);
    expect(waitOf(options, undefined, delivery)).toBeUndefined();
  },
);

it('is over after the third time, and waits longer from time to time', () => {
  const error = new DepwatchError('ERR_TRANSPORT', 'no', lost);
  const waits = [0, 1, 2, 3].map((repeats) =>
    repeatAfterMs('always', error, 'unsent', repeats, clock),
  );
  expect(waits).toEqual([50, 100, 200, undefined]);
});

it.each(['always', 'unsent', undefined] as const)(
  'what the server refused unseen is sent again, whoever asks: %s',
  (repeat) => {
    expect(waitOf(lost, repeat, 'refused')).toBe(50);
    expect(waitOf({ reason: 'certificate' }, repeat, 'refused')).toBeUndefined();
  },
);

it('never concerns what was refused', () => {
  const status = { code: 429 };
  const error = new DepwatchError('ERR_REJECTED', 'no', { status, retryAfterMs: 1 });
  expect(repeatAfterMs('always', error, 'unknown', 0, clock)).toBeUndefined();
});
