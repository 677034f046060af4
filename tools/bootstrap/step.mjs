import { launch } from './launch.mjs';

/** The exit code of what a Ctrl-C ended. */
const interrupted = 130;

/**
 * Runs a command that is worth one line, `building… 9 s`, and its output only if it fails.
 *
 * @param {string} title
 * @param {string} command
 * @param {readonly string[]} args
 * @param {(line: string) => void} [onLine] - sees the output pass by
 * @returns {Promise<number>} the exit code
 */
export async function step(title, command, args, onLine) {
  /** @type {string[]} */
  const output = [];
  const startedAt = performance.now();
  process.stdout.write(`${title}… `);
  const exitCode = await launch(command, args, (line) => {
    output.push(line);
    onLine?.(line);
  });
  const seconds = `${Math.round((performance.now() - startedAt) / 1000)} s`;
  process.stdout.write(`${exitCode === 0 ? seconds : `failed after ${seconds}`}\n`);
  if (exitCode !== 0 && exitCode !== interrupted) process.stdout.write(`${output.join('\n')}\n`);
  return exitCode;
}
