import { createK8sTransport } from '@depwatch/k8s-transport';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createDynamicWatcher } from '../../src/index.ts';
import { countingTransport } from '../counting-transport.ts';
import { ApiClient } from '../fault-table/api-client.ts';
import { definitionOf } from '../fault-table/definition.ts';
import { configMapId, Recorder } from '../harness.ts';
import { servers, type TestServer } from '../servers.ts';

const patience = { timeout: 40_000, interval: 20 };
const app = configMapId('app');
const role = { apiVersion: 'rbac.authorization.k8s.io/v1' };
let groups = 0;

/** A definition of a kind of its own, and an object of it. */
function kindOfItsOwn() {
  groups += 1;
  const group = `available-${groups}.example.com`;
  const definition = (namespaced = true) => definitionOf(group, { plural: 'widgets', namespaced });
  const id = { group, version: 'v1', kind: 'Widget', namespace: 'default', name: 'w' };
  return { group, definition, id };
}

describe.each(servers)('what is not to be had on $name', { timeout: 120_000 }, ({ start }) => {
  let server: TestServer;
  let admin: ApiClient;
  beforeAll(async () => {
    server = await start();
    admin = new ApiClient(server.kubeConfig);
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  /** Resolves when the kind of a group can be listed. */
  const served = (group: string): Promise<void> =>
    vi.waitFor(
      async () => expect((await admin.ask('GET', `/apis/${group}/v1/widgets`)).status).toBe(200),
      { ...patience, interval: 5 },
    );

  /** A dynamic watcher that waits; as an administrator, or as a user with what RBAC grants. */
  async function watch(as: 'admin' | 'viewer', pollIntervalMs = 500) {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(as === 'admin' ? server.kubeConfig : server.kubeConfigFor('viewer'));
    const recorder = new Recorder();
    const transport = createK8sTransport({ kubeConfig });
    const counted = countingTransport(transport);
    const watcher = createDynamicWatcher({
      transport: counted,
      reconciler: recorder,
      enableCache: true,
      disableInitialReconcile: true,
      unavailable: 'wait',
      authGraceMs: 1000,
      pollIntervalMs,
    });
    await watcher.start();
    return {
      watcher,
      recorder,
      counted,
      types: () => recorder.calls.flatMap(({ causes }) => causes),
      async [Symbol.asyncDispose]() {
        await watcher[Symbol.asyncDispose]();
        await transport.close();
      },
    };
  }

  test('a kind that is installed later is there within 2 s; it goes, and comes back in another scope', async () => {
    await using bench = await watch('admin');
    const { watcher, types, counted } = bench;
    const { group, definition, id } = kindOfItsOwn();
    const read = await watcher.queryBatch(app, async (batch) => [
      await batch.get(id),
      batch.unavailable.length,
    ]);
    expect(read).toEqual([undefined, 1]);
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const asked = counted.counts.discover;
    await admin.put(definition());
    await served(group);
    const servedAt = performance.now();
    await vi.waitFor(() => expect(types()).toEqual(['available']), patience);
    console.log(
      `reconciled ${Math.round(performance.now() - servedAt)} ms after the kind was served;`,
      `kinds asked for in the 5 s before: ${asked - 1}`,
    );
    expect(performance.now() - servedAt).toBeLessThan(2000);
    await admin.put({
      apiVersion: `${group}/v1`,
      kind: 'Widget',
      metadata: { name: 'w', namespace: 'default' },
    });
    await vi.waitFor(() => expect(types()).toEqual(['available', 'added']), patience);
    await admin.remove(definition());
    await vi.waitFor(() => expect(types()).toContain('unavailable'), patience);
    expect(watcher.statusOf(id)).toMatchObject({ state: 'pending' });
    await admin.put(definition(false));
    await vi.waitFor(
      () => expect(types().filter((type) => type === 'available')).toHaveLength(2),
      patience,
    );
    await admin.put({ apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'w' } });
    await vi.waitFor(() => expect(watcher.getFromCache(id)).toBeDefined(), patience);
  });

  test('a kind is there within 30 s for who may not watch definitions, and then may be read once that is granted', async () => {
    await using bench = await watch('viewer');
    const { watcher, types, counted } = bench;
    const { group, definition, id } = kindOfItsOwn();
    await watcher.addWatcher(app, id);
    expect(watcher.statusOf(id)?.lastError?.code).toBe('ERR_NO_VERSIONED_RESOURCE');
    await admin.put(definition());
    await served(group);
    const servedAt = performance.now();
    await vi.waitFor(
      () => expect(watcher.statusOf(id)?.lastError?.code).toBe('ERR_FORBIDDEN'),
      patience,
    );
    expect(counted.counts.servedKinds).toBeGreaterThanOrEqual(1);
    console.log(`noticed ${Math.round(performance.now() - servedAt)} ms after the kind was served`);
    expect(types()).toEqual([]);
    const reader = {
      ...role,
      kind: 'ClusterRole',
      metadata: { name: group },
      rules: [{ apiGroups: [group], resources: ['*'], verbs: ['list', 'watch'] }],
    };
    await admin.put(reader);
    const binding = {
      ...role,
      kind: 'ClusterRoleBinding',
      metadata: { name: group },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: group },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'viewer' }],
    };
    await admin.put(binding);
    const grantedAt = performance.now();
    await vi.waitFor(() => expect(types()).toEqual(['available']), patience);
    console.log(`reconciled ${Math.round(performance.now() - grantedAt)} ms after the grant`);
    await admin.remove(binding);
    // A watch that is open goes on; the next request is refused.
    await server.kill();
    await server.restart();
    await vi.waitFor(() => expect(types()).toContain('unavailable'), patience);
    await admin.put(binding);
    await vi.waitFor(
      () => expect(types().filter((type) => type === 'available')).toHaveLength(2),
      patience,
    );
  });

  test('a right to one name of a hundred is found by a question every few seconds', async () => {
    await using bench = await watch('viewer');
    const { watcher, types, counted } = bench;
    const id = (name: string) => ({ version: 'v1', kind: 'Secret', namespace: 'default', name });
    const names = Array.from({ length: 100 }, (_, index) => `held-${index}`);
    await Promise.all(names.map((name) => watcher.addWatcher(app, id(name))));
    const { lists } = counted.counts;
    const startedAt = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    expect(types()).toEqual([]);
    const metadata = { name: 'one-secret', namespace: 'default' };
    const reader = {
      ...role,
      kind: 'Role',
      metadata,
      rules: [
        {
          apiGroups: [''],
          resources: ['secrets'],
          resourceNames: ['held-42'],
          verbs: ['get', 'list', 'watch'],
        },
      ],
    };
    const binding = {
      ...role,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'viewer' }],
    };
    await admin.put(reader);
    await admin.put(binding);
    const grantedAt = performance.now();
    await vi.waitFor(() => expect(types()).toEqual(['available']), patience);
    expect(watcher.statusOf(id('held-42'))).toMatchObject({ state: 'live' });
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    console.log(
      `reconciled ${Math.round(performance.now() - grantedAt)} ms after the grant; in ${seconds} s`,
      `${counted.counts.reviews} reviews and ${counted.counts.lists - lists} trials`,
    );
    expect(counted.counts.lists - lists).toBe(1);
  });

  test('what can be read and not watched is read', async (context) => {
    const status = { version: 'v1', kind: 'ComponentStatus', name: 'etcd-0' };
    const { body } = await admin.ask('GET', '/api/v1');
    const resources = body['resources'] as { kind: string }[];
    context.skip(!resources.some(({ kind }) => kind === status.kind), 'the server has none');
    await using bench = await watch('admin');
    const { watcher, counted } = bench;
    await watcher.addWatcher(app, status);
    expect(watcher.statusOf(status)).toMatchObject({ state: 'polling', servedBy: 'poll' });
    expect(watcher.getFromCache(status)).toMatchObject({ kind: 'ComponentStatus' });
    const { lists } = counted.counts;
    await vi.waitFor(() => expect(counted.counts.lists).toBeGreaterThan(lists + 2), patience);
  });

  test('what can be created alone is waited for, and nothing is said of it', async () => {
    await using bench = await watch('admin');
    const { watcher, types } = bench;
    const review = {
      group: 'authorization.k8s.io',
      version: 'v1',
      kind: 'SelfSubjectAccessReview',
      name: 'r',
    };
    await watcher.addWatcher(app, review);
    expect(watcher.statusOf(review)?.state).toBe('pending');
    await watcher.addWatcher(app, configMapId('config'));
    expect(watcher.statusOf(configMapId('config'))?.state).toBe('live');
    expect(types()).toEqual([]);
  });
});
