/** The manifests, and the program that they run, as two processes with the rights of the service account. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { loadAllYaml } from '@kubernetes/client-node';
import type { KubernetesObject, ObjectIdentifier } from '@depwatch/controller';
import { describe, expect, test, vi } from 'vitest';
import { findKubeApiServer } from '../../../../../tools/kube-apiserver/binaries.ts';
import { startControlPlane } from '../../../../../tools/kube-apiserver/control-plane.ts';
import { connect } from '../../../test/real-servers/servers.ts';
import type { App } from '../src/index.ts';
import { definition } from './definition.ts';

const binaries = await findKubeApiServer({ log: (line) => console.log(`skipped: ${line}`) });
const names = ['a', 'b', 'c', 'd', 'e', 'f'];
const user = 'system:serviceaccount:default:apps-controller';
const namespace = 'default';

const leases = ['apps-one', 'apps-two'].map((name): ObjectIdentifier => {
  return { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', namespace, name };
});

describe.skipIf(!binaries)('the controller of Apps, in two replicas', () => {
  test('shares the Apps, and goes on when one is killed', { timeout: 120_000 }, async () => {
    await using server = await startControlPlane({ binaries: binaries!, users: [user] });
    await using client = connect(server);
    const manifests = await readFile(new URL('../manifests/apps.yaml', import.meta.url), 'utf8');
    await client.create(definition as object);
    for (const object of loadAllYaml(manifests) as KubernetesObject[]) {
      // As kubectl --namespace default does.
      const isOfCluster = object.kind!.startsWith('Cluster');
      const metadata = { ...object.metadata, ...(!isOfCluster && { namespace }) };
      await client.create({ ...object, metadata });
    }
    const folder = await mkdtemp(join(tmpdir(), 'depwatch-apps-'));
    const KUBECONFIG = join(folder, 'kubeconfig');
    await writeFile(KUBECONFIG, server.kubeConfigFor(user), { mode: 0o600 });
    const main = join(import.meta.dirname, '../src/main.ts');
    const children = ['one', 'two'].map((POD_NAME) =>
      spawn(process.execPath, ['--conditions=@depwatch/source', main], {
        env: { ...process.env, KUBECONFIG, POD_NAME, POD_NAMESPACE: namespace },
        stdio: ['ignore', 'inherit', 'inherit'],
      }),
    );
    try {
      const create = async (name: string): Promise<void> => {
        const metadata = { name, namespace };
        const app: App = {
          apiVersion: 'example.com/v1',
          kind: 'App',
          metadata,
          spec: { image: 'nginx' },
        };
        await vi.waitFor(() => client.create(app), { timeout: 10_000 });
      };
      const areMade = async (): Promise<void> => {
        for (const name of names) {
          const id = { group: 'apps', version: 'v1', kind: 'Deployment', namespace, name };
          expect(await client.get(id)).toBeDefined();
        }
      };
      for (const name of names) await create(name);
      await vi.waitFor(areMade, { timeout: 30_000, interval: 100 });
      for (const id of leases) expect(await client.get(id)).toBeDefined();
      children[0]!.kill('SIGKILL');
      names.push('g', 'h', 'i', 'j');
      for (const name of names.slice(-4)) await create(name);
      await vi.waitFor(areMade, { timeout: 40_000, interval: 100 });
    } finally {
      for (const child of children) child.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    }
  });
});
