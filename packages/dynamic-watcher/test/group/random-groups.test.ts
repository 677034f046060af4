import fc from 'fast-check';
import { expect, test } from 'vitest';
import { howMany, seed } from '../../../../tools/random-tests.ts';
import { RandomGroup } from './random-group.ts';
import { schedules } from './schedules.ts';

/**
 * Random schedules of a group: its dynamic watchers start and stop, watch, remove, enqueue and fail at any moment. A failure
 * prints the seed, the path and the shrunken schedule; DEPWATCH_SEED=n replays the seed, DEPWATCH_SCHEDULES=n runs so
 * many.
 */
const numRuns = howMany(500);

test(`${numRuns} random schedules of a group keep what it promises (DEPWATCH_SEED=${seed})`, async () => {
  let steps = 0;
  await fc.assert(
    fc.asyncProperty(schedules, async (schedule) => {
      const group = new RandomGroup(schedule);
      for (const command of schedule.commands) {
        await group.perform(command);
        steps += 1;
      }
      await group.end(schedule.end);
    }),
    { seed, numRuns },
  );
  expect(steps).toBeGreaterThan(numRuns);
}, 600_000);
