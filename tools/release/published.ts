import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** The folder of the workspace. */
export const root = join(import.meta.dirname, '../..');

/** A package that is published, as the workspace has it. */
export interface PublishedPackage {
  /** Without the scope: `core`. */
  readonly name: string;
  readonly folder: string;
  readonly manifest: Manifest;
  /** The text; empty if there is none, which the tarball's test finds. */
  readonly readme: string;
}

/** What a package.json says, in the workspace or in a tarball. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly keywords?: readonly string[];
  readonly private?: boolean;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly engines: { readonly node: string };
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Reads the package.json of a folder. */
export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** All packages of the workspace but private ones. */
export function publishedPackages(): PublishedPackage[] {
  return globSync('packages/*/package.json', { cwd: root })
    .map((file) => join(root, dirname(file)))
    .map((folder) => ({
      name: basename(folder),
      folder,
      manifest: readManifest(folder),
      readme: readText(join(folder, 'README.md')),
    }))
    .filter(({ manifest }) => !manifest.private)
    .toSorted((a, b) => a.name.localeCompare(b.name));
}

function readText(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
