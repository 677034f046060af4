/** `npm run mutants`: plants each deliberate bug in turn and runs what has to find it; see README.md. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { mutants } from './mutants.ts';
import { parseOptions, usage, type Options } from './options.ts';

const root = join(import.meta.dirname, '../..');
const schedules = '5000';

process.exitCode = main();

function main(): number {
  let options: Options;
  try {
    options = parseOptions(process.argv.slice(2), mutants);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  if (options.help) {
    console.log(usage);
    return 0;
  }
  return run(options);
}

function run({ picked, seed }: Options): number {
  console.log(
    `${picked.length} planted bugs, up to ${schedules} schedules each, DEPWATCH_SEED=${seed}`,
  );
  let missed = 0;
  for (const { name, invariant, test } of picked) {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['node_modules/vitest/vitest.mjs', 'run', '--config', 'tools/mutants/vitest.config.ts'],
      {
        cwd: root,
        encoding: 'utf8',
        env: {
          ...process.env,
          NO_COLOR: '1',
          DEPWATCH_MUTANT: name,
          DEPWATCH_SEED: seed,
          DEPWATCH_SCHEDULES: schedules,
        },
      },
    );
    const report = stdout + stderr;
    // A bug that has no place, or that a test does not get as far as to meet, is not found.
    if (!/Tests .*( passed| failed)/.test(report))
      throw new Error(`the mutant ${name} did not run:\n${report}`);
    const found = status !== 0;
    const after = /failed after (\d+) tests/.exec(report)?.[1];
    const by = test ? test.replace(/.*\//, '') : `schedule ${after ?? '? (it crashed)'}`;
    const outcome = found ? `found by ${by}` : 'NOT FOUND';
    if (!found) missed += 1;
    console.log(`invariant ${String(invariant).padStart(2)}  ${outcome.padEnd(48)}  ${name}`);
  }
  console.log(`${picked.length - missed} found, ${missed} not found`);
  return missed === 0 ? 0 : 1;
}
