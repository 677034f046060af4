import { createVirtualClock } from '@depwatch/testing';
import { expect, test } from 'vitest';
import { PastVersions } from '../../../src/supply/sources/past-versions.ts';

const pods = { version: 'v1', kind: 'Pod' };
const secrets = { version: 'v1', kind: 'Secret' };

test('what is no newer than a version that has expired is past, for a minute; what is newer is not', async () => {
  const clock = createVirtualClock();
  const past = new PastVersions(clock);
  past.add(pods, '100');
  past.add(pods, '99');
  expect(['99', '100', '101', 'opaque'].map((version) => past.has(pods, version))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(past.has(secrets, '99')).toBe(false);
  await clock.advance(60_000);
  expect(past.has(pods, '99')).toBe(false);
});

test('nothing is past on a server that has gone back', () => {
  const past = new PastVersions(createVirtualClock());
  past.add(pods, '100');
  past.clear();
  expect(past.has(pods, '99')).toBe(false);
});
