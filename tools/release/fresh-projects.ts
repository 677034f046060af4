/**
 * What the users of the packages have: each package packed as it is published, and installed from its tarball
 * outside of the workspace. All of them in one project with npm, as node_modules are laid out flat; and each
 * one alone with pnpm, which lets nothing be imported that a package does not name as its dependency.
 */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { pnpm } from '../bootstrap/install.mjs';
import { readmeBlocks, type ReadmeBlock } from '../readme-blocks.ts';
import { publishedPackages, type PublishedPackage, readManifest, root } from './published.ts';

/** Runs a program to its end; rejects with all that it printed, unless it exits with 0. */
export async function execute(command: string, args: readonly string[], cwd = root) {
  try {
    return await promisify(execFile)(command, args, { cwd });
  } catch (error) {
    const { message, stdout } = error as Error & { stdout: string };
    throw new Error(`${message}${stdout}`);
  }
}

/** Runs the pinned pnpm, which need not be on the PATH. */
function executePnpm(args: readonly string[], cwd?: string) {
  return execute('npx', ['--yes', pnpm, ...args], cwd);
}

/** A package as it is published, with the manifest that it is published with. */
export interface PackedPackage extends PublishedPackage {
  readonly tarball: string;
  /** What the tarball holds, unpacked. */
  readonly unpacked: string;
  /** The TypeScript and JavaScript blocks of its README. */
  readonly examples: readonly ReadmeBlock[];
}

/** Builds and packs all packages. */
export async function packAll(folder: string): Promise<PackedPackage[]> {
  const packages = publishedPackages();
  await execute('nx', ['run-many', '-t', 'build']);
  const filters = packages.map(({ manifest }) => `--filter=${manifest.name}`);
  await executePnpm(['-r', ...filters, 'pack', '--pack-destination', folder]);
  return Promise.all(
    packages.map(async (one) => {
      const tarball = join(folder, `depwatch-${one.name}-${one.manifest.version}.tgz`);
      const unpacked = join(folder, one.name);
      await mkdir(unpacked);
      await execute('tar', ['-xzf', tarball, '-C', unpacked, '--strip-components=1']);
      const examples = readmeBlocks(one.readme).filter(({ language }) => /^[tj]s$/.test(language));
      return { ...one, manifest: readManifest(unpacked), tarball, unpacked, examples };
    }),
  );
}

/** Makes one project with all packages, installed with npm, and a folder for the use of each. */
export async function installTogether(packages: readonly PackedPackage[], folder: string) {
  for (const one of packages) await use(one, join(folder, one.name));
  const others = packages.map((one) => othersOf(one, packages));
  await writeProject(folder, Object.assign({}, ...others, tarballsOf(packages)));
  await execute('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund'], folder);
}

/** Makes a project for each package alone, installed with pnpm; its dependencies are tarballs, too. */
export async function installAlone(packages: readonly PackedPackage[], folder: string) {
  for (const one of packages) {
    const { name, version } = one.manifest;
    await use(one, join(folder, one.name));
    await writeProject(join(folder, one.name), { [name]: version, ...othersOf(one, packages) });
  }
  const settings = {
    packages: ['*'],
    overrides: tarballsOf(packages),
    // Only types are found without being named: client-node counts on it.
    hoistPattern: ['@types/*'],
    autoInstallPeers: false,
    strictPeerDependencies: true,
    preferOffline: true,
  };
  await writeFile(join(folder, 'pnpm-workspace.yaml'), JSON.stringify(settings));
  await executePnpm(['install'], folder);
}

/** The file of a README's block within the folder that uses a package. */
export function blockFile({ file, language, line }: ReadmeBlock): string {
  return file ?? `line-${line}.${language === 'ts' ? 'ts' : 'mjs'}`;
}

/** TypeScript's ways to find a module, with the modules they are for; a project has a `<name>.json` for each. */
export const resolutions = { node16: 'node16', bundler: 'esnext' } as const;

/** Writes into a project what uses a package: its README's blocks, and all that it exports. */
async function use({ manifest, examples }: PackedPackage, folder: string) {
  await mkdir(folder, { recursive: true });
  const everything = `import * as all from '${manifest.name}';\nexport const everything: typeof all = all;\n`;
  await writeFile(join(folder, 'everything.ts'), everything);
  for (const block of examples) await writeFile(join(folder, blockFile(block)), block.code);
}

function tarballsOf(packages: readonly PackedPackage[]): Record<string, string> {
  return Object.fromEntries(
    packages.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]),
  );
}

async function writeProject(folder: string, dependencies: Record<string, string>) {
  const { devDependencies = {} } = readManifest(root);
  const types = ['@types/node', ...(dependencies['@kubernetes/client-node'] ? ['@types/ws'] : [])];
  const manifest = {
    private: true,
    type: 'module',
    dependencies,
    devDependencies: Object.fromEntries(types.map((name) => [name, devDependencies[name]])),
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  for (const [moduleResolution, module] of Object.entries(resolutions)) {
    const compilerOptions = {
      moduleResolution,
      module,
      moduleDetection: 'force',
      target: 'es2022',
      lib: ['es2024', 'esnext.disposable'],
      types: ['node'],
      strict: true,
      skipLibCheck: false,
      allowImportingTsExtensions: true,
      noEmit: true,
    };
    await writeFile(join(folder, `${moduleResolution}.json`), JSON.stringify({ compilerOptions }));
  }
}

/**
 * What a package's user installs beside it: its peers, and what its README says, other packages of these among it. The
 * versions of others are those that any package wants of a peer, or the latest.
 */
function othersOf(
  { readme, manifest }: PublishedPackage,
  packages: readonly PublishedPackage[],
): Record<string, string> {
  const told = [...readme.matchAll(/^npm install (.+)$/gm)].flatMap(([, names]) =>
    names!.split(' '),
  );
  const names = [...Object.keys(manifest.peerDependencies ?? {}), ...told];
  const ranges: Record<string, string> = Object.assign(
    {},
    ...packages.map((one) => one.manifest.peerDependencies),
    ...packages.map((one) => ({ [one.manifest.name]: one.manifest.version })),
  );
  return Object.fromEntries(
    names.filter((name) => !name.startsWith('-')).map((name) => [name, ranges[name] ?? 'latest']),
  );
}
