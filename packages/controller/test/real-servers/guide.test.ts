/**
 * The guide to a first controller on real servers: its controller, with the rights that its Role grants and no more, does what
 * the guide says.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { createK8sTransport } from '@depwatch/k8s-transport';
import { startApiServer } from '@depwatch/testing';
import { KubeConfig, loadAllYaml } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { findKubeApiServer } from '../../../../tools/kube-apiserver/binaries.ts';
import { startControlPlane } from '../../../../tools/kube-apiserver/control-plane.ts';
import { readmeBlocks } from '../../../../tools/readme-blocks.ts';
import type {
  ClusterOptions,
  Controller,
  ControllerSettings,
  KubernetesObject,
} from '../../src/index.ts';

type ConfigMap = KubernetesObject & { data?: { [key: string]: string } };

const user = 'bundles';
const binaries = await findKubeApiServer();
const servers = [
  { name: 'the in-process API server', start: () => startApiServer() },
  ...(binaries
    ? [
        {
          name: 'a real kube-apiserver',
          start: () => startControlPlane({ binaries, users: [user] }),
        },
      ]
    : []),
];

const guide = await readFile(new URL('../../docs/first-controller.md', import.meta.url), 'utf8');
const blocks = readmeBlocks(guide);
const objects = blocks
  .filter(({ language }) => language === 'yaml')
  .flatMap(({ code }) => loadAllYaml(code) as KubernetesObject[]);
const role = objects.find(({ kind }) => kind === 'ClusterRole')!;

let folder: string;
vi.spyOn(console, 'log').mockReturnValue(undefined); // what it prints when it bundles
let createBundleController: (options: ClusterOptions & ControllerSettings) => Controller;
beforeAll(async () => {
  folder = await mkdtemp(join(import.meta.dirname, '../../.readme-'));
  const { file, code } = blocks.find(({ file: name }) => name === 'bundles.ts')!;
  await writeFile(join(folder, file!), code);
  ({ createBundleController } = await import(join(folder, file!)));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(servers)('on $name', ({ start }) => {
  test('the Role is enough, and what is foreign stays', { timeout: 120_000 }, async () => {
    const server = await start();
    const client = createK8sTransport({ kubeConfig: load(server.kubeConfig) });
    const said: string[] = [];
    const say = (fields: object, message: string) =>
      void said.push(`${message}: ${(fields as { error?: Error }).error?.message}`);
    const logger = { debug() {}, info() {}, warn: say, error: say };
    const kubeConfig = load(server.kubeConfigFor(user));
    const controller = createBundleController({ kubeConfig, logger });
    try {
      for (const object of objects) await client.create(object);
      const apiGroup = 'rbac.authorization.k8s.io';
      await client.create({
        apiVersion: `${apiGroup}/v1`,
        kind: 'ClusterRoleBinding',
        metadata: { name: 'bundles' },
        roleRef: { apiGroup, kind: 'ClusterRole', name: role.metadata!.name! },
        subjects: [{ apiGroup, kind: 'User', name: user }],
      } as KubernetesObject);
      const configMap = (name: string, data: ConfigMap['data']) =>
        client.create<ConfigMap>({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name, namespace: 'default' },
          data: data!,
        });
      const bundle = (name: string) =>
        client.create({
          apiVersion: 'example.com/v1',
          kind: 'Bundle',
          metadata: { name, namespace: 'default' },
          spec: { sources: ['one', 'two'] },
        } as KubernetesObject);
      const at = (name: string) => ({
        version: 'v1',
        kind: 'ConfigMap',
        namespace: 'default',
        name,
      });
      const dataOf = async (name: string) => (await client.get<ConfigMap>(at(name)))?.data;
      await controller.start();
      await configMap('foreign', { mine: 'yes' });
      await vi.waitFor(() => bundle('all'), 10_000);
      await bundle('foreign');
      await configMap('one', { a: '1' });
      await vi.waitFor(async () => expect(await dataOf('all')).toEqual({ a: '1' }), 30_000);
      await configMap('two', { b: '2' });
      await vi.waitFor(async () => expect(await dataOf('all')).toEqual({ a: '1', b: '2' }), 10_000);
      expect(await dataOf('foreign')).toEqual({ mine: 'yes' });
      // The conflict is told by an event, which takes the last of the Role's rules.
      await vi.waitFor(async () => {
        const gvk = { group: 'events.k8s.io', version: 'v1', kind: 'Event' };
        const gvr = (await client.discover(gvk, {}))!;
        const { items } = await client.list({ gvk, gvr, namespace: 'default' }, {});
        expect(items).toContainEqual(expect.objectContaining({ reason: 'Conflict' }));
      }, 10_000);
      expect(said.filter((line) => !line.includes('belongs to nobody'))).toEqual([]);
    } finally {
      await controller.stop();
      await client.close();
      await server.stop();
    }
  });
});

function load(text: string): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(text);
  return kubeConfig;
}
