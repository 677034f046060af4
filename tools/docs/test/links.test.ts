import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';

import { expect, onTestFinished, test } from 'vitest';

import { checkLinks } from '../links.ts';

/** Writes the files of a site. */
async function writeSite(files: Record<string, string>, navigation: unknown = []): Promise<string> {
  const site = await mkdtemp(join(tmpdir(), 'depwatch-site-'));
  onTestFinished(() => rm(site, { recursive: true }));
  const packed = deflateSync(JSON.stringify(navigation)).toString('base64');
  const script = `window.navigationData = "${packed}"`;
  for (const [name, content] of Object.entries({ ...files, 'assets/navigation.js': script })) {
    await mkdir(dirname(join(site, name)), { recursive: true });
    await writeFile(join(site, name), content);
  }
  return site;
}

test('follows links to pages, folders, anchors and parts of pictures', async () => {
  const site = await writeSite(
    {
      'index.html': `<h1 id="top">1 &lt; 2</h1><a class="x" href="a/b.html#it">b</a><a href="#top">top</a>
        <svg><use href="icons.svg#one"></use></svg><a href="https://example.com/?a=1&amp;b=2">away</a>`,
      'a/b.html': `<p id="it"><a href="../">home</a><img src="../icons.svg"></p>
        <script>if (1 <a) "<a href='nowhere.html'>"</script>`,
      'icons.svg': '<svg><g id="one"/></svg>',
    },
    [{ text: 'A', children: [{ text: 'B', path: 'a/b.html' }] }],
  );
  expect(checkLinks(site)).toEqual({
    broken: [],
    external: ['https://example.com/?a=1&b=2'],
    internal: 6,
  });
});

test('tells of every link without a target', async () => {
  const site = await writeSite(
    {
      'index.html':
        '<a href="gone.html">1</a><a href="b.html#gone">2</a><a href="b/">3</a><a href="c.md">5</a>',
      'c.md': '# C',
      'b.html': '<a href="#gone">4</a><img src="gone.png">',
    },
    [{ text: 'A', path: 'a.html' }],
  );
  expect(checkLinks(site).broken.toSorted()).toEqual([
    'b.html: #gone',
    'b.html: gone.png',
    'index.html: a.html',
    'index.html: b.html#gone',
    'index.html: b/',
    'index.html: c.md',
    'index.html: gone.html',
  ]);
});

test('tells of what a page would load from elsewhere', async () => {
  const site = await writeSite({
    'index.html':
      '<link rel="stylesheet" href="//example.com/a.css"><script src="https://example.com/a.js"></script>',
  });
  expect(checkLinks(site).broken).toEqual([
    'index.html: loads //example.com/a.css',
    'index.html: loads https://example.com/a.js',
  ]);
});
