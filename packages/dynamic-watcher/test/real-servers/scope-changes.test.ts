/** Kinds whose definition is replaced by one of another scope, on servers that take their objects along. */
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
const late = configMapId('late');
let groups = 0;

/** A kind in a group of its own, an object of it by both its names, and the object with a value. */
function kindOfItsOwn() {
  groups += 1;
  const group = `scoped-${groups}.example.com`;
  const plain = { group, version: 'v1', kind: 'Widget', name: 'w' };
  return {
    group,
    plain,
    spelt: { ...plain, namespace: 'default' },
    definition: (namespaced: boolean) => definitionOf(group, { plural: 'widgets', namespaced }),
    object: (value: string, namespaced: boolean) => ({
      apiVersion: `${group}/v1`,
      kind: 'Widget',
      metadata: { name: 'w', ...(namespaced && { namespace: 'default' }) },
      data: { value },
    }),
  };
}

type Kind = ReturnType<typeof kindOfItsOwn>;

describe.each(servers)('on $name', { timeout: 120_000 }, ({ start }) => {
  let server: TestServer;
  let admin: ApiClient;
  beforeAll(async () => {
    server = await start();
    admin = new ApiClient(server.kubeConfig);
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  /** Resolves when the kind is served in that scope, with its object. */
  async function serve(kind: Kind, namespaced: boolean, value: string): Promise<void> {
    await admin.put(kind.definition(namespaced));
    await vi.waitFor(() => admin.put(kind.object(value, namespaced)), patience);
  }

  async function replace(kind: Kind, namespaced: boolean, value: string): Promise<void> {
    const definition = kind.definition(!namespaced);
    await admin.remove(definition);
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${definition.metadata.name}`;
    await vi.waitFor(async () => expect((await admin.ask('GET', path)).status).toBe(404), patience);
    await serve(kind, namespaced, value);
  }

  async function watch(unavailable: 'reject' | 'wait') {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(server.kubeConfig);
    const recorder = new Recorder();
    const transport = createK8sTransport({ kubeConfig });
    const counted = countingTransport(transport);
    const watcher = createDynamicWatcher({
      transport: counted,
      reconciler: recorder,
      enableCache: true,
      disableInitialReconcile: true,
      unavailable,
      pollIntervalMs: 500,
    });
    await watcher.start();
    return {
      watcher,
      recorder,
      counted,
      async [Symbol.asyncDispose]() {
        await watcher[Symbol.asyncDispose]();
        await transport.close();
      },
    };
  }

  describe.concurrent.each(['reject', 'wait'] as const)(
    'a kind of another scope (%s)',
    (unavailable) => {
      test.concurrent.each([
        ['has left its namespaces', true],
        ['has come to live in namespaces', false],
      ])(
        'that %s is watched once, and goes by the name that it has there',
        async (_, namespaced) => {
          const kind = kindOfItsOwn();
          const { plain, spelt } = kind;
          await serve(kind, namespaced, 'one');
          await using bench = await watch(unavailable);
          const { watcher, recorder } = bench;
          const value = (): unknown =>
            watcher.getFromCache<ReturnType<Kind['object']>>(spelt)?.data.value;
          await watcher.addWatcher(app, spelt);
          expect(value()).toBe('one');
          await replace(kind, !namespaced, 'two');
          await vi.waitFor(() => expect(value()).toBe('two'), patience);
          const known = namespaced ? plain : spelt;
          expect(watcher.graph().watched).toEqual([known]);
          // Who comes later shares it, and both are told.
          await watcher.addWatcher(late, known);
          expect(watcher.getWatchCount()).toBe(1);
          expect(watcher.watchStatus()).toMatchObject([{ state: 'live', watched: known }]);
          recorder.calls.length = 0;
          await admin.put(kind.object('three', !namespaced));
          const woken = () => new Set(recorder.calls.map(({ watcher: name }) => name));
          await vi.waitFor(() => expect(woken()).toEqual(new Set(['app', 'late'])), patience);
          expect(value()).toBe('three');
          // And back, where it goes by the names that it was asked for with.
          await replace(kind, namespaced, 'four');
          await vi.waitFor(() => expect(value()).toBe('four'), patience);
          await watcher.removeWatcher(app);
          await watcher.removeWatcher(late);
          expect(watcher.getWatchCount()).toBe(0);
          expect(watcher.watchStatus()).toEqual([]);
        },
      );
    },
  );

  test.concurrent('a cluster-scoped kind that goes while it is asked for with a namespace stands once, and is there again', async () => {
    const kind = kindOfItsOwn();
    const { plain, spelt } = kind;
    await serve(kind, false, 'one');
    await using bench = await watch('wait');
    const { watcher } = bench;
    await watcher.addWatcher(app, spelt);
    await admin.remove(kind.definition(false));
    await vi.waitFor(
      () => expect(watcher.statusOf(spelt)).toMatchObject({ state: 'pending' }),
      patience,
    );
    expect(await watcher.queryBatch(app, ({ get }) => get(spelt))).toBeUndefined();
    await watcher.addWatcher(late, spelt);
    expect(watcher.watchStatus()).toHaveLength(1);
    await serve(kind, false, 'two');
    await vi.waitFor(() => expect(watcher.getFromCache(plain)).toBeDefined(), patience);
    expect(watcher.watchStatus()).toHaveLength(1);
    expect(watcher.getWatchCount()).toBe(1);
  });
});
