import { expect, test } from 'vitest';

import { findKubeApiServer } from '../../kube-apiserver/binaries.ts';
import { startControlPlane } from '../../kube-apiserver/control-plane.ts';
import { namespace } from '../objects.ts';
import { call, createServiceAccount } from '../servers/access.ts';
import { collectGarbage, readUsage } from '../servers/usage.ts';

const log = (line: string) => console.warn(`skipped: ${line}`);
const binaries = await findKubeApiServer({ log });

test.skipIf(!binaries)(
  'the service account has the rights of a controller, and waits in line as one',
  { timeout: 120_000 },
  async () => {
    await using controlPlane = await startControlPlane();
    const admin = controlPlane.kubeConfig;
    await call(admin, 'POST', '/api/v1/namespaces', { metadata: { name: namespace } });
    const own = await createServiceAccount(admin, namespace, { name: 'contestant' });
    await call(own, 'GET', '/api/v1');
    await call(own, 'GET', `/api/v1/namespaces/${namespace}/configmaps`);
    await expect(call(own, 'GET', '/api/v1/configmaps')).rejects.toThrow('403');
    await expect(call(own, 'GET', `/api/v1/namespaces/${namespace}/secrets`)).rejects.toThrow(
      '403',
    );

    const rights = { verbs: ['list'], resourceNames: ['a'] };
    const named = await createServiceAccount(admin, namespace, { name: 'named', ...rights });
    const configMaps = `/api/v1/namespaces/${namespace}/configmaps`;
    await call(named, 'GET', `${configMaps}?fieldSelector=metadata.name=a`);
    await expect(call(named, 'GET', configMaps)).rejects.toThrow('403');
    const all = await createServiceAccount(admin, namespace, { name: 'all', everywhere: true });
    await call(all, 'GET', '/api/v1/configmaps');

    const metrics = await call(admin, 'GET', '/metrics');
    const dispatched = metrics
      .split('\n')
      .find(
        (line) =>
          line.startsWith('apiserver_flowcontrol_dispatched_requests_total{') &&
          line.includes('flow_schema="service-accounts"'),
      );
    expect(Number(dispatched?.split(' ').at(-1))).toBeGreaterThan(0);
  },
);

test.skipIf(!binaries)(
  'what a server has used is told, and garbage is not alive',
  { timeout: 120_000 },
  async () => {
    await using controlPlane = await startControlPlane();
    const before = await readUsage(controlPlane.kubeConfig);
    await collectGarbage(controlPlane.kubeConfig);
    const after = await readUsage(controlPlane.kubeConfig);
    expect(after.liveMb).toBeGreaterThan(10);
    expect(after.liveMb).toBeLessThan(before.liveMb);
    expect(after.rssMb).toBeGreaterThan(after.liveMb);
    expect(after.cpuMs).toBeGreaterThan(before.cpuMs);
  },
);
