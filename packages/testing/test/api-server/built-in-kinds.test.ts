import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type ApiServer, startApiServer } from '../../src/index.ts';
import { RawClient } from './raw-client.ts';

const home = '/api/v1/namespaces/default';
const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const events = '/apis/events.k8s.io/v1/namespaces/default/events';
const deployments = '/apis/apps/v1/namespaces/default/deployments';
const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';

const template = {
  metadata: { labels: { app: 'a' } },
  spec: { containers: [{ name: 'c', image: 'i', resources: { limits: { cpu: 0.5 } } }] },
};

let server: ApiServer;
let client: RawClient;

beforeEach(async () => {
  server = await startApiServer();
  client = new RawClient(server.kubeConfig);
});
afterEach(async () => {
  await client[Symbol.asyncDispose]();
  await server.stop();
});

describe('a lease', () => {
  it('is updated by whoever knows its version, and by nobody else', async () => {
    const lease = { metadata: { name: 'l' }, spec: { holderIdentity: 'a' } };
    const { body } = await client.post(leases, lease);
    expect((await client.put(`${leases}/l`, lease)).status).toBe(422);
    expect((await client.put(`${leases}/l`, body)).status).toBe(200);
    const stolen = { ...body, spec: { holderIdentity: 'b' } };
    expect((await client.put(`${leases}/l`, stolen)).status).toBe(200);
    expect((await client.put(`${leases}/l`, body)).status).toBe(409);
  });

  it('is created by a PUT', async () => {
    const lease = { metadata: { name: 'l' }, spec: { holderIdentity: 'a' } };
    expect((await client.put(`${leases}/l`, lease)).status).toBe(201);
  });

  it('has times to the microsecond, which Date doesn’t write', async () => {
    const at = (renewTime: string) => ({ metadata: { name: 'l' }, spec: { renewTime } });
    const refused = await client.post(leases, at(new Date(0).toISOString()));
    expect([refused.status, refused.body.message]).toEqual([
      400,
      'Lease in version "v1" cannot be handled as a Lease: parsing time "1970-01-01T00:00:00.000Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse ".000Z" as ".000000"',
    ]);
    const taken = await client.post(leases, at('1970-01-01T02:00:00.000001+02:00'));
    expect(taken.body.spec).toEqual({ renewTime: '1970-01-01T00:00:00.000001Z' });
  });
});

describe('an object of a built-in kind', () => {
  it('is written in the same order whoever wrote it, so that a no-op is none', async () => {
    const first = { data: { b: '1', a: '2' }, metadata: { labels: { z: '', a: '' }, name: 'm' } };
    const second = { metadata: { name: 'm', labels: { a: '', z: '' } }, data: { a: '2', b: '1' } };
    const created = await client.post(`${home}/configmaps`, first);
    expect(created.text).toContain('"labels":{"a":"","z":""}');
    expect(created.text).toContain('"data":{"a":"2","b":"1"}');
    const { body } = await client.put(`${home}/configmaps/m`, second);
    expect(body.metadata.resourceVersion).toBe(created.body.metadata.resourceVersion);
  });

  it('keeps no field that its kind doesn’t have, and says so', async () => {
    const map = { metadata: { name: 'm' }, daat: { a: 'b' } };
    const { body, headers } = await client.post(`${home}/configmaps`, map);
    expect(body).not.toHaveProperty('daat');
    expect(headers['warning']).toBe(String.raw`299 - "unknown field \"daat\""`);
    const strict = await client.post(`${home}/configmaps?fieldValidation=Strict`, map);
    expect(strict.status).toBe(400);
  });

  it('is refused with a type that no typed client could read back', async () => {
    const map = { metadata: { name: 'm' }, data: { size: 5 } };
    const { status, body } = await client.post(`${home}/configmaps`, map);
    expect([status, body.message]).toEqual([
      400,
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
    ]);
  });

  it('shows amounts as the server writes them', async () => {
    const spec = { selector: { matchLabels: { app: 'a' } }, template };
    const { body } = await client.post(deployments, { metadata: { name: 'd' }, spec });
    expect(body.spec.template.spec.containers[0].resources).toEqual({ limits: { cpu: '500m' } });
  });

  it('never has the data of a secret in what is said against it', async () => {
    const { status, text } = await client.post(`${home}/secrets`, {
      metadata: { name: 's' },
      type: 'kubernetes.io/dockerconfigjson',
      stringData: { '.dockerconfigjson': 'hunter2' },
    });
    expect(status).toBe(422);
    expect(text).not.toMatch(/hunter2|aHVudGVyMg/);
  });
});

describe('events', () => {
  it('are the same in both groups, watches included', async () => {
    const watch = await client.watch(`${events}?watch=1`);
    await client.post(`${home}/events`, {
      metadata: { name: 'e' },
      involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' },
      message: 'hello',
    });
    const { object } = (await watch.until(1))[0]!;
    expect(object).toMatchObject({ apiVersion: 'events.k8s.io/v1', note: 'hello' });
    watch.close();
    await client.delete(`${events}/e`);
    expect((await client.get(`${home}/events/e`)).status).toBe(404);
  });
});

describe('subresources', () => {
  it('scale what says how many there are to be', async () => {
    const spec = { selector: { matchLabels: { app: 'a' } }, template };
    await client.post(deployments, { metadata: { name: 'd' }, spec });
    await client.patch(`${deployments}/d/scale`, { spec: { replicas: 3 } });
    const { body } = await client.get(`${deployments}/d`);
    expect([body.spec.replicas, body.metadata.generation]).toEqual([3, 2]);
  });

  it('evict a pod when its disruption budget has a disruption left', async () => {
    await client.post(`${home}/pods`, {
      ...template,
      metadata: { name: 'p', labels: { app: 'a' } },
    });
    const ready = { type: 'Ready', status: 'True' };
    const status = { phase: 'Running', conditions: [ready] };
    await client.patch(`${home}/pods/p/status`, { status });
    const selector = { matchLabels: { app: 'a' } };
    await client.post(budgets, { metadata: { name: 'b' }, spec: { minAvailable: 1, selector } });
    const evict = () => client.post(`${home}/pods/p/eviction`, { metadata: { name: 'p' } });
    expect((await evict()).status).toBe(429);
    const allowed = { observedGeneration: 1, disruptionsAllowed: 1 };
    await client.patch(`${budgets}/b/status`, { status: allowed });
    expect((await evict()).status).toBe(201);
    expect((await client.get(`${home}/pods/p`)).status).toBe(404);
    expect((await client.get(`${budgets}/b`)).body.status.disruptionsAllowed).toBe(0);
  });
});
