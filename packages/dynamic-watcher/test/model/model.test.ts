import fc from 'fast-check';
import { expect, test } from 'vitest';
import { schedules as schedulesOf } from './commands.ts';
import { World } from './world.ts';

/**
 * Random schedules against the invariants that depwatch promises. A failure prints the seed, the path and the shrunken
 * schedule; DEPWATCH_SEED=n replays the seed, DEPWATCH_SCHEDULES=n runs so many schedules, DEPWATCH_SOAK_MINUTES=n as
 * many as that time allows (`npm run soak`), DEPWATCH_HONEST=1 those in which the server never lies.
 */
const seed = Number(process.env['DEPWATCH_SEED'] ?? Date.now() % 2 ** 31);
const soakMs = Number(process.env['DEPWATCH_SOAK_MINUTES'] ?? 0) * 60_000;
const honest = process.env['DEPWATCH_HONEST'] === '1';
const numRuns = soakMs > 0 ? 1_000_000_000 : Number(process.env['DEPWATCH_SCHEDULES'] ?? 2000);
const name = `${soakMs > 0 ? 'as many' : numRuns} random schedules keep the invariants (DEPWATCH_SEED=${seed})`;

test(name, { timeout: soakMs + 600_000 }, async () => {
  let schedules = 0;
  let steps = 0;
  let planChanges = 0;
  const startedAt = Date.now();
  let toldAt = startedAt;
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
      schedules += 1;
      planChanges += world.planChanges;
      if (soakMs === 0 || Date.now() - toldAt < 60_000) return;
      toldAt = Date.now();
      console.log(`${schedules} schedules after ${Math.round((toldAt - startedAt) / 60_000)} min`);
    }),
    {
      seed,
      numRuns,
      ...(soakMs > 0 && { interruptAfterTimeLimit: soakMs, markInterruptAsFailure: false }),
    },
  );
  console.log(
    `${schedules} schedules, ${steps} steps, ${planChanges} changes of a plan, DEPWATCH_SEED=${seed}`,
  );
  expect(steps).toBeGreaterThan(schedules);
});
