import { expect, test } from 'vitest';
import type { DynamicWatcher } from '../../src/index.ts';
import { configMap, configMapId, Recorder } from '../harness.ts';
import { app, hanging, start, watched, type Clusters } from './clusters.ts';

const both = (world: Clusters): [DynamicWatcher, DynamicWatcher] =>
  world.watchers as [DynamicWatcher, DynamicWatcher];

/** Whether a promise has settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.finally(() => (settled = true));
  await new Promise(setImmediate);
  return settled;
}

test.each([
  ['a requeue', () => ({ requeueAfterMs: 100 })],
  [
    'a retry',
    () => {
      throw new Error('not yet');
    },
  ],
])('%s ends with the dynamic watcher that it goes back to, its edges gone', async (_what, act) => {
  const recorder = new Recorder();
  await using world = await start(['east', 'west'], {}, recorder);
  const [east] = both(world);
  await world.wait(east.addWatcher(app, watched));
  recorder.act = async () => {
    // A batch that reads nothing leaves nothing to depend on.
    const batch = await east.startQueryBatch(app);
    await batch.end();
    return act();
  };
  world.fakes[0]!.put(configMap('config', { value: 'after' }));
  await world.settle(1);
  expect(recorder.calls.length).toBeGreaterThan(0);
  expect(east.graph().edges).toEqual([]);
  recorder.calls.length = 0;
  await east.stop();
  await world.settle(60_000);
  expect(recorder.calls).toEqual([]);
});

test('a reconcile whose watcher was removed before the stop is aborted by it, and waited for', async () => {
  const recorder = new Recorder();
  await using world = await start(['east', 'west'], {}, recorder);
  const [east] = both(world);
  const gate = Promise.withResolvers<void>();
  let signal: AbortSignal | undefined;
  recorder.act = (_watcher, context) => {
    signal = context.signal;
    return gate.promise;
  };
  east.enqueue(app);
  await world.settle();
  await east.removeWatcher(app);
  expect(signal?.aborted).toBe(false);
  await east.stop();
  expect(signal?.aborted).toBe(true);
  expect(await isSettled(east.stopped)).toBe(false);
  gate.resolve();
  await east.stopped;
});

test('one that both removed is aborted by the stop of either', async () => {
  const { recorder, signals } = hanging();
  await using world = await start(['east', 'west'], {}, recorder);
  const [east, west] = both(world);
  east.enqueue(app);
  west.enqueue(app);
  await world.settle();
  await east.removeWatcher(app);
  await west.removeWatcher(app);
  await east.stop();
  expect(signals.get('app')!.aborted).toBe(true);
  await east.stopped;
});

test('one that another has to do with goes on, and the stop does not wait for it', async () => {
  const { recorder, signals } = hanging();
  await using world = await start(['east', 'west'], { maxConcurrentReconciles: 2 }, recorder);
  const [east, west] = both(world);
  const [asked, depended] = [configMapId('asked'), configMapId('depended')];
  await world.wait(west.addWatcher(depended, watched));
  for (const watcher of [asked, depended]) east.enqueue(watcher);
  west.enqueue(asked);
  await world.settle();
  await east.stop();
  await east.stopped;
  expect([...signals.values()].map(({ aborted }) => aborted)).toEqual([false, false]);
  await west.stop();
  await west.stopped;
  expect([...signals.values()].map(({ aborted }) => aborted)).toEqual([true, true]);
});

test.each([
  ['removes the watcher', (west: DynamicWatcher) => west.removeWatcher(app)],
  ['stops', (west: DynamicWatcher) => west.stop()],
])('the end of a watch is told of in time though another one %s', async (_what, leave) => {
  const recorder = new Recorder();
  await using world = await start(['east', 'west'], {}, recorder);
  const [east, west] = both(world);
  for (const watcher of [east, west]) await world.wait(watcher.addWatcher(app, watched));
  const gate = Promise.withResolvers<void>();
  recorder.act = () => gate.promise;
  east.enqueue(configMapId('other'));
  await world.settle();
  world.fakes[0]!.deny({ verbs: ['list', 'watch'], resource: 'configmaps' });
  world.fakes[0]!.breakWatches();
  await world.settle(60_000);
  expect(east.graph().edges).toEqual([]);
  await leave(west);
  recorder.act = () => {};
  gate.resolve();
  await world.settle();
  expect(recorder.calls.slice(1)).toEqual([{ watcher: 'app', causes: ['ended'] }]);
});

test('what one asked for is not kept by another that has had its own', async () => {
  const recorder = new Recorder();
  await using world = await start(['east', 'west'], {}, recorder);
  const [east, west] = both(world);
  const gate = Promise.withResolvers<void>();
  recorder.act = () => gate.promise;
  east.enqueue(app);
  await world.settle();
  west.enqueue(app);
  recorder.act = () => new Promise((resolve) => world.clock.setTimeout(resolve, 100));
  gate.resolve();
  await world.settle();
  west.enqueue(app, { afterMs: 500 });
  await west.removeWatcher(app);
  await world.settle(1000);
  expect(recorder.calls).toHaveLength(2);
});

test.each([
  ['minIntervalMs', { minIntervalMs: 60_000 }],
  ['settleMs', { settleMs: 60_000 }],
])('no timer is left by %s once all have stopped', async (_what, settings) => {
  await using world = await start(['east', 'west'], settings);
  const [east, west] = both(world);
  east.enqueue(app);
  await world.settle(1);
  east.enqueue(configMapId('other'));
  await east.stop();
  await west.stop();
  await world.settle(1);
  expect(world.clock.pending).toBe(0);
});

test('the rate limiter forgets what only a stopped dynamic watcher had to do with', async () => {
  const recorder = new Recorder();
  const failures = new Map<string, number>();
  const rateLimiter = {
    when: ({ name }: { name?: string }) => {
      failures.set(name!, (failures.get(name!) ?? 0) + 1);
      return 1000;
    },
    forget: ({ name }: { name?: string }) => void failures.delete(name!),
    retries: () => 0,
  };
  await using world = await start(['east', 'west'], { rateLimiter }, recorder);
  const [east, west] = both(world);
  recorder.act = () => {
    throw new Error('not yet');
  };
  for (const name of ['own', 'shared']) east.enqueue(configMapId(name));
  await world.settle();
  west.enqueue(configMapId('shared'), { afterMs: 60_000 });
  await east.stop();
  expect([...failures.keys()]).toEqual(['shared']);
  await west.stop();
  expect([...failures.keys()]).toEqual([]);
});

test('a reconcile may stop its own dynamic watcher, and who hears of that the others and the group', async () => {
  const recorder = new Recorder();
  await using world = await start(['east', 'west'], { maxConcurrentReconciles: 2 }, recorder);
  const [east, west] = both(world);
  const ends: Promise<void>[] = [];
  recorder.act = async ({ name }, { signal }) => {
    signal.addEventListener('abort', () => ends.push(west.stop(), world.group.stop()));
    if (name === 'app') await east.stop();
    return new Promise((resolve) => world.clock.setTimeout(resolve, 100));
  };
  west.enqueue(configMapId('other'));
  east.enqueue(app);
  await world.settle();
  expect(ends.length).toBeGreaterThanOrEqual(2);
  await Promise.all(ends);
  const stops = [east.stopped, west.stopped, world.group.stopped];
  expect(await Promise.all(stops.map(isSettled))).toEqual([false, false, false]);
  await world.settle(100);
  await Promise.all(stops);
  expect([recorder.calls.length, recorder.stops, world.clock.pending]).toEqual([2, 1, 0]);
});
