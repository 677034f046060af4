/**
 * Every code block of every README and guide is executed, or checked in the way of its language: see
 * readme-blocks.ts. An API server of the block's own stands behind KUBECONFIG.
 */
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { findKubeApiServer } from '../kube-apiserver/binaries.ts';
import { checkBlock, readmeBlocks } from '../readme-blocks.ts';

const root = join(import.meta.dirname, '../..');
const readmes = globSync(
  [
    'README.md',
    'packages/*/README.md',
    'packages/*/docs/*.md',
    'packages/*/examples/*/README.md',
    'tools/*/README.md',
  ],
  { cwd: root },
);

const expectedReadmes = [
  'README.md',
  ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}/README.md`),
];

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

const fromCheckout = 'npm install PATH/OF/CLONE/dist/packages/*.tgz @kubernetes/client-node';

/** Shell commands that need no run of their own here, and why. */
const covered: readonly ((command: string) => boolean)[] = [
  // The quick start and the tests themselves: what runs this file.
  (command) => /^npm (start|test)\b/.test(command),
  // A script is at least there.
  (command) => (/^npm run (?:-s )?([\w:-]+)( |$)/.exec(command)?.[1] ?? '') in scripts,
  // Its own tests run it.
  (command) => /^node (tools\/kube-apiserver\/)?cli\.ts/.test(command),
  // Changes the repository: for a person who means to.
  (command) => /^(sed -i .* go\.mod|go mod tidy)$/.test(command),
  // tools/release/test/from-a-checkout.test.ts runs it.
  (command) => command === fromCheckout,
  // The topology test knows the packages; their tarballs are checked by publint and attw.
  (command) =>
    /^npm install( (@depwatch\/[\w-]+|@kubernetes\/client-node|@opentelemetry\/api|prom-client|rxjs))+$/.test(
      command,
    ),
];

const kubeApiServer = await findKubeApiServer();

let temporary: string;
beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'depwatch-readme-'));
});
afterAll(() => rm(temporary, { recursive: true }));

describe.each(readmes)('%s', (readme) => {
  // The example of the workspace is one for authors of controllers, and so are the guides to testing.
  const ofController = /^(README\.md$|packages\/testing\/docs\/)/.test(readme);
  const own = dirname(basename(dirname(readme)) === 'docs' ? dirname(readme) : readme);
  const folder = join(root, ofController ? 'packages/controller' : own);
  const blocks = readmeBlocks(readFileSync(join(root, readme), 'utf8'));

  test.for(blocks)('line $line, $language', { timeout: 300_000 }, async (block, { skip }) => {
    skip(!kubeApiServer && block.code.includes('startControlPlane'), 'there is no kube-apiserver');
    const runs = block.directive !== undefined || /^[tj]s$/.test(block.language);
    await using server = runs ? await startServer() : undefined;
    await checkBlock(block, {
      folder,
      files: blocks.filter(({ file, line }) => file && line < block.line),
      env: server?.env ?? {},
      isCovered: (command) => covered.some((covers) => covers(command)),
    });
  });
});

test('a watcher is the object that depends on others, never the dynamic watcher', () => {
  const named = /(?:const|let|using) watcher = (?:await )?createDynamicWatcher/;
  const naming = readmes.filter((file) => named.test(readFileSync(join(root, file), 'utf8')));
  expect(naming).toEqual([]);
});

test('every package has a README', () => {
  expect(readmes).toEqual(expect.arrayContaining(expectedReadmes));
});

/** An in-process API server, with the environment that leads to it. */
async function startServer(): Promise<AsyncDisposable & { env: NodeJS.ProcessEnv }> {
  const { startApiServer } = await import('../../packages/testing/src/index.ts');
  const server = await startApiServer();
  const KUBECONFIG = join(await mkdtemp(join(temporary, 'server-')), 'kubeconfig');
  await writeFile(KUBECONFIG, server.kubeConfig);
  return { env: { KUBECONFIG }, [Symbol.asyncDispose]: () => server.stop() };
}
