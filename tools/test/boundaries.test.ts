/**
 * Shows that the rules between packages really run: each forbidden line below is tried in a copy of the
 * workspace that holds nothing else, and must be refused by the rule that it names.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

const imports = 'eslint(no-restricted-imports)';
const globals = 'eslint(no-restricted-globals)';
const properties = 'eslint(no-restricted-properties)';

/** A line, the file it stands in, and the rule that refuses it there, if one does. */
const trials: readonly [file: string, line: string, rule?: string][] = [
  ['core/src', `import '@depwatch/queue';`, imports],
  ['core/src', `import 'lru-cache';`, imports],
  ['core/src', `import 'node:events';`, imports],
  ['core/src', `import '../../queue/src/index.ts';`, imports],
  ['core/src', `await import('undici');`, imports],
  ['core/src', `export * from '@depwatch/cache';`, imports],
  ['core/src', `export type { A } from '@kubernetes/client-node';`, imports],
  ['core/src', `setTimeout(() => {}, 1);`, globals],
  ['core/src', `globalThis.setTimeout(() => {}, 1);`, globals],
  ['core/src', `Date.now();`, properties],
  ['core/src', `Math.random();`, properties],
  ['core/src', `import './graph/index.ts';`],

  ['queue/src', `import '@depwatch/cache';`, imports],
  ['queue/src', `Date.now();`, properties],
  ['queue/src', `import '@depwatch/core';`],
  ['queue/src', `import 'node:timers/promises';`],

  ['cache/src', `import '@depwatch/queue';`, imports],
  ['cache/src', `import 'lru-cache';`],

  ['k8s-transport/src', `export { KubeConfig } from '@kubernetes/client-node';`, imports],
  ['k8s-transport/src', `await import('@kubernetes/client-node');`, imports],
  ['k8s-transport/src', `export type { KubeConfig } from '@kubernetes/client-node';`],
  ['k8s-transport/src/credentials/kubeconfig-file.ts', `await import('@kubernetes/client-node');`],
  ['k8s-transport/src', `import 'undici';`],
  ['k8s-transport/test', `import 'undici';`],

  ['dynamic-watcher/src', `import '@depwatch/testing';`, imports],
  ['dynamic-watcher/src', `import 'undici';`, imports],
  ['dynamic-watcher/src', `import '@kubernetes/client-node';`, imports],
  ['dynamic-watcher/src', `import '@depwatch/adapter-rxjs';`, imports],
  ['dynamic-watcher/src', `performance.now();`, properties],
  ['dynamic-watcher/src', `await import('@depwatch/k8s-transport');`],
  ['dynamic-watcher/src/system-clock.ts', `Date.now();`],
  ['core/src/system-clock.ts', `Date.now();`, properties],
  ['dynamic-watcher/test', `import 'undici';`, imports],
  ['dynamic-watcher/test', `import '@kubernetes/client-node';`],

  ['controller/src', `import '@depwatch/queue';`, imports],
  ['controller/src', `import '@depwatch/testing';`, imports],
  ['controller/src', `import 'undici';`, imports],
  ['controller/src', `import '@kubernetes/client-node';`, imports],
  ['controller/src', `Date.now();`, properties],
  ['controller/src', `import '@depwatch/dynamic-watcher';`],
  ['controller/src', `await import('@depwatch/k8s-transport');`],

  ['inspector/src', `import '@depwatch/controller';`, imports],
  ['inspector/src', `import 'preact';`, imports],
  ['inspector/src', `Date.now();`, properties],
  ['inspector/src', `import '@depwatch/dynamic-watcher';`],

  ['replicas/src', `import '@depwatch/dynamic-watcher';`, imports],
  ['replicas/src', `import 'undici';`, imports],
  ['replicas/src', `performance.now();`, properties],
  ['replicas/src', `await import('@depwatch/k8s-transport');`],

  ['adapter-eventemitter/src', `export { isDepwatchError } from '@depwatch/core';`, imports],
  ['adapter-eventemitter/src', `import '@depwatch/adapter-streams';`, imports],
  ['adapter-eventemitter/src', `import 'node:events';`, imports],
  ['adapter-eventemitter/src', `export type { Result } from '@depwatch/core';`],
  ['adapter-eventemitter/src', `import 'eventemitter3';`],

  ['adapter-streams/src', `export { isDepwatchError } from '@depwatch/core';`, imports],
  ['adapter-streams/src', `import '@depwatch/testing';`, imports],
  ['adapter-streams/src', `import 'eventemitter3';`, imports],
  ['adapter-streams/src', `export type { Result } from '@depwatch/core';`],
  ['adapter-streams/src', `import 'node:stream';`],

  ['adapter-rxjs/src', `export { DepwatchError } from '@depwatch/core';`, imports],
  ['adapter-rxjs/src', `import '@depwatch/dynamic-watcher';`, imports],
  ['adapter-rxjs/src', `import 'node:events';`, imports],
  ['adapter-rxjs/src', `export type { Reconciler } from '@depwatch/core';`],
  ['adapter-rxjs/src', `import 'rxjs';`],

  ['adapter-prometheus/src', `import 'prom-client';`, imports],
  ['adapter-prometheus/src', `import '@prometheus-io/client';`, imports],
  ['adapter-prometheus/src', `import '@depwatch/core';`],
  ['adapter-prometheus/test', `import 'prom-client';`],

  ['adapter-opentelemetry/src', `import '@opentelemetry/sdk-metrics';`, imports],
  ['adapter-opentelemetry/src', `import '@depwatch/dynamic-watcher';`, imports],
  ['adapter-opentelemetry/src', `import '@opentelemetry/api';`],
  ['adapter-opentelemetry/src', `import '@depwatch/core';`],

  ['testing/src', `import '@depwatch/dynamic-watcher';`, imports],
  ['testing/src', `Date.now();`],
  ['reloader/src', `import 'undici';`, imports],
  ['reloader/src', `import '@depwatch/core';`, imports],
  ['reloader/src', `import '@depwatch/controller';`],
  ['reloader/src', `import '@depwatch/testing';`],

  ['queue/src', `Promise.resolve();`, 'typescript(no-floating-promises)'],
  ['queue/src', `[].forEach(async () => {});`, 'typescript(no-misused-promises)'],
];

let workspace: string;
let refusals: Map<string, string[]>;

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'depwatch-boundaries-'));
  await cp(join(root, '.oxlintrc.json'), join(workspace, '.oxlintrc.json'));
  await writeFile(join(workspace, 'tsconfig.json'), '{ "compilerOptions": { "strict": true } }');
  for (const [index, [file, line]] of trials.entries()) {
    const path = join(workspace, trialPath(file, index));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `${line}\nexport const trial = true;\n`);
  }
  refusals = await lint();
});

afterAll(() => rm(workspace, { recursive: true, force: true }));

test.each(trials.map((trial, index) => ({ trial, index })))(
  '$trial.0: $trial.1',
  ({ trial: [file, , rule], index }) => {
    expect(refusals.get(trialPath(file, index)) ?? []).toEqual(rule ? [rule] : []);
  },
);

test.each(['dynamic-watcher', 'controller'])(
  '%s loads the HTTP transport only when it is asked for',
  async (name) => {
    const listModules = `
    import { registerHooks } from 'node:module';
    const load = (url, context, next) => (console.log(url), next(url, context));
    registerHooks({ load });
    await import('./packages/${name}/src/index.ts');`;
    const args = ['--conditions=@depwatch/source', '--input-type=module', '--eval', listModules];
    const { stdout } = await run(process.execPath, args, { cwd: root });

    expect(stdout).toContain(`/packages/${name}/src/index.ts`);
    expect(stdout).not.toMatch(/k8s-transport|undici|client-node/);
  },
);

function trialPath(file: string, index: number): string {
  // Each trial has a file of its own, in a folder of its own where the name of the file counts.
  return `packages/${file.endsWith('.ts') ? file : `${file}/trial-${index}.ts`}`;
}

/** The rules that refused a line, by file. */
async function lint(): Promise<Map<string, string[]>> {
  const { stdout } = await run(join(root, 'node_modules/.bin/oxlint'), ['--format', 'json'], {
    cwd: workspace,
    maxBuffer: Infinity,
  }).catch((error: { stdout: string }) => error);
  const found = new Map<string, string[]>();
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: readonly { filename: string; code: string }[];
  };
  for (const { filename, code } of diagnostics)
    found.set(filename, [...(found.get(filename) ?? []), code]);
  return found;
}
