/**
 * Says in the manifests and READMEs of all packages where they come from:
 *
 *     node tools/release/stamp.ts https://forge.example/owner/repository v0.1.0
 *
 * The release workflow runs it on the forge that it runs on, before it packs; what it changes is not committed.
 */
import { statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

import { withForge, withWholeLinks, type KindOfPath } from './forge.ts';
import { publishedPackages, root } from './published.ts';

const [url, ref, ...rest] = process.argv.slice(2);
if (!url || !/^https:\/\/[^/]+\/[^/]+(\/[^/]+)+$/.test(url) || !ref || rest.length > 0) {
  console.error('stamp.ts takes the address of the repository and a tag');
  process.exit(2);
}

const kindOf: KindOfPath = (path) => {
  const found = statSync(join(root, path), { throwIfNoEntry: false });
  return found && (found.isDirectory() ? 'folder' : 'file');
};
for (const { folder, manifest, readme } of publishedPackages()) {
  const path = relative(root, folder);
  const stamped = withForge(manifest, path, { url, ref });
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(stamped, null, 2)}\n`);
  writeFileSync(join(folder, 'README.md'), withWholeLinks(readme, path, { url, ref }, kindOf));
}
