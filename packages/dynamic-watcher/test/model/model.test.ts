import fc from 'fast-check';
import { expect, test } from 'vitest';
import { howMany, seed } from '../../../../tools/random-tests.ts';
import { schedules as schedulesOf } from './commands.ts';
import { World } from './world.ts';

/**
 * Random schedules against the invariants that depwatch promises. A failure prints the seed, the path and the shrunken
 * schedule; DEPWATCH_SEED=n replays the seed, DEPWATCH_SCHEDULES=n runs so many schedules, DEPWATCH_HONEST=1 those in
 * which the server never lies.
 */
const honest = process.env['DEPWATCH_HONEST'] === '1';
const numRuns = howMany(2000);
const name = `${numRuns} random schedules keep the invariants (DEPWATCH_SEED=${seed})`;

test(name, { timeout: 3_600_000 }, async () => {
  let steps = 0;
  let planChanges = 0;
  await fc.assert(
    fc.asyncProperty(schedulesOf(!honest), async (drawn) => {
      const world = new World(drawn);
      await world.watcher.start();
      for (const command of drawn.commands) {
        await world.perform(command);
        steps += 1;
      }
      if (drawn.stopEarly) {
        await world.stop();
      } else {
        await world.rest();
        await world.end();
      }
      planChanges += world.planChanges;
    }),
    { seed, numRuns },
  );
  console.log(
    `${numRuns} schedules, ${steps} steps, ${planChanges} changes of a plan, DEPWATCH_SEED=${seed}`,
  );
  expect(steps).toBeGreaterThan(numRuns);
});
