import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

import { root } from './launch.mjs';
import { step } from './step.mjs';

/** The one place that pins pnpm. It needs no installing: npx keeps it in npm's cache. */
export const pnpm = 'pnpm@12.21.0';

/** Where the last install left word of what it installed, and of where npx keeps pnpm. */
const record = join(root, 'node_modules/.depwatch-install.json');

/**
 * Brings node_modules in step with the lockfile and puts pnpm and the tools on the PATH.
 *
 * @returns {Promise<number>} the exit code
 */
export async function install() {
  let installed = readRecord();
  if (installed.state !== state() || !existsSync(installed.pnpm)) {
    /** @type {string[]} */
    const output = [];
    const args = ['--yes', '--package', pnpm, '-c', installScript];
    const failed = await step('installing', 'npx', args, (line) => output.push(line));
    if (failed) return failed;
    const path = output.find((line) => line.startsWith(pathMark)) ?? '';
    installed = { state: state(), pnpm: path.slice(pathMark.length) };
    writeFileSync(record, JSON.stringify(installed));
  }
  const bin = join(root, 'node_modules/.bin');
  process.env['PATH'] = [bin, dirname(installed.pnpm), process.env['PATH']].join(delimiter);
  return 0;
}

const pathMark = 'pnpm is ';
const installScript = `echo "${pathMark}$(command -v pnpm)" && pnpm install --frozen-lockfile --config.confirmModulesPurge=false`;

/** @returns {{ state: string, pnpm: string }} */
function readRecord() {
  return existsSync(record) ? JSON.parse(readFileSync(record, 'utf8')) : { state: '', pnpm: '' };
}

/** A hash of all that decides what should be in node_modules, and of what pnpm says is. */
function state() {
  const files = [
    'node_modules/.pnpm/lock.yaml',
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'package.json',
    ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}/package.json`),
  ];
  const hash = createHash('sha256').update(`${pnpm} ${process.platform} ${process.arch}`);
  for (const file of files.map((name) => join(root, name)))
    hash.update(`\n${file}\n`).update(existsSync(file) ? readFileSync(file) : '');
  return hash.digest('hex');
}
