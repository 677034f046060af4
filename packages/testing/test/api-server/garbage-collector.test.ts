import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { findKubeApiServer } from '../../../../tools/kube-apiserver/binaries.ts';
import {
  type ControlPlane,
  startControlPlane,
} from '../../../../tools/kube-apiserver/control-plane.ts';
import { type ApiServer, startApiServer } from '../../src/index.ts';
import { garbageCases, runGarbageCase } from './garbage-cases.ts';
import { RawClient } from './raw-client.ts';

const maps = '/api/v1/namespaces/default/configmaps';
let reason = '';
const binaries = await findKubeApiServer({ log: (line) => (reason = line) });
if (!binaries && process.env['DEPWATCH_REQUIRE_KUBE_APISERVER'] === '1') throw new Error(reason);

describe('the garbage collector', () => {
  it.each(garbageCases)('$name', async (garbage) => {
    await using server = await startApiServer();
    const { left } = await runGarbageCase(server.kubeConfig, garbage, 'case');
    expect(left).toEqual(garbage.left);
  });

  it('finds an owner of the cluster, and lets be what no namespaced owner can have', async () => {
    await using server = await startApiServer();
    await using client = new RawClient(server.kubeConfig);
    const namespace = (await client.get('/api/v1/namespaces/default')).body;
    const owner = (of: any) => ({
      apiVersion: 'v1',
      kind: of.kind,
      name: of.metadata.name,
      uid: of.metadata.uid,
    });
    const map = await client.post(maps, {
      metadata: { name: 'of-namespace', ownerReferences: [owner(namespace)] },
    });
    await client.post('/api/v1/nodes', {
      metadata: { name: 'of-map', ownerReferences: [owner(map.body)] },
    });
    await settled(client);
    expect((await client.get(`${maps}/of-namespace`)).status).toBe(200);
    expect((await client.get('/api/v1/nodes/of-map')).status).toBe(200);
  });

  it('collects what an object of a kind owned that has gone with its definition', async () => {
    await using server = await startApiServer();
    await using client = new RawClient(server.kubeConfig);
    const names = { plural: 'widgets', kind: 'Widget' };
    const schema = { openAPIV3Schema: { type: 'object' } };
    const definition = {
      metadata: { name: 'widgets.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names,
        versions: [{ name: 'v1', served: true, storage: true, schema }],
      },
    };
    const reference = { apiVersion: 'example.com/v1', kind: 'Widget', name: 'w' };
    // It is there before the kind of its owner is, and waits for it.
    const early = { ...reference, uid: crypto.randomUUID() };
    await client.post(maps, { metadata: { name: 'early', ownerReferences: [early] } });
    await settled(client);
    expect((await client.get(`${maps}/early`)).status).toBe(200);
    const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    await client.post(definitions, definition);
    await settled(client);
    expect((await client.get(`${maps}/early`)).status).toBe(404);
    const { body } = await client.post('/apis/example.com/v1/namespaces/default/widgets', {
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'w' },
    });
    const owned = { ...reference, uid: body.metadata.uid };
    await client.post(maps, { metadata: { name: 'owned', ownerReferences: [owned] } });
    await settled(client);
    expect((await client.get(`${maps}/owned`)).status).toBe(200);
    // It goes though its owner's kind does, too, and something keeps it for a while.
    await client.patch(`${maps}/owned`, { metadata: { finalizers: ['example.com/keep'] } });
    await client.delete(`${definitions}/widgets.example.com`);
    await settled(client);
    const { metadata } = (await client.get(`${maps}/owned`)).body;
    expect(metadata.deletionTimestamp).toBeDefined();
    await client.patch(`${maps}/owned`, { metadata: { finalizers: null } });
    expect((await client.get(`${maps}/owned`)).status).toBe(404);
  });

  it('lets events be, and collects what a definition calls events', async () => {
    await using server = await startApiServer();
    await using client = new RawClient(server.kubeConfig);
    await client.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      metadata: { name: 'events.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'events', kind: 'Event' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object' } },
          },
        ],
      },
    });
    const metadata = {
      name: 'owned',
      ownerReferences: [
        { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: crypto.randomUUID() },
      ],
    };
    const custom = '/apis/example.com/v1/namespaces/default/events';
    const body = { apiVersion: 'example.com/v1', kind: 'Event', metadata };
    expect((await client.post(custom, body)).status).toBe(201);
    const events = '/api/v1/namespaces/default/events';
    const involvedObject = { kind: 'ConfigMap', name: 'x', namespace: 'default' };
    expect((await client.post(events, { metadata, involvedObject })).status).toBe(201);
    await settled(client);
    expect((await client.get(`${custom}/owned`)).status).toBe(404);
    expect((await client.get(`${events}/owned`)).status).toBe(200);
  });

  it('goes on with thousands of dependents, each deleted once', async () => {
    await using server = await startApiServer();
    await using client = new RawClient(server.kubeConfig);
    const { body } = await client.post(maps, { metadata: { name: 'owner' } });
    const { name, uid } = body.metadata;
    for (let index = 0; index < 2000; index += 1) {
      server.objects.create({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {
          name: `dependent-${index}`,
          ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name, uid }],
        },
      });
    }
    const before = Number(server.resourceVersion);
    await client.delete(`${maps}/owner`);
    await settled(client);
    expect((await client.get(maps)).body.items).toEqual([]);
    // One version for each that went, and two for the one that told that it was over.
    expect(Number(server.resourceVersion) - before).toBe(2003);
  });

  it('is not there where it is switched off: finalizers stay, dependents too', async () => {
    await using server = await startApiServer({ garbageCollector: false });
    await using client = new RawClient(server.kubeConfig);
    const { body } = await client.post(maps, { metadata: { name: 'a' } });
    const { name, uid } = body.metadata;
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name, uid }];
    await client.post(maps, { metadata: { name: 'b', ownerReferences } });
    await client.delete(`${maps}/a`, { propagationPolicy: 'Foreground' });
    const { metadata } = (await client.get(`${maps}/a`)).body;
    expect(metadata.finalizers).toEqual(['foregroundDeletion']);
    await client.patch(`${maps}/a`, { metadata: { finalizers: null } });
    expect((await client.get(`${maps}/a`)).status).toBe(404);
    expect((await client.get(`${maps}/b`)).status).toBe(200);
  });

  it('does nothing more once the server has stopped', async () => {
    const server = await startApiServer();
    const a = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', namespace: 'default' },
    };
    const { uid } = server.objects.create<any>(a).metadata;
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid }];
    const b = { ...a, metadata: { ...a.metadata, name: 'b', ownerReferences } };
    server.objects.create(b);
    const reference = { ...a, ...a.metadata };
    server.objects.delete(reference);
    await server.stop();
    const last = server.resourceVersion;
    await new Promise((resolve) => setImmediate(resolve));
    expect(server.resourceVersion).toBe(last);
  });
});

/** Resolves when the collector has come to what happens now. */
async function settled(client: RawClient): Promise<void> {
  const ownerReferences = [
    { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: crypto.randomUUID() },
  ];
  const watch = await client.watch(`${maps}?watch=1&fieldSelector=metadata.name%3Dcanary`);
  await client.post(maps, { metadata: { name: 'canary', ownerReferences } });
  await watch.until(2);
  watch.close();
}

describe.skipIf(!binaries?.kubeControllerManager)('a real cluster tells the same story', () => {
  let real: ControlPlane;
  let own: ApiServer;

  beforeAll(async () => {
    const controllers = ['garbage-collector-controller'];
    [real, own] = await Promise.all([
      startControlPlane({ binaries: binaries!, controllers }),
      startApiServer(),
    ]);
  });
  afterAll(async () => {
    await Promise.all([real?.stop(), own?.stop()]);
  });

  it.each(garbageCases.map((garbage, index) => ({ ...garbage, namespace: `case-${index}` })))(
    '$name',
    async ({ namespace, ...garbage }) => {
      const [expected, actual] = await Promise.all([
        runGarbageCase(real.kubeConfig, garbage, namespace),
        runGarbageCase(own.kubeConfig, garbage, namespace),
      ]);
      expect(actual).toEqual(garbage.races ? { ...actual, left: expected.left } : expected);
    },
  );
});
