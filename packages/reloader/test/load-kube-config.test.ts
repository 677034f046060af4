import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { UsageError } from '../src/cli-options.ts';
import { KubeConfigError, loadKubeConfig } from '../src/load-kube-config.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'depwatch-reloader-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

const valid = {
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [
    { name: 'one', cluster: { server: 'https://one.example' } },
    { name: 'two', cluster: { server: 'https://two.example' } },
  ],
  users: [{ name: 'me', user: { token: 'opensesame' } }],
  contexts: [
    { name: 'first', context: { cluster: 'one', user: 'me' } },
    { name: 'second', context: { cluster: 'two', user: 'me' } },
    { name: 'nowhere', context: { cluster: 'three', user: 'me' } },
  ],
  'current-context': 'first',
};

async function write(name: string, content: unknown): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const server = (...args: Parameters<typeof loadKubeConfig>) =>
  loadKubeConfig(...args).getCurrentCluster()?.server;

test('a file, with its current context or another one', async () => {
  const kubeconfig = await write('valid', valid);
  expect(server({ kubeconfig, context: undefined }, {})).toBe('https://one.example');
  expect(server({ kubeconfig, context: 'second' }, {})).toBe('https://two.example');
});

test('the service account of a pod, where there is neither a file nor KUBECONFIG', () => {
  const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
  expect(server({ kubeconfig: undefined, context: undefined }, env)).toMatch(/^https:/);
});

test('nothing that says which cluster is a wrong command line', () => {
  expect(() => loadKubeConfig({ kubeconfig: undefined, context: undefined }, {})).toThrow(
    UsageError,
  );
});

test('an unknown context is a wrong command line, and named', async () => {
  const kubeconfig = await write('valid', valid);
  const load = () => loadKubeConfig({ kubeconfig, context: 'third' }, {});
  expect(load).toThrow(UsageError);
  expect(load).toThrow('"third"');
});

test.each<[string, unknown]>([
  ['no such file', undefined],
  ['an empty file', ''],
  ['no YAML', 'token: opensesame\n  "oops: opensesame: : ['],
  ['no kubeconfig', '[1, 2]'],
  ['a cluster without a server', { ...valid, clusters: [{ name: 'one', cluster: {} }] }],
  ['no current context', { ...valid, 'current-context': undefined }],
  ['a context that names no cluster', { ...valid, 'current-context': 'nowhere' }],
])('%s is a bad kubeconfig, which is named and not quoted', async (name, content) => {
  const kubeconfig =
    content === undefined
      ? join(folder, 'missing')
      : await write(name.replaceAll(' ', '-'), content);
  const load = () => loadKubeConfig({ kubeconfig, context: undefined }, {});
  expect(load).toThrow(KubeConfigError);
  expect(load).toThrow(kubeconfig);
  expect(load).not.toThrow('opensesame');
});
