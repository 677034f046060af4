import { describe, expect, test } from 'vitest';
import { createDynamicWatcher } from '../../src/index.ts';
import { configMap, configMapId, Recorder } from '../harness.ts';
import { Owned } from '../owned.ts';
import { app, hanging, start, watched } from './clusters.ts';

const other = configMapId('other');

describe('a reconcile group of a replica', () => {
  test('watches nothing for what it does not own, in any cluster, and reconciles none of it', async () => {
    const recorder = new Recorder();
    const ownership = new Owned();
    await using world = await start(['east', 'west'], { ownership }, recorder);
    for (const watcher of world.watchers) {
      await world.wait(watcher.addWatcher(app, watched));
      watcher.enqueue(app);
    }
    for (const fake of world.fakes) fake.put(configMap('config', { value: 'after' }));
    await world.settle(1000);
    expect(world.watchers.map((watcher) => watcher.getWatchCount())).toEqual([0, 0]);
    expect(recorder.calls).toEqual([]);
  });

  test('brings up what it takes over in each cluster, and reconciles it with that cause and the epoch', async () => {
    const recorder = new Recorder();
    const epochs: (number | undefined)[] = [];
    recorder.act = (_, { epoch }) => void epochs.push(epoch);
    const ownership = new Owned();
    await using world = await start(['east', 'west'], { ownership }, recorder);
    for (const watcher of world.watchers) await world.wait(watcher.addWatcher(app, watched));
    await world.wait(world.watchers[0]!.addWatcher(other, watched));
    await ownership.give(app);
    await world.settle(1000);
    expect(world.watchers.map((watcher) => watcher.getWatchCount())).toEqual([1, 1]);
    expect(new Set(recorder.calls.map(({ watcher }) => watcher))).toEqual(new Set(['app']));
    expect(recorder.calls.flatMap(({ causes }) => causes)).toEqual(['acquired', 'acquired']);
    expect(new Set(epochs)).toEqual(new Set([2]));
    const before = recorder.calls.length;
    world.fakes[1]!.put(configMap('config', { value: 'after' }));
    await world.settle(1000);
    expect(recorder.calls.slice(before)).toEqual([{ watcher: 'app', causes: ['modified'] }]);
  });

  test('lets go of what it loses in each cluster, whoever asked for it', async () => {
    const { recorder, signals } = hanging();
    const ownership = new Owned();
    await using world = await start(['east', 'west'], { ownership }, recorder);
    await ownership.give(app);
    for (const watcher of world.watchers) await world.wait(watcher.addWatcher(app, watched));
    world.watchers[0]!.enqueue(app);
    await world.settle();
    // It runs; what is due after it, and later, is another replica's.
    world.watchers[1]!.enqueue(app);
    world.watchers[1]!.enqueue(app, { afterMs: 5000 });
    let handedOver = false;
    const hand = ownership.give().then(() => (handedOver = true));
    await world.settle(3000);
    expect(world.watchers.map((watcher) => watcher.getWatchCount())).toEqual([0, 0]);
    expect([handedOver, signals.get('app')!.aborted]).toEqual([false, false]);
    ownership.overdue.abort();
    await hand;
    expect(signals.get('app')!.aborted).toBe(true);
    await world.settle(60_000);
    expect(recorder.calls).toHaveLength(1);
  });

  test('begins nothing once it owns nothing, though nobody has told it yet', async () => {
    const recorder = new Recorder();
    const ownership = new Owned();
    await using world = await start(['east', 'west'], { ownership }, recorder);
    await ownership.give(app);
    await world.wait(world.watchers[0]!.addWatcher(app, watched));
    const { owns } = Owned.prototype;
    ownership.owns = () => false;
    world.watchers[1]!.enqueue(app);
    world.watchers[1]!.enqueue(app, { afterMs: 500 });
    world.fakes[0]!.put(configMap('config', { value: 'after' }));
    await world.settle(1000);
    expect(recorder.calls).toEqual([]);
    ownership.owns = owns;
    await ownership.give();
    await ownership.give(app);
    await world.settle(1000);
    expect(recorder.calls.flatMap(({ causes }) => causes)).toContain('acquired');
  });

  test('who joins later knows whose watchers are whose', async () => {
    const recorder = new Recorder();
    const ownership = new Owned();
    await using world = await start(['east'], { ownership }, recorder);
    await ownership.give(app);
    await using late = createDynamicWatcher({
      transport: world.fakes[0]!,
      clock: world.clock,
      cluster: 'late',
      reconcileGroup: world.group,
    });
    await late.start();
    await world.wait(late.addWatcher(other, watched));
    await world.wait(late.addWatcher(app, watched));
    expect(late.getWatchCount()).toBe(1);
    expect(recorder.calls).toEqual([{ watcher: 'app', causes: ['initial'] }]);
  });

  test('the ownership is the group’s alone, and nobody listens to it any more when all have stopped', async () => {
    const ownership = new Owned();
    const world = await start(['east', 'west'], { ownership });
    expect(() =>
      createDynamicWatcher({
        transport: world.fakes[0]!,
        ownership,
        reconcileGroup: world.group,
      } as never),
    ).toThrow('ownership: give it to the reconcileGroup');
    await world[Symbol.asyncDispose]();
    expect(ownership.listeners).toBe(0);
  });
});
