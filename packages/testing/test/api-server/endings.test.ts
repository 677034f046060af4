import { expect, test, vi } from 'vitest';

import { client } from './one-server.ts';

test('a pod that is ending may be told to end sooner, and goes with its last finalizer', async () => {
  const pods = '/api/v1/namespaces/default/pods';
  const finalizers = ['example.com/f'];
  await client.post(pods, {
    metadata: { name: 'p', finalizers },
    spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] },
  });
  const told = async (query: string): Promise<[number, number]> => {
    const { metadata } = (await client.delete(`${pods}/p${query}`)).body;
    const { deletionGracePeriodSeconds, deletionTimestamp } = metadata;
    return [deletionGracePeriodSeconds, Date.parse(deletionTimestamp)];
  };
  const [grace, end] = await told('');
  expect(grace).toBe(30);
  expect(await told('?gracePeriodSeconds=40')).toEqual([30, end]);
  expect(await told('?gracePeriodSeconds=10')).toEqual([10, end - 20_000]);
  expect(await told('')).toEqual([10, end - 20_000]);
  expect(await told('?gracePeriodSeconds=0')).toEqual([0, end - 30_000]);
  await client.patch(`${pods}/p`, { metadata: { finalizers: null } });
  expect((await client.get(`${pods}/p`)).status).toBe(404);
});

test('a namespace that is deleted in the foreground is held by that finalizer, and goes', async () => {
  await client.post('/api/v1/namespaces', { metadata: { name: 'gone' } });
  const maps = '/api/v1/namespaces/gone/configmaps';
  await client.post(maps, { metadata: { name: 'a', finalizers: ['example.com/f'] } });
  const path = '/api/v1/namespaces/gone';
  const { body } = await client.delete(path, { propagationPolicy: 'Foreground' });
  expect(body.metadata.finalizers).toEqual(['foregroundDeletion']);
  await client.patch(`${maps}/a`, { metadata: { finalizers: null } });
  await vi.waitFor(async () => expect((await client.get(path)).status).toBe(404), {
    interval: 5,
  });
});

test('the status of a load balancer goes with the type of its service', async () => {
  const path = '/api/v1/namespaces/default/services';
  const ports = [{ port: 80 }];
  await client.post(path, { metadata: { name: 's' }, spec: { type: 'LoadBalancer', ports } });
  const status = { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } };
  const ingress = [{ ip: '192.0.2.1', ipMode: 'VIP' }];
  const balanced = await client.patch(`${path}/s/status`, { status });
  expect(balanced.body.status).toEqual({ loadBalancer: { ingress } });
  const changed = await client.patch(`${path}/s`, { spec: { type: 'ClusterIP' } });
  expect(changed.body.status).toEqual({ loadBalancer: {} });
  expect((await client.patch(`${path}/s/status`, { status })).status).toBe(422);
});

test('no write of its status says that a namespace ends', async () => {
  const path = '/api/v1/namespaces/default/status';
  const { status, body } = await client.patch(path, { status: { phase: 'Terminating' } });
  expect([status, body.details.causes[0].field]).toEqual([422, 'status.Phase']);
});
