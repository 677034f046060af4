import { objectIdentifierKey, type DepwatchError } from '@depwatch/core';
import { expect, test, vi } from 'vitest';
import { EndedFeeds } from '../src/demand/ended-feeds.ts';
import { configMapId, startBench } from './harness.ts';

const made = vi.hoisted(() => ({ errors: 0, keys: 0 }));

vi.mock(import('@depwatch/core'), async (importOriginal) => {
  const core = await importOriginal();
  return {
    ...core,
    DepwatchError: class extends core.DepwatchError {
      constructor(...args: ConstructorParameters<typeof DepwatchError>) {
        super(...args);
        made.errors += 1;
      }
    },
    objectIdentifierKey: (id) => {
      made.keys += 1;
      return core.objectIdentifierKey(id);
    },
  };
});

const app = configMapId('app');
const many = Array.from({ length: 100 }, (_, index) => configMapId(`c${index}`));

test('stopping watches that nobody waits for makes no error for each', async () => {
  await using bench = await startBench();
  await Promise.all(many.map((id) => bench.watcher.addWatcher(app, id)));
  made.errors = 0;
  await bench.watcher.removeWatcher(app);
  expect(bench.watcher.getWatchCount()).toBe(0);
  // Why what is pending of the watcher ends: nothing is.
  expect(made.errors).toBeLessThanOrEqual(1);
});

test('nor does stopping watches that all who waited for them have given up', async () => {
  await using bench = await startBench();
  const release = bench.fake.hold('watch');
  const adds = many.map((id) => bench.watcher.addWatcher(app, id).catch(() => {}));
  await bench.settle();
  made.errors = 0;
  await bench.watcher.removeWatcher(app);
  await Promise.all(adds);
  expect(made.errors).toBeLessThanOrEqual(1);
  release();
});

test('removing the watchers of ended watches looks at no other watcher', () => {
  const ended = new EndedFeeds();
  const watchers = many.map((id) => objectIdentifierKey(id));
  for (let index = 0; index < 10; index += 1) {
    const watched = configMapId(`watched${index}`);
    ended.add(String(index), {
      watched,
      state: 'ended',
      servedBy: 'none',
      watchers: many,
      since: 0,
    });
  }
  made.keys = 0;
  for (const key of watchers.slice(1)) ended.forget(key);
  expect(made.keys).toBe(0);
  expect(ended.values()).toHaveLength(10);
  expect(ended.values()[0]!.watchers).toEqual([many[0]]);
  ended.forget(watchers[0]!);
  expect(ended.values()).toEqual([]);
});

test('the last thousand ended watches stay listed, and one that starts again is not', () => {
  const ended = new EndedFeeds();
  for (let index = 0; index < 1002; index += 1) {
    const watched = configMapId(`watched${index}`);
    ended.add(String(index), {
      watched,
      state: 'ended',
      servedBy: 'none',
      watchers: [app],
      since: index,
    });
  }
  expect(ended.values()).toHaveLength(1000);
  expect(ended.values()[0]!.since).toBe(2);
  ended.delete('2');
  expect(ended.values()[0]!.since).toBe(3);
  ended.forget(objectIdentifierKey(app));
  expect(ended.values()).toEqual([]);
});
