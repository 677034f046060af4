import { createHash } from 'node:crypto';
import { access, constants, mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { goBuild } from './go-build.ts';

const sourceFolder = import.meta.dirname;

/** The programs of a control plane, as absolute paths. */
export interface KubeApiServerBinaries {
  readonly kubeApiServer: string;
  readonly etcd: string;
  /** Absent where KUBEBUILDER_ASSETS has none, as it usually does. */
  readonly kubeControllerManager?: string;
}

/** What {@link findKubeApiServer} may do. */
export interface FindKubeApiServerOptions {
  /** Whether to build the programs when they are nowhere: minutes, and a module download. Default false. */
  readonly build?: boolean;
  /** Gets one line at a time: progress of a build, and why nothing was found. Default: nothing is told. */
  readonly log?: (line: string) => void;
}

/**
 * Finds kube-apiserver and etcd: in the folder named by KUBEBUILDER_ASSETS, else in the user's cache
 * folder, else — if `build` allows — by building them with Go into that cache folder.
 *
 * @returns the paths, or `undefined` if there are none; the reason went to `log`.
 * @throws Error if KUBEBUILDER_ASSETS is set to a folder without both programs, or if a build fails.
 */
export async function findKubeApiServer({
  build = false,
  log = () => {},
}: FindKubeApiServerOptions = {}): Promise<KubeApiServerBinaries | undefined> {
  const assets = process.env['KUBEBUILDER_ASSETS'];
  if (assets) {
    const binaries = binariesIn(assets);
    if (await areExecutable(binaries)) return binaries;
    const { kubeControllerManager: _absent, ...others } = binaries;
    if (await areExecutable(others)) return others;
    throw new Error(
      `KUBEBUILDER_ASSETS is set to ${assets}, which does not hold kube-apiserver and etcd as executable files`,
    );
  }

  const recipe = await readRecipe();
  const cacheRoot = join(
    process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'),
    'depwatch',
    'kube-apiserver',
  );
  const folder = join(cacheRoot, recipe.hash);
  const binaries = binariesIn(folder);
  if (await areExecutable(binaries)) return binaries;

  const missing = `no kube-apiserver: KUBEBUILDER_ASSETS is not set and ${folder} does not exist`;
  if (!build) {
    log(`${missing}; "node tools/kube-apiserver/cli.ts --build" makes one`);
    return undefined;
  }
  await mkdir(cacheRoot, { recursive: true });
  const workFolder = await mkdtemp(join(cacheRoot, '.build-'));
  try {
    const output = binariesIn(workFolder).kubeApiServer;
    if (!(await goBuild(sourceFolder, recipe.goArguments, output, log))) {
      log(`${missing}, and there is no "go" on the PATH to build one with`);
      return undefined;
    }
    const { etcd, kubeControllerManager } = binariesIn(workFolder);
    for (const name of [etcd, kubeControllerManager]) await symlink('kube-apiserver', name);
    // A rename is all or nothing, so the cache never holds half a build; that it fails because another
    // process came first is as good as if it had succeeded.
    await rename(workFolder, folder).catch(async (error: unknown) => {
      if (!(await areExecutable(binaries))) throw error;
    });
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
  return binaries;
}

function binariesIn(folder: string): Required<KubeApiServerBinaries> {
  return {
    kubeApiServer: join(folder, 'kube-apiserver'),
    etcd: join(folder, 'etcd'),
    kubeControllerManager: join(folder, 'kube-controller-manager'),
  };
}

async function areExecutable(binaries: KubeApiServerBinaries): Promise<boolean> {
  const checks = await Promise.allSettled(
    Object.values(binaries).map((file) => access(file as string, constants.X_OK)),
  );
  return checks.every(({ status }) => status === 'fulfilled');
}

/** How the programs are built, and a hash that changes with anything that would change the result. */
async function readRecipe(): Promise<{
  readonly goArguments: readonly string[];
  readonly hash: string;
}> {
  const [goMod, ...others] = await Promise.all(
    ['go.mod', 'go.sum', 'main.go'].map((name) => readFile(join(sourceFolder, name), 'utf8')),
  );
  const version = /^\s*k8s\.io\/kubernetes v((\d+)\.(\d+)\.\S+)/m.exec(goMod ?? '');
  if (!version)
    throw new Error(`${join(sourceFolder, 'go.mod')} names no version of k8s.io/kubernetes`);
  // The version is stamped by the linker, as in a release: unstamped, the server calls itself v0.0.0.
  const stamps = { gitVersion: `v${version[1]}`, gitMajor: version[2], gitMinor: version[3] };
  const linkerFlags = [
    '-s -w',
    ...Object.entries(stamps).map(
      ([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
    ),
  ];
  const goArguments = [
    '-mod=readonly',
    '-trimpath',
    '-buildvcs=false',
    '-ldflags',
    linkerFlags.join(' '),
  ];
  const hash = createHash('sha256')
    .update(JSON.stringify([process.platform, process.arch, goArguments, goMod, ...others]))
    .digest('hex')
    .slice(0, 16);
  return { goArguments, hash };
}
