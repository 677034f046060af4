import type { Cause, ObjectIdentifier } from '@depwatch/core';
import { createFakeTransport } from '@depwatch/testing';
import { describe, expect, test } from 'vitest';
import {
  createDynamicWatcher,
  createReconcileGroup,
  type DynamicWatcher,
  type ReconcileGroup,
} from '../../src/index.ts';
import { configMap, configMapId, Recorder } from '../harness.ts';
import { app, hanging, start, watched } from './clusters.ts';

describe('a reconcile group', () => {
  test('reconciles one watcher for what any of its clusters shows, and says which', async () => {
    const recorder = new Recorder();
    const told: Cause[] = [];
    recorder.act = (_watcher, { causes }) => void told.push(...causes);
    await using world = await start(['east', 'west'], {}, recorder);
    const { fakes, watchers, settle, wait } = world;
    for (const watcher of watchers) await wait(watcher.addWatcher(app, watched));
    for (const fake of fakes) fake.put(configMap('config', { value: 'after' }));
    await settle();
    expect(recorder.calls.map(({ watcher }) => watcher)).toEqual(['app']);
    expect(told.map(({ type, cluster }) => [type, cluster])).toEqual([
      ['modified', 'east'],
      ['modified', 'west'],
    ]);
  });

  test('says also of an enqueue and of an add of which cluster they are', async () => {
    const told: Cause[] = [];
    const recorder = new Recorder();
    recorder.act = (_watcher, { causes }) => void told.push(...causes);
    await using world = await start(['east', 'west'], { disableInitialReconcile: false }, recorder);
    for (const watcher of world.watchers) watcher.enqueue(app);
    await world.settle();
    await world.wait(world.watchers[1]!.addWatcher(app, watched));
    expect(told).toEqual([
      { type: 'enqueued', cluster: 'east' },
      { type: 'enqueued', cluster: 'west' },
      { type: 'initial', cluster: 'west', watched },
    ]);
  });

  test('never reconciles one of 1,000 watchers of two clusters twice at once, with 8 workers', async () => {
    const running = new Set<string>();
    let most = 0;
    let twice = 0;
    let reconciles = 0;
    const world = await start(
      ['east', 'west'],
      { maxConcurrentReconciles: 8 },
      {
        reconcile: async ({ name }) => {
          if (running.has(name!)) twice += 1;
          running.add(name!);
          most = Math.max(most, running.size);
          reconciles += 1;
          await new Promise<void>((resolve) => world.clock.setTimeout(resolve, reconciles % 7));
          running.delete(name!);
        },
      },
    );
    await using _ = world;
    const { fakes, watchers, settle, wait } = world;
    const names = Array.from({ length: 1000 }, (_unused, index) => `app${index}`);
    for (const watcher of watchers) {
      await wait(Promise.all(names.map((name) => watcher.addWatcher(configMapId(name), watched))));
    }
    for (let round = 0; round < 5; round += 1) {
      for (const fake of fakes) {
        fake.put(configMap('config', { value: `${round}` }));
        await settle(100);
      }
    }
    await settle(10_000);
    expect([twice, most]).toEqual([0, 8]);
    expect(reconciles).toBeGreaterThanOrEqual(2000);
  });

  test('goes on when one of its dynamic watchers stops, but for what only that one had to do with', async () => {
    const { recorder, signals } = hanging();
    await using world = await start(['east', 'west'], { maxConcurrentReconciles: 3 }, recorder);
    const { fakes, watchers, settle, wait } = world;
    const [east, west] = watchers as [DynamicWatcher, DynamicWatcher];
    const [both, only, asked] = ['both', 'only', 'asked'].map((name) => configMapId(name));
    await wait(east.addWatcher(both!, watched));
    await wait(west.addWatcher(both!, watched));
    await wait(east.addWatcher(only!, watched));
    fakes[0]!.put(configMap('config', { value: 'after' }));
    east.enqueue(asked!);
    await settle();
    expect([...signals.keys()].toSorted()).toEqual(['asked', 'both', 'only']);
    east.enqueue(only!);
    await east.stop();
    expect(signals.get('only')!.aborted).toBe(true);
    expect(signals.get('asked')!.aborted).toBe(true);
    expect(signals.get('both')!.aborted).toBe(false);
    await wait(east.stopped);
    expect(recorder.calls).toHaveLength(3);
    expect(recorder.stops).toBe(0);
    recorder.act = () => {};
    fakes[1]!.put(configMap('config', { value: 'later' }));
    fakes[0]!.put(configMap('config', { value: 'later' }));
    await west.removeWatcher(both!);
    await wait(west.addWatcher(only!, watched));
    fakes[1]!.put(configMap('config', { value: 'last' }));
    await settle(1000);
    expect(recorder.calls.slice(3).map(({ watcher }) => watcher)).toEqual(['only']);
  });

  test('keeps what a watcher is due for in one cluster when it is removed from another', async () => {
    const recorder = new Recorder();
    await using world = await start(['east', 'west'], {}, recorder);
    const { fakes, watchers, settle, wait } = world;
    const [east, west] = watchers as [DynamicWatcher, DynamicWatcher];
    for (const watcher of watchers) await wait(watcher.addWatcher(app, watched));
    let fail = true;
    recorder.act = () => {
      if (fail) throw new Error('not yet');
    };
    fakes[1]!.put(configMap('config', { value: 'after' }));
    await settle(1);
    fail = false;
    await east.removeWatcher(app);
    await settle(1000);
    expect(recorder.calls.at(-1)).toEqual({ watcher: 'app', causes: ['retry'] });
    recorder.calls.length = 0;
    fakes[1]!.put(configMap('config', { value: 'again' }));
    await west.removeWatcher(app);
    await settle(1000);
    expect(recorder.calls).toEqual([]);
  });

  test('ends a batch that one of its reconciles left open, in whichever dynamic watcher', async () => {
    const recorder = new Recorder();
    await using world = await start(['east', 'west'], {}, recorder);
    const west = world.watchers[1]!;
    let opened = 0;
    recorder.act = async (watcher: ObjectIdentifier) => {
      await west.startQueryBatch(watcher);
      opened += 1;
    };
    for (let round = 0; round < 2; round += 1) {
      west.enqueue(app);
      await world.settle();
    }
    expect(opened).toBe(2);
  });

  test('tells its reconciler of the end, once, when it is stopped itself; no reconcile begins then', async () => {
    const recorder = new Recorder();
    await using world = await start(['east'], {}, recorder);
    const { group, watchers, settle, clock } = world;
    const stopped: string[] = [];
    void group.stopped.then(() => stopped.push('stopped'));
    recorder.act = (_watcher, { signal }) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
    watchers[0]!.enqueue(app);
    await settle();
    await group.stop();
    await group.stop();
    await settle();
    expect([recorder.stops, stopped]).toEqual([1, ['stopped']]);
    watchers[0]!.enqueue(configMapId('late'));
    await settle(1000);
    expect(recorder.calls).toHaveLength(1);
    const late = createDynamicWatcher({
      transport: createFakeTransport({ clock }),
      reconcileGroup: group,
    });
    await expect(late.start()).rejects.toMatchObject({ code: 'ERR_INVALID_INPUT' });
    await late.stopped;
  });
});

test.each([
  ['what is no group', { reconcileGroup: {} as ReconcileGroup }, 'reconcileGroup'],
  ['a reconciler beside it', { reconciler: () => {} }, 'reconciler'],
  ['a rate limiter beside it', { rateLimiter: {} }, 'rateLimiter'],
  ['workers beside it', { maxConcurrentReconciles: 2 }, 'maxConcurrentReconciles'],
])('%s is refused by its name', (_what, options, name) => {
  const reconcileGroup = createReconcileGroup({ reconciler: () => {} });
  const create = (): unknown =>
    createDynamicWatcher({ transport: createFakeTransport(), reconcileGroup, ...options } as never);
  expect(create).toThrow(new RegExp(`^${name}`));
});

test('createReconcileGroup refuses bad options by their names', () => {
  expect(() => createReconcileGroup({} as never)).toThrow(/^reconciler/);
  expect(() => createReconcileGroup({ reconciler: () => {}, settleMs: -1 })).toThrow(/^settleMs/);
  expect(() => createReconcileGroup(undefined as never)).toThrow(/^options/);
});
