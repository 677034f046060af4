/**
 * The way of somebody new, from an empty folder to a reconcile of a custom resource: the two lines of the README that pack
 * and install what is not on a registry yet, and the files of the guide to a first controller.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { readmeBlocks, run, type ReadmeBlock } from '../../readme-blocks.ts';
import { execute } from '../fresh-projects.ts';
import { root } from '../published.ts';

const node = join(root, 'node_modules/node-oldest/bin/node');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'depwatch-new-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test(
  'two lines install it from a checkout, and the first controller runs',
  { timeout: 600_000 },
  async () => {
    const blocks = await blocksOf('README.md');
    const lines = blocks
      .find(({ code }) => code.includes('npm run pack'))
      ?.code.trim()
      .split('\n');
    const [pack, install] = lines!.map((line) => line.replace(/ *#.*$/, ''));
    expect(lines).toHaveLength(2);
    await execute('bash', ['-c', pack!]);
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    const flags = '--prefer-offline --no-audit --no-fund';
    const command = `${install!.replace('PATH/OF/CLONE', root)} ${flags}`;
    await execute('bash', ['-c', command], folder);

    const guide = await blocksOf('packages/controller/docs/first-controller.md');
    const main = guide.find(({ code }) => code.includes('startApiServer'))!;
    const files = [...guide.filter(({ file }) => file), { ...main, file: 'main.ts' }];
    for (const { file, code } of files) await writeFile(join(folder, file!), code);
    // It ends by itself where what it prints was never seen.
    await run(node, ['main.ts'], main.line, { folder }, main.directive);
  },
);

async function blocksOf(file: string): Promise<readonly ReadmeBlock[]> {
  return readmeBlocks(await readFile(join(root, file), 'utf8'));
}
