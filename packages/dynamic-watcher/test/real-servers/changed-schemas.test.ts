import type { KubernetesObject } from '@depwatch/core';
import { createK8sTransport, type K8sTransport } from '@depwatch/k8s-transport';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createDynamicWatcher } from '../../src/index.ts';
import { binaries, servers, type TestServer } from '../servers.ts';

const patience = { timeout: 30_000, interval: 50 };
type Gadget = KubernetesObject & { spec: object };

const kind = { group: 'schemas.example.com', version: 'v1', kind: 'Gadget' };
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gadgets.schemas.example.com' },
  spec: {
    group: kind.group,
    scope: 'Namespaced',
    names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
          },
        },
      },
    ],
  },
} as KubernetesObject;

describe.skipIf(!binaries)('a kind whose schema changes', { timeout: 120_000 }, () => {
  let server: TestServer;
  let client: K8sTransport;
  beforeAll(async () => {
    server = await servers.at(-1)!.start();
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(server.kubeConfig);
    client = createK8sTransport({ kubeConfig });
  });
  afterAll(async () => {
    await client?.close();
    await server?.[Symbol.asyncDispose]();
  });

  test('is shown, and reconciled, as it reads from then on, though nobody has written its objects', async () => {
    const id = { ...kind, namespace: 'default', name: 'g' };
    await client.create(definition);
    const gadget = {
      apiVersion: `${kind.group}/v1`,
      kind: 'Gadget',
      metadata: { name: 'g', namespace: 'default' },
      spec: { size: 1 },
    };
    const { metadata } = await vi.waitFor(() => client.create(gadget), patience);
    const seen: unknown[] = [];
    await using watcher = createDynamicWatcher({
      transport: client,
      enableCache: true,
      reconciler: () => void seen.push(watcher.getFromCache<Gadget>(id)?.spec),
    });
    await watcher.start();
    await watcher.addWatcher(id, id);
    await vi.waitFor(() => expect(seen).toEqual([{ size: 1 }]), patience);
    const properties = '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties';
    await client.patch(
      {
        group: 'apiextensions.k8s.io',
        version: 'v1',
        kind: 'CustomResourceDefinition',
        name: definition.metadata!.name!,
      },
      [{ op: 'add', path: `${properties}/colour`, value: { type: 'string', default: 'red' } }],
    );
    await vi.waitFor(
      () => expect(seen).toEqual([{ size: 1 }, { size: 1, colour: 'red' }]),
      patience,
    );
    expect((await client.get(id))!.metadata!.resourceVersion).toBe(metadata!.resourceVersion);
  });
});
