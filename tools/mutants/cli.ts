/**
 * Plants each deliberate bug in turn and runs what has to find it: `node tools/mutants/cli.ts [SEED]`. Exit code 1 when
 * one is not found.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { mutants } from './mutants.ts';

const root = join(import.meta.dirname, '../..');
const seed = process.argv[2] ?? '1';
const schedules = '3000';
let missed = 0;

console.log(
  `${mutants.length} planted bugs, up to ${schedules} schedules each, DEPWATCH_SEED=${seed}`,
);
for (const { name, invariant, test } of mutants) {
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
  if (!/ passed| failed/.test(report))
    throw new Error(`the mutant ${name} did not run:\n${report}`);
  const found = status !== 0;
  const after = /failed after (\d+) tests/.exec(report)?.[1];
  const by = test ? test.replace(/.*\//, '') : `schedule ${after ?? '? (it crashed)'}`;
  const outcome = found ? `found by ${by}` : 'NOT FOUND';
  if (!found) missed += 1;
  console.log(`invariant ${String(invariant).padStart(2)}  ${outcome.padEnd(48)}  ${name}`);
}
console.log(`${mutants.length - missed} found, ${missed} not found`);
process.exitCode = missed === 0 ? 0 : 1;
