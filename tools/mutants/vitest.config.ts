import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { defineConfig } from 'vitest/config';

import { mutants } from './mutants.ts';

const root = join(import.meta.dirname, '../..');
const name = process.env['DEPWATCH_MUTANT'];
const mutant = mutants.find((one) => one.name === name);
if (!mutant) throw new Error(`DEPWATCH_MUTANT: there is no mutant ${JSON.stringify(name)}`);
const file = join(root, 'packages', mutant.file);
if (readFileSync(file, 'utf8').split(mutant.find).length !== 2) {
  throw new Error(
    `${mutant.file} does not hold exactly once what the mutant replaces: ${mutant.name}`,
  );
}

/** What has to find it alone, on sources with one deliberate bug in them; no file is changed. */
export default defineConfig({
  root,
  plugins: [
    {
      name: 'mutant',
      enforce: 'pre',
      transform: (code, id) =>
        id === file ? code.replace(mutant.find, () => mutant.replace) : null,
    },
  ],
  ssr: { resolve: { conditions: ['@depwatch/source', 'module', 'node', 'default'] } },
  test: {
    include: [`packages/${mutant.test ?? 'dynamic-watcher/test/model/model.test.ts'}`],
    reporters: ['default'],
    // The cache does not know one mutant from another.
    fsModuleCache: false,
  },
});
