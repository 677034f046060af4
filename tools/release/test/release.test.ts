/**
 * What is published, as its users meet it: see fresh-projects.ts. Ends with a table of the packages and of
 * what was checked on each.
 */
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, matchesGlob } from 'node:path';
import { gzipSync } from 'node:zlib';

import { build, type BuildOptions } from 'esbuild';
import { afterAll, beforeAll, describe, expect, type RunnerTestSuite, test } from 'vitest';
import { parse } from 'yaml';

import { startApiServer } from '../../../packages/testing/src/index.ts';
import { run } from '../../readme-blocks.ts';
import {
  blockFile,
  execute,
  installAlone,
  installTogether,
  packAll,
  type PackedPackage,
  resolutions,
} from '../fresh-projects.ts';
import { budgetOf, filesOf } from '../limits.ts';
import { publishedPackages, type PublishedPackage, root } from '../published.ts';

const published = publishedPackages();

/** The oldest Node that the packages promise to run on, and the newest. */
const nodes = ['node-oldest', 'node'].map((name) => join(root, `node_modules/${name}/bin/node`));

/** What each package exports at run time. */
const topology = parse(readFileSync(join(root, 'tools/test/topology.yaml'), 'utf8')) as Record<
  string,
  { values: string[] }
>;

const systems = ['ESM', 'require'] as const;

let folder: string;
let packages: readonly PackedPackage[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'depwatch-release-'));
  packages = await packAll(await mkdtemp(join(folder, 'packed-')));
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the oldest Node is that of engines', async () => {
  const { stdout } = await execute(nodes[0]!, ['--version']);
  for (const { manifest } of published)
    expect(stdout).toMatch(manifest.engines.node.replace('>=', 'v'));
});

describe.concurrent('all packages together, installed with npm', { timeout: 120_000 }, () => {
  let project: string;
  beforeAll(async () => {
    project = await mkdtemp(join(folder, 'together-'));
    await installTogether(packages, project);
  }, 600_000);

  test.for(systems)('%s', (system) => expectExports(system, published, project));

  test('types', () => expectTypes(project));

  test('commands', async () => {
    for (const { manifest } of published)
      for (const command of Object.keys(manifest.bin ?? {})) {
        const { stdout } = await execute(join(project, 'node_modules/.bin', command), [
          '--version',
        ]);
        expect(stdout).toContain(manifest.version);
      }
  });
});

describe.concurrent('each package alone, installed with pnpm', { timeout: 120_000 }, () => {
  let projects: string;
  beforeAll(async () => {
    projects = await mkdtemp(join(folder, 'alone-'));
    await installAlone(packages, projects);
  }, 600_000);

  test('nothing is found that is not named', async () => {
    const load = `import '@depwatch/core'; import '@depwatch/queue'`;
    const args = ['--input-type=module', '-e', load];
    await expect(execute(nodes[1]!, args, join(projects, 'queue'))).rejects.toThrow(
      "Cannot find package '@depwatch/core'",
    );
  });

  describe.each(published)('$name', (one) => {
    const { name } = one;
    const packed = () => packages.find((some) => some.name === name)!;

    test('publint', async () => {
      await execute('publint', ['run', '--strict', packed().tarball]);
    });

    test('attw', async () => {
      await execute('attw', ['--profile', 'esm-only', packed().tarball]);
    });

    test('files', () => {
      const { unpacked } = packed();
      const files = readdirSync(unpacked, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(unpacked.length + 1));
      const allowed = filesOf(name);
      expect(files.filter((file) => !allowed.some((some) => matchesGlob(file, some)))).toEqual([]);
      expect(allowed.filter((some) => !files.some((file) => matchesGlob(file, some)))).toEqual([]);
    });

    test('manifest', () => {
      const { manifest, unpacked } = packed();
      // Nothing runs when it is packed (pnpm takes such a script out of what it packs), nor when it is installed.
      expect([one.manifest.scripts, manifest.scripts]).toEqual([undefined, undefined]);
      expect(JSON.stringify(manifest)).not.toMatch(/workspace:|catalog:|@depwatch\/source/);
      for (const file of globSync('dist/**/*.d.ts', { cwd: unpacked }))
        // Whoever compiles against client-node with skipLibCheck false needs @types/ws: nobody should have to.
        expect(readFileSync(join(unpacked, file), 'utf8')).not.toMatch(
          /['"]@kubernetes\/client-node['"]/,
        );
    });

    test('size', async ({ task }) => {
      const { unpacked } = packed();
      const minified = await bundle(join(unpacked, 'dist/index.js'), { minify: true });
      const size = gzipSync(minified, { level: 9 }).length / 1_000;
      const budget = budgetOf(name);
      task.meta.cell = `${size.toFixed(1)} of ${budget} kB`;
      if (!budget || size > budget)
        throw new Error(`${name} weighs ${size.toFixed(1)} kB, its budget is ${budget ?? 'no'} kB`);
    });

    test.for(systems)('%s', (system) => expectExports(system, [one], join(projects, name)));

    test('types', () => expectTypes(join(projects, name)));

    test('README', async ({ task }) => {
      const { examples } = packed();
      const project = join(projects, name);
      for (const block of examples) {
        const file = join(project, `line-${block.line}.js`);
        await writeFile(file, await bundle(join(project, blockFile(block))));
        for (const node of nodes) {
          await using server = await startApiServer();
          const KUBECONFIG = `${file}.kubeconfig`;
          await writeFile(KUBECONFIG, server.kubeConfig);
          const context = { folder: project, env: { KUBECONFIG }, timeoutMs: 60_000 };
          await run(node, [file], block.line, context, block.directive);
        }
      }
      expect(examples).not.toEqual([]);
      task.meta.cell = `${examples.length} passed`;
    });
  });

  // oxlint-disable-next-line no-empty-pattern -- vitest wants a pattern for the first one
  afterAll(({}, suite) => console.log(formatTable(suite as RunnerTestSuite)));
});

/** Imports packages on each Node, which has to give all that they export, and no warning. */
async function expectExports(
  system: (typeof systems)[number],
  some: readonly PublishedPackage[],
  cwd: string,
) {
  const load = system === 'ESM' ? 'await import' : 'require';
  const lines = some.map(({ manifest: { name } }) => {
    return `all['${name}'] = { values: Object.keys(${load}('${name}')).sort() };`;
  });
  const code = ['const all = {};', ...lines, 'console.log(JSON.stringify(all))'].join('\n');
  const type = system === 'ESM' ? 'module' : 'commonjs';
  for (const node of nodes) {
    const { stdout, stderr } = await execute(node, [`--input-type=${type}`, '-e', code], cwd);
    expect(Object.keys(JSON.parse(stdout))).toHaveLength(some.length);
    expect(topology).toMatchObject(JSON.parse(stdout));
    expect(stderr).toBe('');
  }
}

/** Compiles what uses a package, in both ways of finding it. */
async function expectTypes(user: string) {
  for (const resolution of Object.keys(resolutions))
    await execute('tsc', ['-p', `${resolution}.json`, '--singleThreaded'], user);
}

/** A module and its own files as JavaScript that the oldest Node understands. */
async function bundle(entry: string, options: BuildOptions = {}): Promise<Uint8Array> {
  const { outputFiles } = await build({
    ...options,
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.19',
    packages: 'external',
    write: false,
    logLevel: 'error',
  });
  return outputFiles[0]!.contents;
}

declare module 'vitest' {
  interface TaskMeta {
    /** What the table says of a test that passed. Default: passed. */
    cell?: string;
  }
}

/** What came of the tests as a Markdown table: a row for each suite, a column for each test. */
function formatTable({ tasks }: RunnerTestSuite): string {
  const suites = tasks.filter((task) => task.type === 'suite');
  const columns = suites[0]!.tasks.map(({ name }) => name);
  const rows = [
    ['package', ...columns],
    ['---', ...columns.map(() => '---')],
    ...suites.map((suite) => [
      suite.name,
      ...suite.tasks.map(({ result, meta }) =>
        result?.state === 'pass' ? (meta.cell ?? 'passed') : (result?.state ?? 'not run'),
      ),
    ]),
  ];
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
