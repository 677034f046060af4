/**
 * What the in-process API server costs a test: the time its import takes, and the memory of a process that does nothing
 * but run one. As it is published: one file of JavaScript beside the packages that it imports.
 *
 *     node tools/api-server-weight.ts
 */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { build } from 'esbuild';

const testing = join(import.meta.dirname, '../packages/testing');

export interface Weight {
  /** From the import to its end, in ms. */
  readonly importMs: number;
  /** From the import to a server that answers, in ms. */
  readonly startMs: number;
  /** The resident memory a second later, in MB of 1,000,000 bytes; a bare Node takes some 45. */
  readonly rssMb: number;
}

/** Weighs it so many times, each in a new process, and takes the least of each: what else runs only adds. */
export async function weighApiServer(times = 3): Promise<Weight> {
  // Within the package, since its dependencies are found from there.
  const folder = join(testing, 'node_modules', `.weight-${process.pid}`);
  try {
    await build({
      entryPoints: [join(testing, 'src/index.ts')],
      outfile: join(folder, 'index.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node22',
      packages: 'external',
      external: ['@depwatch/*'],
      alias: { '@depwatch/core': join(testing, '../core/src/index.ts') },
      logLevel: 'error',
    });
    const weights: Weight[] = [];
    for (let time = 0; time < times; time++) weights.push(await weighOnce(folder));
    const least = (of: (weight: Weight) => number): number => Math.min(...weights.map(of));
    return {
      importMs: least(({ importMs }) => importMs),
      startMs: least(({ startMs }) => startMs),
      rssMb: least(({ rssMb }) => rssMb),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function weighOnce(folder: string): Promise<Weight> {
  const program = `
    const begin = performance.now();
    const { startApiServer } = await import('./index.mjs');
    const importMs = performance.now() - begin;
    await using server = await startApiServer();
    const startMs = performance.now() - begin;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    console.log(JSON.stringify({ importMs, startMs, rssMb: process.memoryUsage().rss / 1e6 }));`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { cwd: folder },
  );
  return JSON.parse(stdout);
}

if (import.meta.main) {
  const { importMs, startMs, rssMb } = await weighApiServer();
  console.log(
    `import ${importMs.toFixed(0)} ms, start ${startMs.toFixed(0)} ms, idle ${rssMb.toFixed(0)} MB resident`,
  );
}
