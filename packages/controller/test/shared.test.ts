import type { KubernetesObject } from '@depwatch/core';
import { createFakeTransport, type FakeTransport } from '@depwatch/testing';
import { expect, onTestFinished, test } from 'vitest';
import {
  createController,
  run,
  type ControllerContext,
  type ControllerOptions,
  type Logger,
} from '../src/index.ts';
import {
  configMap,
  configMapId,
  widget,
  widgetDefinition,
  widgetKind,
  type ConfigMap,
  type Widget,
} from './harness.ts';

type Options = Partial<ControllerOptions<Widget>>;

/** Two controllers of widgets that run together on a fake server, in virtual time. */
async function startTwo(
  each: readonly [Options, Options],
  objects: readonly KubernetesObject[] = [widget('a'), configMap('config')],
) {
  const fake = createFakeTransport({ objects: [widgetDefinition, ...objects] });
  const calls: string[] = [];
  const logged: string[] = [];
  const log = (fields: { setting?: string }, message: string): void =>
    void logged.push(`${message}: ${fields.setting}`);
  const logger: Logger = { debug: log, info: log, warn: log, error: log };
  const controllers = each.map(({ reconcile, ...options }, index) =>
    createController<Widget>({
      kind: widgetKind,
      transport: fake,
      clock: fake.clock,
      fieldManager: `c${index}`,
      ...options,
      reconcile: async (object, context) => {
        calls.push(`c${index} ${object.metadata?.name}`);
        return reconcile?.(object, context);
      },
    } as ControllerOptions<Widget>),
  );
  const stop = new AbortController();
  const running = run(controllers, { signal: stop.signal, logger });
  onTestFinished(async () => {
    stop.abort();
    await running.done;
    expect(fake.openWatches).toEqual([]);
    expect(fake.clock.pending).toBe(0);
  });
  await fake.clock.advance(1000);
  return { fake, controllers, calls, logged, running, stop };
}

const kinds = (fake: FakeTransport): string[] => fake.openWatches.map(({ gvk }) => gvk.kind);

test('two controllers that read the same object hold one watch and one copy', async () => {
  const copies: unknown[] = [];
  const reconcile = async (_: unknown, { get }: ControllerContext<Widget>): Promise<void> => {
    copies.push(await get<ConfigMap>(configMapId('config')));
  };
  const { fake, controllers, running } = await startTwo([{ reconcile }, { reconcile }]);
  expect(running.health()).toMatchObject({ live: true, ready: true });
  expect(kinds(fake)).toEqual(['Widget', 'ConfigMap']);
  expect(controllers.map(({ watcher }) => watcher.getWatchCount())).toEqual([2, 2]);
  expect(copies).toHaveLength(2);
  expect(copies[0]).toBe(copies[1]);
  expect(Object.isFrozen(copies[0])).toBe(true);
});

test('each wakes by its own reads, by its own objects, and by its own enqueue', async () => {
  const reads: Options = {
    reconcile: async (_, { get }) => void (await get(configMapId('config'))),
  };
  const { fake, controllers, calls } = await startTwo([reads, { wakeOn: () => 0 }]);
  expect(calls.toSorted((a, b) => a.localeCompare(b))).toEqual(['c0 a', 'c1 a']);
  calls.length = 0;
  fake.put(configMap('config', { v: '1' }));
  await fake.clock.advance(10);
  expect(calls).toEqual(['c0 a']);
  calls.length = 0;
  await fake.patch({ ...widgetKind, namespace: 'default', name: 'a' }, { spec: { size: 1 } });
  await fake.clock.advance(10);
  expect(calls).toEqual(['c0 a']);
  calls.length = 0;
  controllers[1]!.enqueue({ ...widgetKind, namespace: 'default', name: 'a' });
  await fake.clock.advance(10);
  expect(calls).toEqual(['c1 a']);
  expect(controllers[1]!.watcher.graph().watched).toEqual([widgetKind]);
});

test('one that reads the list of another reads what that one holds', async () => {
  const config = { version: 'v1', kind: 'ConfigMap' };
  const { fake, calls } = await startTwo([
    { kind: config } as Options,
    { reconcile: async (_, { list }) => void (await list(config)) },
  ]);
  expect(kinds(fake).toSorted((a, b) => a.localeCompare(b))).toEqual(['ConfigMap', 'Widget']);
  calls.length = 0;
  fake.put(configMap('config', { v: '1' }));
  await fake.clock.advance(10);
  expect(calls.toSorted((a, b) => a.localeCompare(b))).toEqual(['c0 config', 'c1 a']);
});

test('the last to be given stops first, takes its own watches away, and leaves the others theirs', async () => {
  const read = (name: string): Options => ({
    reconcile: async (_, { get }) => void (await get(configMapId(name))),
  });
  const { fake, controllers, running, stop } = await startTwo([read('config'), read('other')]);
  expect(fake.openWatches).toHaveLength(3);
  let left: (string | undefined)[] = [];
  void controllers[1]!.stopped.then(
    () => (left = fake.openWatches.map(({ gvk, name }) => name ?? gvk.kind)),
  );
  stop.abort();
  expect(await running.done).toBe(0);
  expect(left).toEqual(['Widget', 'config']);
});

test('one that can not be started stops the others, with what they share', async () => {
  const nothing = { kind: { version: 'v1', kind: 'Nothing' }, unavailable: 'reject' } as const;
  const { fake, running } = await startTwo([{}, nothing]);
  await fake.clock.advance(60_000);
  expect(await running.done).toBe(1);
});

test('what may not be read is waited for by one, and refused to the other', async () => {
  const reads = (unavailable: 'reject' | 'wait'): Options => ({
    unavailable,
    reconcile: async (_, { get }) => void (await get(configMapId('config'))),
  });
  const { fake, calls } = await startTwo([reads('wait'), {}]);
  const allow = fake.deny({ resource: 'configmaps' });
  fake.breakWatches();
  await fake.clock.advance(60_000);
  calls.length = 0;
  allow();
  await fake.clock.advance(60_000);
  expect(calls).toEqual(['c0 a']);
});

test('settings of watches that differ keep them apart, and the log says which', async () => {
  const { fake, logged } = await startTwo([{}, { watchPlan: 'per-object' }]);
  expect(kinds(fake)).toEqual(['Widget', 'Widget']);
  expect(logged).toEqual([
    'a controller has watches of its own, since a setting differs: watchPlan',
  ]);
});

test('settings that say the same, and those of reconciles that differ, keep nobody apart', async () => {
  const { fake, logged } = await startTwo([
    { objectCache: { gvkToGvrTtlMs: 1000 }, maxConcurrentReconciles: 4, settleMs: 5 },
    { objectCache: { gvkToGvrTtlMs: 1000 }, unavailable: 'reject' },
  ]);
  expect(kinds(fake)).toEqual(['Widget']);
  expect(logged).toEqual([]);
});

test('those of two API servers go on apart, without a word', async () => {
  const other = createFakeTransport({ objects: [widgetDefinition] });
  const { fake, logged } = await startTwo([{}, { transport: other, clock: other.clock }]);
  await other.clock.advance(1000);
  expect([kinds(fake), kinds(other)]).toEqual([['Widget'], ['Widget']]);
  expect(logged).toEqual([]);
});
