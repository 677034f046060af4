import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  access,
  constants,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

import { goBuild } from '../kube-apiserver/go-build.ts';

const sourceFolder = import.meta.dirname;
const goArguments = ['-mod=readonly', '-trimpath', '-buildvcs=false', '-ldflags', '-s -w'];

/** What the program can do; the names of `main.go`. */
export const scenarios = [
  'leader-election',
  'core-events',
  'new-events',
  'apply',
  'definitions',
  'manager',
  'cascade',
] as const;

/** What {@link findGoClients} may do. */
export interface FindGoClientsOptions {
  /** Whether to build the program when it isn't there: minutes, and a module download. Default false. */
  readonly build?: boolean;
  /** Gets one line at a time. Default: nothing is told. */
  readonly log?: (line: string) => void;
}

/**
 * Finds the program in the user's cache folder, else — if `build` allows — builds it with Go into that folder.
 *
 * @returns its absolute path, or `undefined`; the reason went to `log`.
 * @throws Error if a build fails.
 */
export async function findGoClients({
  build = false,
  log = () => {},
}: FindGoClientsOptions = {}): Promise<string | undefined> {
  const cacheRoot = join(
    process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'),
    'depwatch',
    'go-clients',
  );
  const folder = join(cacheRoot, await sourceHash());
  const program = join(folder, 'go-clients');
  if (await isExecutable(program)) return program;
  const missing = `no Go clients: ${folder} does not exist`;
  if (!build) {
    log(`${missing}; "npm run go-clients -- --build" makes it`);
    return undefined;
  }
  await mkdir(cacheRoot, { recursive: true });
  const workFolder = await mkdtemp(join(cacheRoot, '.build-'));
  try {
    if (!(await goBuild(sourceFolder, goArguments, join(workFolder, 'go-clients'), log))) {
      log(`${missing}, and there is no "go" on the PATH to build one with`);
      return undefined;
    }
    // Another process may have come first with the same.
    await rename(workFolder, folder).catch(async (error: unknown) => {
      if (!(await isExecutable(program))) throw error;
    });
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
  return program;
}

/** How {@link runGoClients} runs them. */
export interface RunGoClientsOptions {
  /** The text of the kubeconfig file of an administrator. */
  readonly kubeConfig: string;
  /** Whether to run Kubernetes' garbage collector, too, for a server that has none. Default false. */
  readonly collectGarbage?: boolean;
  /** How long it may take, all scenarios together. Default 5 minutes. */
  readonly timeoutMs?: number;
  /** Default: all. */
  readonly scenarios?: readonly string[];
}

/**
 * Runs scenarios on a server.
 *
 * @returns the lines that the program printed, one for a scenario: `passed …` or `failed …`.
 * @throws Error if the program could not begin
 */
export async function runGoClients(
  program: string,
  {
    kubeConfig,
    collectGarbage = false,
    timeoutMs = 300_000,
    scenarios: asked = [],
  }: RunGoClientsOptions,
): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'depwatch-go-clients-'));
  try {
    const file = join(folder, 'kubeconfig');
    await writeFile(file, kubeConfig, { mode: 0o600 });
    const args = ['--kubeconfig', file, ...(collectGarbage ? ['--collect-garbage'] : []), ...asked];
    return await new Promise((resolve, reject) => {
      execFile(program, args, { timeout: timeoutMs }, (error, stdout, stderr) => {
        // Exit code 1 says that a scenario failed, which its line says better.
        if (error && error.code !== 1) reject(new Error(`${error.message}\n${stderr}`));
        else resolve(stdout.trimEnd().split('\n'));
      });
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Changes with anything that would change the program. */
async function sourceHash(): Promise<string> {
  const names = (await readdir(sourceFolder)).filter((name) => /\.(go|mod|sum)$/.test(name));
  const hash = createHash('sha256').update(
    JSON.stringify([process.platform, process.arch, goArguments]),
  );
  for (const name of names.toSorted()) hash.update(await readFile(join(sourceFolder, name)));
  return hash.digest('hex').slice(0, 16);
}
