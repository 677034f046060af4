import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';

const progressIntervalMs = 5_000;
const outputTailLines = 30;

/**
 * Builds the Go program of a folder, without cgo.
 *
 * @param goArguments for `go build`
 * @param output the absolute path of the program
 * @param log gets one line at a time
 * @returns whether there was a `go` to build with
 * @throws Error if the build failed, with the end of what it printed
 */
export async function goBuild(
  folder: string,
  goArguments: readonly string[],
  output: string,
  log: (line: string) => void,
): Promise<boolean> {
  const startedAt = performance.now();
  const seconds = () => `${Math.round((performance.now() - startedAt) / 1000)} s`;
  const go = spawn('go', ['build', '-v', ...goArguments, '-o', output, '.'], {
    cwd: folder,
    env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const tail: string[] = [];
  createInterface({ input: go.stderr }).on('line', (line) => {
    tail.push(line);
    if (tail.length > outputTailLines) tail.shift();
  });
  go.once('spawn', () =>
    log(`building ${basename(output)} with Go; the first time takes some minutes`),
  );
  const progress = setInterval(
    () => log(`building, ${seconds()}: ${tail.at(-1) ?? '…'}`),
    progressIntervalMs,
  );
  try {
    const code = await new Promise<number | string | null>((resolve, reject) => {
      go.once('error', reject);
      go.once('close', (exitCode, signal) => resolve(exitCode ?? signal));
    });
    if (code !== 0) throw new Error(`go build ended with ${code}:\n${tail.join('\n')}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  } finally {
    clearInterval(progress);
  }
  log(`built in ${seconds()}`);
  return true;
}
