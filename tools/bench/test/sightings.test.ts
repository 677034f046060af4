import { setImmediate as nextTurn } from 'node:timers/promises';

import { expect, test } from 'vitest';

import { RollCall } from '../scenarios/roll-call.ts';
import { lastVersions, latencies, seenAt, Sightings } from '../scenarios/sightings.ts';

const write = (index: number, version: number, sentMs: number) => ({
  index,
  version,
  sentMs,
  doneMs: sentMs + 1,
});
const writes = [write(0, 5, 100), write(1, 6, 110), write(0, 7, 120)];

test('a write counts as seen with the first version that is as new', () => {
  const sightings = [
    { index: 0, version: 4, ms: 101 },
    { index: 1, version: 6, ms: 112 },
    { index: 0, version: 7, ms: 123 },
    { index: 0, version: 7, ms: 130 },
  ];
  expect(seenAt(writes, sightings)).toEqual([123, 112, 123]);
  expect(latencies(writes, sightings).p50Ms).toBe(3);
  expect(() => seenAt(writes, sightings.slice(0, 2))).toThrow(
    'version 5 of object 0 was never seen',
  );
});

test('it can wait several times', async () => {
  const sightings = new Sightings();
  const first = sightings.until([[0, 5]]);
  sightings.note(0, 5);
  expect(await first).toHaveLength(1);
  const second = sightings.until([[0, 7]]).then((seen) => seen.length);
  await nextTurn();
  sightings.note(0, 7);
  expect(await second).toBe(2);
});

test('it waits until the last versions are seen', async () => {
  const sightings = new Sightings();
  sightings.note(1, 6);
  let done = false;
  const all = sightings.until(lastVersions(writes)).then((seen) => {
    done = true;
    return seen.map(({ version }) => version);
  });
  sightings.note(0, 5);
  await Promise.resolve();
  expect(done).toBe(false);
  sightings.note(0, 8);
  expect(await all).toEqual([6, 5, 8]);
  expect(await sightings.until(lastVersions(writes))).toHaveLength(3);
});

test('a roll call is over when everybody was told', async () => {
  const told = new RollCall(2);
  told.mark(0);
  told.mark(0);
  expect(await isPending(told.everybody)).toBe(true);
  told.mark(1);
  expect(await isPending(told.everybody)).toBe(false);
  told.reset();
  expect(await isPending(told.everybody)).toBe(true);
});

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let pending = true;
  void promise.then(() => (pending = false));
  await nextTurn();
  return pending;
}
