import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder that the paths of {@link readSources} are below of. */
export const packages = join(import.meta.dirname, '../../packages');

/** The texts of all sources of the packages, by their paths below packages/. */
export function readSources(): ReadonlyMap<string, string> {
  const files = globSync('*/src/**/*.ts', { cwd: packages }).toSorted();
  return new Map(files.map((file) => [file, readFileSync(join(packages, file), 'utf8')]));
}
