import { globSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { defineConfig, type TestProjectConfiguration } from 'vitest/config';

import { ClosingLineReporter } from './closing-line.reporter.ts';

const root = join(import.meta.dirname, '..');
const packages = readdirSync(join(root, 'packages'));
const examples = globSync('packages/*/examples/*/package.json', { cwd: root }).map(dirname);

/** A vitest project for the tests of one folder; types are tested where there are tests of types. */
function project(name: string, folder: string, include: string): TestProjectConfiguration {
  const typeTests = globSync('test/**/*.test-d.ts', { cwd: folder });
  return {
    extends: true,
    root: folder,
    test: {
      name,
      include: [include],
      typecheck: { enabled: typeTests.length > 0, include: ['test/**/*.test-d.ts'] },
    },
  };
}

/**
 * The one test configuration: each package is a project of its name, each example is `example-` and its name, and tools/
 * is one more.
 */
export default defineConfig({
  root,
  // Tests run on sources. Vitest resolves as a server does, so only the `ssr` conditions count. What `module` leads to is for
  // bundlers, and Node may not be able to load it.
  ssr: { resolve: { conditions: ['@depwatch/source', 'node', 'default'] } },
  test: {
    projects: [
      ...packages.map((name) =>
        project(name, join(root, 'packages', name), 'test/**/*.test.ts?(x)'),
      ),
      ...examples.map((folder) =>
        project(`example-${basename(folder)}`, join(root, folder), 'test/**/*.test.ts'),
      ),
      project('tools', join(root, 'tools'), '**/test/**/*.test.ts'),
    ],
    passWithNoTests: true,
    // Rather late than wrong: a busy machine is not a failure.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['default', new ClosingLineReporter()],
    coverage: { include: ['packages/*/src/**'], reportsDirectory: join(root, 'coverage') },
  },
});
