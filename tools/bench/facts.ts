import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);
const require = createRequire(import.meta.url);

/** On what, and with what, it was measured. */
export type Facts = Readonly<Record<string, string | number>>;

/** What was asked for. */
export interface Asked {
  readonly set: string;
  readonly as: string;
  /** The root of another checkout that takes part. */
  readonly against: string | undefined;
}

/** Looks at the machine, at what is installed and at what was asked for. */
export async function gatherFacts({ set, as, against }: Asked): Promise<Facts> {
  return {
    date: new Date().toISOString(),
    commit: await commitOf(import.meta.dirname),
    ...(against !== undefined && { before: await commitOf(against) }),
    set,
    'to a real server as': as,
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

async function commitOf(folder: string): Promise<string> {
  const git = async (...args: string[]) => (await run('git', args, { cwd: folder })).stdout.trim();
  const commit = await git('rev-parse', 'HEAD').catch(() => 'unknown');
  const changed = await git('status', '--porcelain', '--untracked-files=no').catch(() => '');
  return changed ? `${commit}, with changes` : commit;
}

function versionOf(name: string): string {
  return (require(`${name}/package.json`) as { version: string }).version;
}
