import { readFile } from 'node:fs/promises';

import { expect, test } from 'vitest';

import { needInstalled } from '../src/needed.ts';

test('packages that are not there are asked for by name, with how to get them', () => {
  expect(() => needInstalled('--embedded', '@depwatch/controller')).not.toThrow();
  expect(() =>
    needInstalled('--embedded', '@depwatch/controller', '@depwatch/missing', 'gone'),
  ).toThrow('--embedded takes @depwatch/missing and gone: npm install @depwatch/missing gone');
});

test('neither the API server of tests nor client-node is installed with the reloader', async () => {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  const { dependencies, peerDependenciesMeta } = JSON.parse(text) as {
    dependencies: object;
    peerDependenciesMeta: object;
  };
  for (const name of ['@depwatch/testing', '@kubernetes/client-node']) {
    expect(dependencies).not.toHaveProperty([name]);
    expect(peerDependenciesMeta).toHaveProperty([name], { optional: true });
  }
});
