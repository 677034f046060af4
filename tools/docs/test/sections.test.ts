import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { sectionsOf } from '../sections.ts';

const root = join(import.meta.dirname, '../../..');

test('guides stand in the section whose name is above them', () => {
  const readme = `# X
## Guides

Start

- [A](packages/a/docs/a.md): first
- [B](packages/a/docs/b.md),
  which takes two lines

Reference

- [C](packages/b/docs/c.md)

## More

- [D](packages/b/docs/d.md)
`;
  expect(sectionsOf(readme)).toEqual([
    { name: 'Start', guides: ['packages/a/docs/a.md', 'packages/a/docs/b.md'] },
    { name: 'Reference', guides: ['packages/b/docs/c.md'] },
  ]);
  expect(() => sectionsOf('# X\n')).toThrow('the README lists no guides');
});

test('the README lists every guide, once, in the sections of the site', () => {
  const sections = sectionsOf(readFileSync(join(root, 'README.md'), 'utf8'));
  expect(sections.map(({ name }) => name)).toEqual(['Start', 'Concepts', 'Recipes', 'Reference']);
  const guides = sections.flatMap((section) => section.guides);
  expect(guides.toSorted()).toEqual(globSync('packages/*/docs/*.md', { cwd: root }).toSorted());
});
