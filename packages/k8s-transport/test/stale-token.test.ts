import { startApiServer } from '@depwatch/testing';
import { expect, it, vi } from 'vitest';

import {
  answer,
  configMap,
  configMaps,
  kubeConfigFrom,
  opened,
  plainServer,
  transportFor,
} from './helpers.ts';

it.each([0, 20])(
  'fails none of 50 lists whose token is stale and the next good, after %i ms',
  async (ms) => {
    let given = 0;
    const server = await plainServer(({ headers }, response) => {
      if (headers.authorization !== 'Bearer token-2')
        return answer(response, 401, { kind: 'Status', code: 401 });
      return answer(response, 200, { metadata: { resourceVersion: '1' }, items: [] });
    });
    const apply = vi.fn(async (options: object) => {
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
      Object.assign(options, { headers: { Authorization: `Bearer token-${++given}` } });
    });
    const transport = transportFor({
      getCurrentCluster: () => ({ name: 'c', server: server.url }),
      getCurrentUser: () => null,
      applyToHTTPSOptions: apply,
    });
    await Promise.all(Array.from({ length: 50 }, () => transport.list(configMaps, {})));
    expect(apply).toHaveBeenCalledTimes(2);
  },
);

it('fails none of them on a server that ends the connection of whoever it refuses, and no watch', async () => {
  await using server = await startApiServer();
  const { objects } = server;
  const account = { version: 'v1', kind: 'ServiceAccount', namespace: 'default', name: 'builder' };
  const group = 'rbac.authorization.k8s.io';
  objects.create({ apiVersion: 'v1', kind: account.kind, metadata: { name: account.name } });
  objects.create({
    apiVersion: `${group}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'accounts' },
    roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: group, kind: 'Group', name: 'system:serviceaccounts' }],
  } as object);
  const admin = kubeConfigFrom(server.kubeConfig);
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  const issued: typeof request & { status?: { token: string } } = await transportFor(admin).create(
    request,
    { of: account, subresource: 'token' },
  );
  let token = issued.status!.token;
  const transport = transportFor({
    getCurrentCluster: () => admin.getCurrentCluster(),
    getCurrentUser: () => null,
    applyToHTTPSOptions: async (options) => {
      const ca = Buffer.from(admin.getCurrentCluster()!.caData!, 'base64');
      Object.assign(options, { ca, headers: { Authorization: `Bearer ${token}` } });
    },
  });
  const watch = await opened(transport.watch(configMaps, { resourceVersion: '1' }));
  objects.delete({ ...account, apiVersion: 'v1' });
  token = admin.getCurrentUser()!.token!;
  server.requests.reset();
  const lists = Array.from({ length: 50 }, () => transport.list(configMaps, {}));
  const more = opened(transport.watch(configMaps, { resourceVersion: '1' }));
  await Promise.all([...lists, more]);
  // Each of them asked at least once, and some were refused.
  expect(server.requests.count({ resource: 'configmaps' })).toBeGreaterThan(51);
  expect(server.requests.maxOpenConnections).toBeGreaterThan(1);
  objects.create(configMap('seen'));
  for (const one of [watch, await more])
    // What was there before may come with it, in one burst.
    expect((await one.next()).value).toContainEqual(expect.objectContaining({ type: 'ADDED' }));
});
