import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);
const require = createRequire(import.meta.url);

/** On what, and with what, it was measured. */
export type Facts = Readonly<Record<string, string | number>>;

/** Looks at the machine and at what is installed; `set` says what was run. */
export async function gatherFacts(set: string): Promise<Facts> {
  const git = async (...args: string[]) =>
    (await run('git', args, { cwd: import.meta.dirname })).stdout.trim();
  const commit = await git('rev-parse', 'HEAD').catch(() => 'unknown');
  const changed = await git('status', '--porcelain', '--untracked-files=no').catch(() => '');
  return {
    date: new Date().toISOString(),
    commit: changed ? `${commit}, with changes` : commit,
    set,
    cores: availableParallelism(),
    CPU: cpus()[0]?.model ?? 'unknown',
    'memory, GB': Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    'load before': loadavg()[0]!.toFixed(1),
    Node: process.version,
    '@kubernetes/client-node': versionOf('@kubernetes/client-node'),
    undici: versionOf('undici'),
  };
}

function versionOf(name: string): string {
  return (require(`${name}/package.json`) as { version: string }).version;
}
