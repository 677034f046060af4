import { join } from 'node:path';

import { defineConfig } from 'vitest/config';

import { mutants } from './mutants.ts';
import { plant } from './plant.ts';
import { packages, readSources } from './sources.ts';

const name = process.env['DEPWATCH_MUTANT'];
const mutant = mutants.find((one) => one.name === name);
if (!mutant) throw new Error(`DEPWATCH_MUTANT: there is no mutant ${JSON.stringify(name)}`);
const planted = plant(mutant, readSources());
const file = join(packages, planted.file);

/** What has to find it alone, on sources with one deliberate bug in them; no file is changed. */
export default defineConfig({
  root: join(packages, '..'),
  plugins: [
    {
      name: 'mutant',
      enforce: 'pre',
      transform: (_, id) => (id === file ? planted.code : null),
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
