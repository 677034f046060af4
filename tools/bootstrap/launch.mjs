import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The folder of the workspace. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The Node that the project itself runs on. */
const node = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));

const endWithParent = ['--import', new URL('end-with-parent.mjs', import.meta.url).href];

/**
 * Two signals closer together than this are one: of a Ctrl-C in a terminal npm gets one and hands on
 * another.
 */
const sameSignalMs = 1_000;

/**
 * Runs a command from the workspace's folder until it ends; `node` is the project's own.
 *
 * The command is the head of a process group of its own. So it gets a Ctrl-C once and from here alone,
 * whoever sent it to whom: a terminal to everybody, or somebody to npm.
 *
 * @param {string} command - a program on the PATH
 * @param {readonly string[]} args
 * @param {(line: string) => void} [onLine] - takes the output, line by line; else the terminal does
 * @param {NodeJS.ProcessEnv} [env] - what to add to the environment
 * @returns {Promise<number>} the exit code, as a shell would give it
 */
export function launch(command, args, onLine, env) {
  const isNode = command === 'node';
  const output = onLine ? 'pipe' : 'inherit';
  const child = spawn(isNode ? node : command, isNode ? [...endWithParent, ...args] : args, {
    cwd: root,
    env: { ...process.env, ...quietNx, ...env },
    stdio: ['inherit', output, output, isNode ? 'ipc' : 'ignore'],
    detached: true,
  });

  for (const input of [child.stdout, child.stderr])
    if (input && onLine) createInterface({ input }).on('line', onLine);

  let lastInterrupt = -Infinity;
  const handlers = {
    SIGINT: () => {
      const now = performance.now();
      if (now - lastInterrupt > sameSignalMs && child.pid) process.kill(-child.pid, 'SIGINT');
      lastInterrupt = now;
    },
    SIGTERM: () => child.kill('SIGTERM'),
    SIGHUP: () => child.kill('SIGHUP'),
  };
  for (const [signal, handler] of Object.entries(handlers)) process.on(signal, handler);

  return new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(127);
    });
    child.once('close', (code, signal) => {
      for (const [name, handler] of Object.entries(handlers)) process.off(name, handler);
      resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']);
    });
  });
}

/** No process that stays, no screen to take over, and a line for each task rather than its output. */
const quietNx = {
  NX_DAEMON: 'false',
  NX_TUI: 'false',
  NX_ISOLATE_PLUGINS: 'false',
  NX_DEFAULT_OUTPUT_STYLE: 'static-failures-only',
};
