import { createFakeTransport } from '@depwatch/testing';
import { expect, test } from 'vitest';
import { createDynamicWatcher } from '../src/index.ts';
import { configMap, configMapId, Recorder } from './harness.ts';
import { countingTransport } from './counting-transport.ts';
import { Owned } from './owned.ts';

/** A dynamic watcher of a replica whose API server takes its time for each watch. */
function startSlow(count: number, answerMs: number) {
  const ids = Array.from({ length: count }, (_, index) => configMapId(`c${index}`));
  const fake = createFakeTransport({ objects: ids.map(({ name }) => configMap(name!)) });
  const { clock } = fake;
  const counting = countingTransport(fake);
  const { counts } = counting;
  const recorder = new Recorder();
  const ownership = new Owned();
  const warnings: string[] = [];
  const watcher = createDynamicWatcher({
    transport: {
      ...counting,
      async *watch(query, options) {
        await new Promise((resolve) => clock.setTimeout(() => resolve(undefined), answerMs));
        yield* counting.watch(query, options);
      },
    },
    clock,
    reconciler: recorder,
    ownership,
    watchPlan: 'per-object',
    maxConcurrentReconciles: 20,
    logger: {
      debug: () => {},
      info: () => {},
      warn: (_, message) => void warnings.push(message),
      error: (_, message) => void warnings.push(message),
    },
  });
  return { ids, fake, counts, recorder, ownership, warnings, watcher };
}

test('what is taken over and comes up slowly goes on coming up, however long it takes', async () => {
  const { ids, fake, counts, recorder, ownership, warnings, watcher } = startSlow(1000, 4000);
  await watcher.start();
  await Promise.all(ids.map((id) => watcher.addWatcher(id, id)));
  await ownership.give(...ids);
  // Four at a time of 256 take four seconds each.
  await fake.clock.advance(17_000);
  expect(warnings).toEqual([]);
  expect(recorder.calls).toHaveLength(1000);
  expect(counts.lists).toBe(1000);
  await watcher[Symbol.asyncDispose]();
});

test('what is taken over while the server is away comes up when it is back, and nothing is asked for twice', async () => {
  const { ids, fake, counts, recorder, ownership, watcher } = startSlow(300, 10);
  await watcher.start();
  await Promise.all(ids.map((id) => watcher.addWatcher(id, id)));
  await ownership.give(...ids.slice(0, 1));
  await fake.clock.advance(1000);
  fake.down();
  await fake.clock.advance(1000);
  await ownership.give(...ids);
  await fake.clock.advance(60_000);
  fake.up();
  await fake.clock.advance(31_000);
  expect(recorder.calls).toHaveLength(300);
  expect(counts.lists).toBeLessThan(310);
  expect(watcher.getWatchCount()).toBe(300);
  await watcher[Symbol.asyncDispose]();
});

test('what is taken over and lost before it has come up is watched no more', async () => {
  const { ids, fake, recorder, ownership, watcher } = startSlow(300, 4000);
  await watcher.start();
  await Promise.all(ids.map((id) => watcher.addWatcher(id, id)));
  await ownership.give(...ids);
  await fake.clock.advance(2000);
  await ownership.give();
  await fake.clock.advance(1);
  expect(watcher.getWatchCount()).toBe(0);
  await fake.clock.advance(60_000);
  expect([recorder.calls.length, watcher.getWatchCount(), fake.openWatches.length]).toEqual([
    0, 0, 0,
  ]);
  await ownership.give(...ids);
  await fake.clock.advance(20_000);
  expect(recorder.calls).toHaveLength(300);
  await watcher[Symbol.asyncDispose]();
});

test('what a watcher depends on may be replaced while it is taken over, and is reconciled as acquired all the same', async () => {
  const { ids, fake, recorder, ownership, watcher } = startSlow(3, 4000);
  const [web, old, fresh] = ids as [(typeof ids)[0], (typeof ids)[0], (typeof ids)[0]];
  await watcher.start();
  await watcher.addWatcher(web, old);
  await ownership.give(web);
  await fake.clock.advance(1000);
  const replaced = watcher.addOrUpdateWatcher(web, [fresh]);
  await fake.clock.advance(20_000);
  await replaced;
  expect(watcher.watchStatus().map(({ watched }) => watched.name)).toEqual([fresh.name]);
  expect(recorder.calls.flatMap(({ causes }) => causes)).toContain('acquired');
  await ownership.give();
  await ownership.give(web);
  await fake.clock.advance(20_000);
  expect(watcher.watchStatus().map(({ watched }) => watched.name)).toEqual([fresh.name]);
  await watcher[Symbol.asyncDispose]();
});

test('what could not be brought up does not come back once it was replaced', async () => {
  const { ids, fake, recorder, ownership, watcher } = startSlow(3, 10);
  const [web, old, fresh] = ids as [(typeof ids)[0], (typeof ids)[0], (typeof ids)[0]];
  await watcher.start();
  await watcher.addWatcher(web, old);
  const up = fake.fail({ operation: 'discover', error: { code: 500 } });
  await ownership.give(web);
  await fake.clock.advance(11_000);
  expect(watcher.getWatchCount()).toBe(0);
  up();
  const replaced = watcher.addOrUpdateWatcher(web, [fresh]);
  await fake.clock.advance(30_000);
  await replaced;
  expect(watcher.watchStatus().map(({ watched }) => watched.name)).toEqual([fresh.name]);
  expect(recorder.calls.flatMap(({ causes }) => causes)).toContain('acquired');
  await watcher[Symbol.asyncDispose]();
});
