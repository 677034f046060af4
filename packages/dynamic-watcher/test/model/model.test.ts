import fc from 'fast-check';
import { expect, test } from 'vitest';
import { schedule } from './commands.ts';
import { World } from './world.ts';

/**
 * Random schedules against the invariants that depwatch promises. A failure prints the seed, the path and the shrunken
 * schedule; DEPWATCH_SEED=n replays the seed, DEPWATCH_SCHEDULES=n runs so many schedules.
 */
const seed = Number(process.env['DEPWATCH_SEED'] ?? Date.now() % 2 ** 31);
const numRuns = Number(process.env['DEPWATCH_SCHEDULES'] ?? 300);

test(
  `${numRuns} random schedules keep the invariants (DEPWATCH_SEED=${seed})`,
  { timeout: 600_000 },
  async () => {
    let steps = 0;
    await fc.assert(
      fc.asyncProperty(schedule, async (drawn) => {
        const world = new World(drawn);
        await world.watcher.start();
        for (const command of drawn.commands) {
          await world.perform(command);
          steps += 1;
        }
        if (drawn.stopEarly) return world.stop();
        await world.rest();
        await world.end();
      }),
      { seed, numRuns, endOnFailure: false },
    );
    expect(steps).toBeGreaterThan(numRuns);
  },
);
