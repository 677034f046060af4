/** Looks for schedules that nobody has tried yet, for as long as asked: `npm run soak -- --minutes 15 [--seed N]`. */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const usage = `npm run soak -- [--minutes N] [--seed N]

Runs every random test, again and again, each round with a new seed that it prints, and begins no new round after 15
minutes unless told otherwise. The seed of a round that fails replays it; --seed is that of the first round.`;

const root = join(import.meta.dirname, '..');

interface Options {
  readonly minutes: number;
  readonly seed: number | undefined;
  readonly help: boolean;
}

function options(): Options {
  try {
    const { values } = parseArgs({
      options: {
        minutes: { type: 'string', default: '15' },
        seed: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    const minutes = Number(values.minutes);
    if (!(minutes > 0))
      throw new Error(`--minutes: expected a number above 0, got ${values.minutes}`);
    const seed = values.seed === undefined ? undefined : Number(values.seed);
    if (seed !== undefined && !Number.isSafeInteger(seed)) {
      throw new Error(`--seed: expected a whole number, got ${values.seed}`);
    }
    return { minutes, seed, help: values.help };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}

/** The files whose seed is drawn. */
function randomTests(): readonly string[] {
  return globSync('packages/*/test/**/*.test.ts', { cwd: root })
    .filter((file) => readFileSync(join(root, file), 'utf8').includes('tools/random-tests.ts'))
    .toSorted();
}

function passes(seed: number, files: readonly string[]): boolean {
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'tools/vitest.config.ts'];
  const { status } = spawnSync(process.execPath, [...vitest, ...files], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, DEPWATCH_SEED: String(seed) },
  });
  return status === 0;
}

function soak({ minutes, seed }: Options): void {
  const files = randomTests();
  const end = Date.now() + minutes * 60_000;
  let next = seed ?? Date.now() % 2 ** 31;
  for (let round = 1; round === 1 || Date.now() < end; round += 1) {
    console.log(`round ${round}: ${files.length} files, DEPWATCH_SEED=${next}`);
    if (!passes(next, files)) {
      console.error(`round ${round} failed: npm run soak -- --seed ${next}`);
      process.exitCode = 1;
      return;
    }
    next = Math.floor(Math.random() * 2 ** 31);
  }
}

const chosen = options();
if (chosen.help) console.log(usage);
else soak(chosen);
