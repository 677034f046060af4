import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** The page in one file, and what of it may run. */
export interface Page {
  readonly html: string;
  /** Hashes for a content security policy, as `sha256-…`. */
  readonly script: string;
  readonly style: string;
}

/** Makes one file of the page's sources. Nothing that it needs is loaded from elsewhere. */
export async function bundlePage(): Promise<Page> {
  const { build, transform } = await import('esbuild');
  const at = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const built = await build({
    entryPoints: [at('main.tsx')],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    conditions: ['@depwatch/source'],
  });
  const script = built.outputFiles[0]!.text.trim();
  const css = await readFile(at('page.css'), 'utf8');
  const style = (await transform(css, { loader: 'css', minify: true })).code.trim();
  // What is bundled asks that its notice go along.
  const preact = await readFile(at('../node_modules/preact/LICENSE'), 'utf8');
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>depwatch</title>\
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">\
<link rel="icon" href="data:,"><style>${style}</style></head><body><div id="app"></div>\
<noscript>This page needs JavaScript; the same as JSON: ?format=json</noscript>\
<script type="module">${script}</script>
<!-- Contains preact:
${preact.trim()} -->
</body></html>`;
  return { html, script: hashOf(script), style: hashOf(style) };
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
