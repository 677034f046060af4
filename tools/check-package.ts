/**
 * Packs a package as it would be published and checks the result: `node tools/check-package.ts <folder>`.
 *
 * publint and attw look at the tarball and not at the folder, because only `pnpm pack` puts
 * `publishConfig` and the versions of workspace packages in place.
 */
import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const folder = resolve(process.argv[2] ?? '.');
const packed = mkdtempSync(join(tmpdir(), 'depwatch-pack-'));

try {
  const tarball = join(packed, 'package.tgz');
  execFileSync('pnpm', ['pack', '--out', tarball], { cwd: folder });
  run('publint', 'run', tarball, '--strict');
  run('attw', tarball, '--profile', 'esm-only', '--no-emoji');
  run('tar', '-xzf', tarball, '-C', packed);
  const root = join(packed, 'package');
  readFileSync(join(root, 'LICENSE'));

  // Whoever compiles against client-node with skipLibCheck false needs @types/ws: nobody should have to.
  for (const file of globSync('dist/**/*.d.ts', { cwd: root }))
    if (/['"]@kubernetes\/client-node['"]/.test(readFileSync(join(root, file), 'utf8')))
      throw new Error(`${file} imports @kubernetes/client-node: published types must not`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(packed, { recursive: true, force: true });
}

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { cwd: packed, stdio: 'inherit' });
}
