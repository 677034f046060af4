/** Runs the model of the dynamic watcher for as long as asked: `npm run soak -- --minutes 15 [--seed N]`. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const usage = `npm run soak -- [--minutes N] [--seed N]

Runs random schedules against the invariants of the dynamic watcher, for 15 minutes unless told otherwise, and says each
minute how many. A failure prints the seed that replays it.`;

function options(): { minutes: string; seed: string | undefined; help: boolean } {
  try {
    const { values } = parseArgs({
      options: {
        minutes: { type: 'string', default: '15' },
        seed: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (!(Number(values.minutes) > 0))
      throw new Error(`--minutes: expected a number above 0, got ${values.minutes}`);
    if (values.seed !== undefined && !Number.isSafeInteger(Number(values.seed))) {
      throw new Error(`--seed: expected a whole number, got ${values.seed}`);
    }
    return { minutes: values.minutes, seed: values.seed, help: values.help };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}

const { minutes, seed, help } = options();
if (help) {
  console.log(usage);
} else {
  const child = spawn(
    process.execPath,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--config',
      'tools/vitest.config.ts',
      '--project',
      'dynamic-watcher',
      'test/model',
    ],
    {
      cwd: join(import.meta.dirname, '..'),
      stdio: 'inherit',
      env: {
        ...process.env,
        DEPWATCH_SOAK_MINUTES: minutes,
        ...(seed !== undefined && { DEPWATCH_SEED: seed }),
      },
    },
  );
  child.once('close', (code) => (process.exitCode = code ?? 1));
}
