import { describe, expect, test } from 'vitest';
import type { Cached, ControllerContext, KubernetesObject } from '../src/index.ts';
import {
  configMap,
  configMapId,
  startBench,
  widget,
  widgetId,
  widgetKind,
  type ConfigMap,
  type Widget,
} from './harness.ts';

const owns = [{ version: 'v1', kind: 'ConfigMap' }];
type Events = KubernetesObject & { reason: string; note: string; series?: { count: number } };

/** Has each widget own a ConfigMap of its size. */
const reconcile = async (
  { metadata, spec }: Cached<Widget>,
  { apply }: ControllerContext<Widget>,
) => {
  await apply(configMap(metadata!.name!, { size: String(spec?.size) }), { owned: true });
};
const task = { owns, reconcile: reconcile };

const child = (bench: Awaited<ReturnType<typeof startBench>>, name = 'a') =>
  bench.fake.stored<ConfigMap & KubernetesObject>(configMapId(name));

const events = async ({ fake }: Awaited<ReturnType<typeof startBench>>) => {
  const gvr = { group: 'events.k8s.io', version: 'v1', resource: 'events', namespaced: true };
  const gvk = { group: 'events.k8s.io', version: 'v1', kind: 'Event' };
  const { items } = await fake.list({ gvk, gvr }, {});
  return items as readonly Events[];
};

describe('an owned object', () => {
  test('is applied with a reference to its owner, and comes back when it goes or is changed', async () => {
    await using bench = await startBench(task, [widget('a', { size: 1 })]);
    const { fake, calls, controller } = bench;
    const owner = fake.stored<Widget>(widgetId('a'))!;
    expect(child(bench)?.data).toEqual({ size: '1' });
    expect(child(bench)?.metadata?.ownerReferences).toEqual([
      {
        apiVersion: 'example.com/v1',
        kind: 'Widget',
        name: 'a',
        uid: owner.metadata!.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
    fake.remove(configMapId('a'));
    await bench.settle(100);
    expect(child(bench)?.data).toEqual({ size: '1' });
    fake.put(widget('a', { size: 2 }));
    await bench.settle(100);
    expect(child(bench)?.data).toEqual({ size: '2' });
    await fake.patch(configMapId('a'), { data: { size: 'spoiled' } }, { fieldManager: 'other' });
    await bench.settle(100);
    expect(child(bench)?.data).toEqual({ size: '2' });
    expect(controller.watcher.getWatchCount()).toBe(2);
    // Its own writes are seen when the child's change wakes it: that changes nothing more.
    calls.length = 0;
    await bench.settle(60_000);
    expect(calls).toEqual([]);
  });

  test('wakes its owner alone, and only an owner that is ours', async () => {
    await using bench = await startBench({ owns }, [widget('a'), widget('b')]);
    const { fake, calls } = bench;
    const { uid } = fake.stored<Widget>(widgetId('a'))!.metadata!;
    const of = (owner: object, name: string) => ({
      ...configMap(name),
      metadata: {
        name,
        namespace: 'default',
        ownerReferences: [
          {
            apiVersion: 'example.com/v1',
            kind: 'Widget',
            name: 'a',
            uid: uid!,
            controller: true,
            ...owner,
          },
        ],
      },
    });
    calls.length = 0;
    fake.put(of({}, 'ours'));
    fake.put(of({ uid: 'of-before' }, 'one'));
    fake.put(of({ controller: false }, 'two'));
    fake.put(of({ kind: 'Other' }, 'three'));
    fake.put(of({ apiVersion: 'example.org/v1' }, 'four'));
    await bench.settle();
    expect(calls).toEqual(['a']);
    fake.put(of({ apiVersion: 'example.com/v2' }, 'ours'));
    await bench.settle();
    expect(calls).toEqual(['a', 'a']);
  });

  test('may be of the own kind, by the same list', async () => {
    await using bench = await startBench({ owns: [widgetKind, ...owns, ...owns] }, [widget('a')]);
    const { fake, calls, controller } = bench;
    const { uid } = fake.stored<Widget>(widgetId('a'))!.metadata!;
    const reference = { apiVersion: 'example.com/v1', kind: 'Widget', name: 'a', uid: uid! };
    const { metadata, ...rest } = widget('b');
    calls.length = 0;
    fake.put({
      ...rest,
      metadata: { ...metadata, ownerReferences: [{ ...reference, controller: true }] },
    });
    await bench.settle();
    expect(new Set(calls)).toEqual(new Set(['a', 'b']));
    expect(controller.watcher.getWatchCount()).toBe(2);
  });

  test('is read from the list that is held anyway, and wakes who has read it', async () => {
    const read: unknown[] = [];
    await using bench = await startBench(
      {
        owns,
        async reconcile({ metadata }, { get }) {
          if (metadata!.name === 'a')
            read.push((await get<ConfigMap>(configMapId('x')))?.data['v']);
        },
      },
      [widget('a'), widget('b'), configMap('x', { v: '1' })],
    );
    const { fake, calls, controller } = bench;
    expect(controller.watcher.getWatchCount()).toBe(2);
    calls.length = 0;
    fake.put(configMap('x', { v: '2' }));
    await bench.settle();
    expect(calls).toEqual(['a']);
    expect(read).toEqual(['1', '2']);
  });

  test('that can not be seen any more, or again, wakes whoever might own it', async () => {
    const unseen: unknown[] = [];
    await using bench = await startBench(
      {
        owns,
        authGraceMs: 1000,
        async reconcile(_object, context) {
          await context.get(configMapId('x'));
          unseen.push(context.unavailable.map(({ watched }) => watched.kind));
        },
      },
      [widget('a')],
    );
    const { fake } = bench;
    const allow = fake.deny({ resource: 'configmaps' });
    fake.breakWatches();
    await bench.settle(60_000);
    expect(unseen).toEqual([[], ['ConfigMap']]);
    allow();
    await bench.settle(600_000);
    expect(unseen.slice(2).every((kinds) => (kinds as string[]).length === 0)).toBe(true);
    expect(unseen.length).toBeGreaterThan(2);
  });

  test.each([
    ['of nobody', undefined, 'belongs to nobody'],
    [
      'of another controller',
      [{ apiVersion: 'v1', kind: 'Other', name: 'o', uid: 'u', controller: true }],
      'Other o',
    ],
    [
      'of an earlier one of its name',
      [{ apiVersion: 'example.com/v1', kind: 'Widget', name: 'a', uid: 'old', controller: true }],
      'an earlier Widget a',
    ],
  ])(
    'that is there already, and is %s, is a conflict that is told, and no loop',
    async (_whose, ownerReferences, note) => {
      const foreign = configMap('a', { size: 'foreign' });
      const metadata = { ...foreign.metadata, ...(ownerReferences && { ownerReferences }) };
      await using bench = await startBench(task, [
        { ...foreign, metadata },
        widget('a', { size: 1 }),
      ]);
      const { calls } = bench;
      await bench.settle(60_000);
      expect(child(bench)?.data).toEqual({ size: 'foreign' });
      expect(calls.length).toBeLessThan(20);
      const told = await events(bench);
      expect(told).toHaveLength(1);
      expect(told[0]).toMatchObject({
        type: 'Warning',
        reason: 'Conflict',
        regarding: { name: 'a' },
      });
      expect(told[0]!.note).toContain(note);
      expect(told[0]!.series!.count).toBeGreaterThan(4);
    },
  );

  test('of nobody is taken over by force, one of another controller never', async () => {
    const force = async ({ metadata }: Cached<Widget>, { apply }: ControllerContext<Widget>) => {
      await apply(configMap(metadata!.name!, { size: 'ours' }), { owned: true, force: true });
    };
    const other = { apiVersion: 'v1', kind: 'Other', name: 'o', uid: 'u', controller: true };
    const b = {
      ...configMap('b'),
      metadata: { ...configMap('b').metadata, ownerReferences: [other] },
    };
    await using bench = await startBench({ reconcile: force }, [
      configMap('a'),
      b,
      widget('a'),
      widget('b'),
    ]);
    await bench.settle(1000);
    expect(child(bench, 'a')?.data).toEqual({ size: 'ours' });
    expect(child(bench, 'b')?.data).toEqual({});
  });

  test('is never the object itself, whose deletion would wait for itself', async () => {
    const errors: unknown[] = [];
    await using bench = await startBench(
      {
        async reconcile({ metadata }, { apply }) {
          const itself = widget(metadata!.name!);
          for (const force of [false, true])
            await apply(itself, { owned: true, force }).catch((error) => errors.push(error));
        },
      },
      [widget('a')],
    );
    expect(errors).toMatchObject([{ code: 'ERR_INVALID_INPUT' }, { code: 'ERR_INVALID_INPUT' }]);
    expect(bench.fake.stored(widgetId('a'))?.metadata?.ownerReferences).toBeUndefined();
  });

  test('lives in the namespace of its owner', async () => {
    const errors: unknown[] = [];
    await using bench = await startBench(
      {
        async reconcile(_object, { apply }) {
          await apply(configMap('x', {}, 'other'), { owned: true }).catch((error) =>
            errors.push(error),
          );
        },
      },
      [widget('a')],
    );
    expect(errors).toMatchObject([{ code: 'ERR_INVALID_INPUT' }]);
    expect(bench.fake.stored(configMapId('x', 'other'))).toBeUndefined();
  });
});

test('two controllers that fight over a field: one has it, the other is told by whom, and neither loops', async () => {
  const setting =
    (value: string) =>
    async (_object: unknown, { apply }: ControllerContext<Widget>) => {
      await apply(configMap('shared', { value }));
    };
  await using first = await startBench({ fieldManager: 'first', reconcile: setting('1') }, [
    widget('a'),
  ]);
  await using second = await startBench(
    { fieldManager: 'second', reconcile: setting('2') },
    [],
    first.fake,
  );
  await second.settle(60_000);
  expect(child(first, 'shared')?.data).toEqual({ value: '1' });
  expect(first.calls).toHaveLength(1);
  expect(second.calls.length).toBeLessThan(20);
  const [told, ...others] = await events(second);
  expect(others).toEqual([]);
  expect(told).toMatchObject({ reason: 'Conflict', reportingController: 'second' });
  expect(told!.note).toContain('first');
  expect(second.logged).toContain('a reconcile failed and will be tried again');
});
