import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

import { install, pnpm } from './install.mjs';
import { launch, root } from './launch.mjs';
import { step } from './step.mjs';

/** The options of depwatch-reloader that say which cluster it works on. */
const clusterOptions = /^--(embedded|kubeconfig|context)\b/;

/** Everything that is cached: what nx runs before the tests. */
const checks = ['lint', 'format-check', 'typecheck', 'build', 'docs'];

/**
 * @param {string[]} argv - a script and its arguments
 * @returns {Promise<number>} the exit code
 */
export async function main([command = '--help', ...args]) {
  switch (command) {
    case '--help':
      return help();
    case 'start':
      return start(args);
    case 'test':
      return test(args);
    case 'pack':
      return pack();
    case 'pnpm':
      // Not after an install: it may be about to change what is installed.
      return launch('npx', ['--yes', pnpm, ...args]);
    default:
      return (await install()) || (await launch(command, args));
  }
}

async function help() {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  console.log('Scripts of the workspace, with what they run:\n');
  for (const [name, script] of Object.entries(scripts))
    console.log(`  npm run ${name}`.padEnd(28) + script.replace('node tools/bootstrap.mjs ', ''));
  return 0;
}

/** @param {string[]} args */
async function start(args) {
  const failed =
    (await install()) || (await step('building', 'nx', ['run-many', '-t', 'build'], showBuild));
  if (failed) return failed;
  // The built program itself, with nothing in between, so that its exit code is that of `npm start`.
  const cluster = args.some((arg) => clusterOptions.test(arg)) ? [] : ['--embedded'];
  return launch('node', ['packages/reloader/dist/cli.js', ...cluster, ...args]);
}

/** Packs all packages as they are published, and says how to install them. */
async function pack() {
  const folder = join(root, 'dist/packages');
  const args = ['-r', '--filter', './packages/*', 'pack', '--pack-destination', folder];
  await rm(folder, { recursive: true, force: true });
  const failed =
    (await install()) ||
    (await step('building', 'nx', ['run-many', '-t', 'build'], showBuild)) ||
    (await step('packing', 'npx', ['--yes', pnpm, ...args]));
  if (!failed) console.log(`In your project: npm install ${folder}/*.tgz @kubernetes/client-node`);
  return failed;
}

/**
 * Whatever happens, the last line is `N passed, N failed, N skipped`; what fails before there are tests
 * to count is one failure.
 *
 * @param {string[]} args
 */
async function test(args) {
  const folder = await mkdtemp(join(tmpdir(), 'depwatch-test-'));
  const closingLine = join(folder, 'closing-line');
  const exitCode =
    (await install()) ||
    (await step('checking', 'nx', ['run-many', '-t', ...checks], showTask)) ||
    (await launch('vitest', ['run', '--config', 'tools/vitest.config.ts', ...args], undefined, {
      DEPWATCH_CLOSING_LINE: closingLine,
    }));
  const counts = await readFile(closingLine, 'utf8').catch(() => '0 passed, 1 failed, 0 skipped\n');
  await rm(folder, { recursive: true });
  process.stdout.write(counts);
  return exitCode;
}

/** @param {string} line - of nx's output: a task that ended, or anything else */
function showTask(line) {
  const task = endedTask(line);
  if (task) process.stdout.write(`\n  ${task} `);
}

/** @param {string} line - the same; a package that was built is worth a word */
function showBuild(line) {
  const name = /^@depwatch\/(.+):build$/.exec(endedTask(line) ?? '')?.[1];
  if (name) process.stdout.write(`${name} `);
}

/**
 * @param {string} line
 * @returns {string | undefined} the task that it says has ended; nothing for one that was cached
 */
function endedTask(line) {
  return /^✔ +nx run (\S+)$/.exec(stripVTControlCharacters(line))?.[1];
}
