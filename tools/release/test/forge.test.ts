import { statSync } from 'node:fs';
import { join, relative } from 'node:path';

import { describe, expect, test } from 'vitest';

import { withForge, withWholeLinks, type KindOfPath } from '../forge.ts';
import { publishedPackages, root } from '../published.ts';

const forge = { url: 'https://forge.example/some/depwatch', ref: 'v0.1.0' };
const kindOf: KindOfPath = (path) => {
  const found = statSync(join(root, path), { throwIfNoEntry: false });
  return found && (found.isDirectory() ? 'folder' : 'file');
};

test('a manifest says where its package comes from', () => {
  expect(withForge({ name: '@depwatch/core' }, 'packages/core', forge)).toEqual({
    name: '@depwatch/core',
    repository: {
      type: 'git',
      url: 'git+https://forge.example/some/depwatch.git',
      directory: 'packages/core',
    },
    homepage: 'https://forge.example/some/depwatch/tree/v0.1.0/packages/core#readme',
    bugs: 'https://forge.example/some/depwatch/issues',
  });
});

test('links to files and folders lead to the forge, others stay', () => {
  const at = `${forge.url}/blob/v0.1.0`;
  const whole = (text: string) => withWholeLinks(text, 'packages/core', forge, kindOf);
  expect(whole('[a](../cache/README.md#limits), [`b`](src/index.ts)')).toBe(
    `[a](${at}/packages/cache/README.md#limits), [\`b\`](${at}/packages/core/src/index.ts)`,
  );
  expect(whole('[a](../cache) [b](../cache/)')).toBe(
    '[a](F/packages/cache) [b](F/packages/cache)'.replaceAll('F', `${forge.url}/tree/v0.1.0`),
  );
  for (const same of [
    '[a](#limits) [b](https://example.com/x) [c](mailto:a@example.com)',
    'code `f[0](../nowhere)` stays',
    'so does\n\n```ts\nf[0](nowhere);\n```\n',
  ])
    expect(whole(same)).toBe(same);
});

test('a link that leads nowhere is an error', () => {
  expect(() => withWholeLinks('[a](../nowhere.md)', 'packages/core', forge, kindOf)).toThrow(
    'packages/core/README.md: ../nowhere.md leads nowhere',
  );
});

describe.each(publishedPackages())('$name', ({ folder, manifest, readme }) => {
  test('its README has whole links on a registry', () => {
    const whole = withWholeLinks(readme, relative(root, folder), forge, kindOf);
    const again = withWholeLinks(whole, relative(root, folder), forge, kindOf);
    expect(again).toBe(whole);
    const text = whole.replaceAll(/^(`{3,})[^]*?^\1 *$|(`+)[^]*?\2/gm, '');
    for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g))
      expect(target).toMatch(/^(https:|#)/);
  });

  test('its manifest says what it is, and invents no address', () => {
    const { description, keywords = [], ...rest } = manifest;
    expect(description).toMatch(/^[A-Z].{30,140}[^.]$/);
    expect(description).toMatch(/Kubernetes/);
    expect(keywords.length).toBeGreaterThanOrEqual(6);
    expect(keywords).toEqual(expect.arrayContaining(['kubernetes', 'k8s']));
    for (const field of ['repository', 'homepage', 'bugs']) expect(rest).not.toHaveProperty(field);
  });
});
