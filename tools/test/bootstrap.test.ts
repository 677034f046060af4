import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { expect, onTestFinished, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** A program that says what signals it gets, and ends a moment after the first, with exit code 0. */
const program = `
  process.on('SIGINT', () => { console.log('SIGINT'); setTimeout(() => process.exit(), 500); });
  setInterval(() => {}, 1_000);
  console.log(process.pid);`;

/** Runs a program as a script of package.json does, in a process group of its own. */
function bootstrap(...command: string[]): { child: ChildProcess; lines: AsyncIterator<string> } {
  const child = spawn(process.execPath, ['tools/bootstrap.mjs', ...command], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

test('the exit code is that of the program', async () => {
  const { child } = bootstrap('node', '--eval', 'process.exitCode = 7');
  expect(await once(child, 'close')).toEqual([7, null]);
});

test.for([
  { to: 'everybody, as by a terminal', target: (pid: number) => -pid },
  { to: 'the script alone', target: (pid: number) => pid },
])('a Ctrl-C that goes to $to reaches the program once', async ({ target }) => {
  const { child, lines } = bootstrap('node', '--eval', program);
  await lines.next();
  process.kill(target(child.pid!), 'SIGINT');
  // What npm does with the one that it gets.
  process.kill(child.pid!, 'SIGINT');
  const end = once(child, 'close');
  expect(await lines.next()).toEqual({ done: false, value: 'SIGINT' });
  expect(await lines.next()).toEqual({ done: true, value: undefined });
  expect(await end).toEqual([0, null]);
});

test('a program does not outlive the script that started it', async () => {
  const { child, lines } = bootstrap('node', '--eval', program);
  await lines.next();
  child.kill('SIGKILL');
  // Only the program still holds the other end.
  expect(await lines.next()).toEqual({ done: true, value: undefined });
});
