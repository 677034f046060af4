import type { K8sTransport } from '@depwatch/k8s-transport';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  createController,
  setCondition,
  systemClock,
  type Cached,
  type Condition,
  type Controller,
  type ControllerOptions,
  type KubernetesObject,
} from '../../src/index.ts';
import {
  configMap,
  configMapId,
  widgetDefinition,
  type ConfigMap,
  type Widget,
} from '../harness.ts';
import { connect, servers, type TestServer } from './servers.ts';

const patience = { timeout: 30_000, interval: 20 };
let groups = 0;

/** A kind of a test's own. */
function kindOfItsOwn() {
  groups += 1;
  const group = `controller-${groups}.example.com`;
  const kind = { group, version: 'v1', kind: 'Widget' };
  const definition = {
    ...widgetDefinition,
    metadata: { name: `widgets.${group}` },
    spec: { ...widgetDefinition.spec, group },
  };
  const object = (name: string, spec: Widget['spec'] = {}) => ({
    apiVersion: `${group}/v1`,
    kind: 'Widget',
    metadata: { name, namespace: 'default' },
    spec,
  });
  const id = (name: string) => ({ ...kind, namespace: 'default', name });
  return { kind, definition, object, id };
}

describe.each(servers)('a controller on $name', { timeout: 120_000 }, ({ start }) => {
  let server: TestServer;
  let client: K8sTransport;
  const running: Controller[] = [];
  beforeAll(async () => {
    server = await start();
    client = connect(server);
  });
  afterEach(async () => {
    for (const controller of running.splice(0)) await controller[Symbol.asyncDispose]();
  });
  afterAll(async () => {
    await client?.close();
    await server?.[Symbol.asyncDispose]();
  });

  async function run(options: Omit<ControllerOptions<Widget>, 'transport' | 'kubeConfig'>) {
    const controller = createController<Widget>({ ...options, transport: client });
    running.push(controller);
    await controller.start();
    return controller;
  }

  /** Installs a kind, and waits until it is served. */
  async function install({ definition, object, id }: ReturnType<typeof kindOfItsOwn>) {
    await client.create(definition as KubernetesObject);
    await vi.waitFor(() => client.create(object('probe')), patience);
    await client.delete(id('probe'));
    await vi.waitFor(async () => expect(await client.get(id('probe'))).toBeUndefined(), patience);
  }

  test('reconciles a kind that is installed after it has begun', async () => {
    const own = kindOfItsOwn();
    const calls: string[] = [];
    const controller = await run({
      kind: own.kind,
      reconcile: ({ metadata }) => void calls.push(metadata!.name!),
    });
    await client.create(own.definition as KubernetesObject);
    await vi.waitFor(() => client.create(own.object('late')), patience);
    await vi.waitFor(() => expect(calls).toEqual(['late']), patience);
    await controller.ready;
  });

  test('notices changes of a kind whose generation is not counted', async () => {
    type PriorityClass = KubernetesObject & { value: number; description: string };
    const kind = { group: 'scheduling.k8s.io', version: 'v1', kind: 'PriorityClass' };
    const seen: string[] = [];
    const controller = createController<PriorityClass>({
      kind,
      transport: client,
      reconcile: ({ metadata, description }) =>
        void (metadata!.name === 'ours' && seen.push(description)),
    });
    running.push(controller);
    await controller.start();
    await client.create({
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name: 'ours' },
      value: 5,
      description: 'before',
    } as KubernetesObject);
    await vi.waitFor(() => expect(seen).toEqual(['before']), patience);
    await client.patch({ ...kind, name: 'ours' }, { description: 'after' });
    await vi.waitFor(() => expect(seen).toEqual(['before', 'after']), patience);
  });

  test('writes a status once, is not woken by it, and writes none that does not change over 1,000 reconciles', async () => {
    const own = kindOfItsOwn();
    await install(own);
    let reconciles = 0;
    const patch = vi.spyOn(client, 'patch');
    type Told = Widget & { status?: { conditions?: Condition[] } };
    const controller = await run({
      kind: own.kind,
      async reconcile(object: Cached<Widget>, { patchStatus }) {
        reconciles += 1;
        const before = (object as Cached<Told>).status?.conditions;
        const ready = { type: 'Ready', status: 'True', reason: 'Done', message: 'it is' } as const;
        await patchStatus({
          size: 1,
          seen: ['x'],
          conditions: setCondition(before, ready, systemClock),
        } as object);
      },
    });
    await client.create(own.object('a'));
    await vi.waitFor(() => expect(reconciles).toBe(1), patience);
    await vi.waitFor(
      async () => expect((await client.get<Told>(own.id('a')))?.status?.size).toBe(1),
      patience,
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(reconciles).toBe(1);
    const { resourceVersion } = (await client.get(own.id('a')))!.metadata!;
    while (reconciles < 1001) {
      const next = reconciles + 1;
      controller.enqueue(own.id('a'));
      await vi.waitFor(() => expect(reconciles).toBe(next), { timeout: 5000, interval: 1 });
    }
    expect(patch).toHaveBeenCalledTimes(1);
    patch.mockRestore();
    expect((await client.get(own.id('a')))!.metadata!.resourceVersion).toBe(resourceVersion);
  });

  test('finalizes, and what is owned is collected with its owner', async () => {
    const own = kindOfItsOwn();
    await install(own);
    const calls: string[] = [];
    await run({
      kind: own.kind,
      owns: [{ version: 'v1', kind: 'ConfigMap' }],
      finalizer: {
        name: 'example.com/widgets',
        run: ({ metadata }) => void calls.push(`finalize ${metadata!.name}`),
      },
      removed: ({ name }) => void calls.push(`removed ${name}`),
      async reconcile({ metadata, spec }, { apply, patchStatus, get }) {
        const child = await apply(configMap(`of-${metadata!.name}`, { size: `${spec?.size}` }), {
          owned: true,
        });
        const shown = await get<ConfigMap>(configMapId(child.metadata.name));
        await patchStatus({ ready: shown?.data['size'] === `${spec?.size}` });
      },
    });
    await client.create(own.object('a', { size: 1 }));
    const ready = async () => (await client.get<Widget>(own.id('a')))?.status?.ready;
    await vi.waitFor(async () => expect(await ready()).toBe(true), patience);
    expect((await client.get(own.id('a')))?.metadata?.finalizers).toEqual(['example.com/widgets']);
    await client.patch(configMapId('of-a'), { data: { size: 'spoiled' } });
    await vi.waitFor(
      async () =>
        expect((await client.get<ConfigMap>(configMapId('of-a')))?.data['size']).toBe('1'),
      patience,
    );
    await client.delete(own.id('a'), { propagationPolicy: 'Foreground' });
    await vi.waitFor(async () => expect(await client.get(own.id('a'))).toBeUndefined(), patience);
    await vi.waitFor(
      async () => expect(await client.get(configMapId('of-a'))).toBeUndefined(),
      patience,
    );
    await vi.waitFor(() => expect(calls).toEqual(['finalize a', 'removed a']), patience);
  });

  test('does not take what is there already, nor fight over a field; it tells of that in an event', async () => {
    const own = kindOfItsOwn();
    await install(own);
    await client.create(configMap('foreign', { of: 'somebody' }));
    await client.apply(configMap('shared', { value: '1' }), { fieldManager: 'first' });
    const calls: string[] = [];
    await run({
      kind: own.kind,
      fieldManager: `second-${groups}`,
      async reconcile({ metadata }, { apply }) {
        calls.push(metadata!.name!);
        if (metadata!.name === 'a')
          await apply(configMap('foreign', { of: 'us' }), { owned: true });
        else await apply(configMap('shared', { value: '2' }));
      },
    });
    await client.create(own.object('a'));
    await client.create(own.object('b'));
    const gvk = { group: 'events.k8s.io', version: 'v1', kind: 'Event' };
    const gvr = { group: 'events.k8s.io', version: 'v1', resource: 'events', namespaced: true };
    type Event = KubernetesObject & {
      reason: string;
      note: string;
      reportingController: string;
      series?: { count: number };
    };
    const events = async (): Promise<Event[]> => {
      const { items } = await client.list({ gvk, gvr, namespace: 'default' }, {});
      return (items as Event[]).filter((event) => event.reportingController === `second-${groups}`);
    };
    await vi.waitFor(
      async () =>
        expect((await events()).map(({ series }) => (series?.count ?? 0) >= 8)).toEqual([
          true,
          true,
        ]),
      patience,
    );
    expect((await events()).every(({ reason }) => reason === 'Conflict')).toBe(true);
    expect((await events()).map(({ note }) => note).join()).toMatch(/first/);
    expect((await client.get<ConfigMap>(configMapId('foreign')))?.data).toEqual({ of: 'somebody' });
    expect((await client.get<ConfigMap>(configMapId('shared')))?.data).toEqual({ value: '1' });
    expect(calls.length).toBeLessThan(40);
  });
});
