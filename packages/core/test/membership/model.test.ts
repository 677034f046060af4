import fc from 'fast-check';
import { expect, test } from 'vitest';
import { howMany, seed } from '../../../../tools/random-tests.ts';
import { World, type Happening, type Schedule } from './model/world.ts';

/**
 * Random schedules of what can happen to a group of replicas. A failure prints the seed, the path and the shrunken
 * schedule; DEPWATCH_SEED=n replays the seed, DEPWATCH_SCHEDULES=n runs so many schedules.
 */
const numRuns = howMany(100);

const happenings: fc.Arbitrary<Happening> = fc.record({
  afterMs: fc.oneof(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 30_000 })),
  what: fc.constantFrom<Happening['what']>(
    'start',
    'leave',
    'kill',
    'restart',
    'roll',
    'pause',
    'reads',
    'writes',
    'answers',
    'late',
    'watch',
    'sight',
    'all',
    'down',
    'wall clock',
    'delete lease',
  ),
  who: fc.nat({ max: 4 }),
  forMs: fc.oneof(fc.integer({ min: 0, max: 12_000 }), fc.integer({ min: 0, max: 70_000 })),
});

const schedules: fc.Arbitrary<Schedule> = fc.record({
  seed: fc.nat({ max: 2 ** 31 - 1 }),
  replicas: fc.integer({ min: 1, max: 5 }),
  happenings: fc.array(happenings, { maxLength: 14 }),
});

const name = `in ${numRuns} random schedules of a group no key has two owners, or none for long (DEPWATCH_SEED=${seed})`;

test(name, { timeout: 3_600_000 }, () => {
  let reconciles = 0;
  let longest = 0;
  fc.assert(
    fc.property(schedules, (schedule) => {
      const world = World.run(schedule);
      reconciles += world.reconciles;
      longest = Math.max(longest, world.longestUnownedMs);
    }),
    { seed, numRuns },
  );
  console.log(
    `${numRuns} schedules, ${reconciles} reconciles, no owner for ${longest} ms at most, DEPWATCH_SEED=${seed}`,
  );
  expect(reconciles).toBeGreaterThan(numRuns);
});
