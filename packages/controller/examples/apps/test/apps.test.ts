import type { V1Deployment, V1Service } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { connect, servers, type TestServer } from '../../../test/real-servers/servers.ts';
import { createAppController, type App } from '../src/index.ts';
import { definition } from './definition.ts';

const patience = { timeout: 30_000, interval: 20 };
const app: App = {
  apiVersion: 'example.com/v1',
  kind: 'App',
  metadata: { name: 'web', namespace: 'default' },
  spec: { image: 'nginx', replicas: 2, port: 8080 },
};
const named = { namespace: 'default', name: 'web' };
const appId = { group: 'example.com', version: 'v1', kind: 'App', ...named };
const deploymentId = { group: 'apps', version: 'v1', kind: 'Deployment', ...named };
const serviceId = { version: 'v1', kind: 'Service', ...named };

describe.each(servers)('an App on $name', { timeout: 120_000 }, ({ start }) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  test('has its Deployment and Service, its status follows, and all goes with it', async () => {
    await using client = connect(server);
    await using controller = createAppController({ transport: client });
    // The controller is there before its kind is.
    await controller.start();
    await client.create(definition as object);
    await vi.waitFor(() => client.create(app), patience);

    const deployment = await vi.waitFor(async () => {
      const found = await client.get<V1Deployment>(deploymentId);
      expect(found).toBeDefined();
      return found!;
    }, patience);
    expect(deployment.spec).toMatchObject({
      replicas: 2,
      template: { spec: { containers: [{ image: 'nginx' }] } },
    });
    const ready = async () => {
      const found = await client.get<App>(appId);
      return found?.status?.conditions?.map(({ status, message }) => `${status}: ${message}`);
    };
    await vi.waitFor(
      async () => expect(await ready()).toEqual(['False: 0 of 2 replicas are ready']),
      patience,
    );
    // What the Deployment's own controller would write.
    const status = { replicas: 2, readyReplicas: 2, availableReplicas: 2, updatedReplicas: 2 };
    await client.patch(deploymentId, { status }, { subresource: 'status' });
    await vi.waitFor(
      async () => expect(await ready()).toEqual(['True: 2 of 2 replicas are ready']),
      patience,
    );

    await client.patch(deploymentId, { spec: { replicas: 7 } });
    await vi.waitFor(
      async () => expect((await client.get<V1Deployment>(deploymentId))?.spec?.replicas).toBe(2),
      patience,
    );
    await client.delete(serviceId);
    await vi.waitFor(
      async () =>
        expect((await client.get<V1Service>(serviceId))?.spec?.ports?.[0]?.port).toBe(8080),
      patience,
    );

    await client.delete(appId, { propagationPolicy: 'Foreground' });
    await vi.waitFor(async () => {
      for (const id of [appId, deploymentId, serviceId])
        expect(await client.get(id)).toBeUndefined();
    }, patience);
    expect(controller.watcher.getWatchCount()).toBe(3);
  });
});
