import type { KubernetesObject } from '@depwatch/core';
import { expect, test } from 'vitest';
import { configMap, configMapId, startBench } from './harness.ts';

const app = configMapId('app');
const watched = configMapId('config');
const selected = { version: 'v1', kind: 'ConfigMap', namespace: 'default', selector: 'of=all' };
const labelled = (metadata: object = {}): KubernetesObject => {
  const object = configMap('config', { value: 'x' });
  return { ...object, metadata: { ...object.metadata, labels: { of: 'all' }, ...metadata } };
};

async function start(object = labelled(), options: Parameters<typeof startBench>[0] = {}) {
  const bench = await startBench({ enableCache: true, disableInitialReconcile: true, ...options }, [
    object,
  ]);
  /** Whether a promise has settled, once all is quiet. */
  const settled = async (promise: Promise<unknown>): Promise<boolean> => {
    let is = false;
    const note = (): void => void (is = true);
    promise.then(note, note);
    await bench.settle();
    return is;
  };
  const hold = () => bench.fake.hold({ operation: 'watch', at: 'answer' });
  return { bench, settled, hold, ...bench };
}

test.each([
  ['by its name', [watched], true],
  ['by a selector', [selected], true],
  ['by both', [watched, selected], true],
  ['by its name, and keep but its version', [watched], false],
])('resolves once the watches (%s) show it no more', async (_how, what, enableCache) => {
  const { bench, fake, watcher, hold, settled } = await start(labelled(), { enableCache });
  await using _ = bench;
  for (const one of what) await bench.wait(watcher.addWatcher(app, one));
  const release = hold();
  fake.remove(watched);
  const caughtUp = watcher.caughtUpDelete(watched);
  expect(await settled(caughtUp)).toBe(false);
  release();
  expect(await settled(caughtUp)).toBe(true);
  await caughtUp;
});

test('resolves once they show that it waits for its finalizers', async () => {
  const { bench, fake, watcher, hold, settled } = await start(
    labelled({ finalizers: ['example.com/kept'] }),
  );
  await using _ = bench;
  await bench.wait(watcher.addWatcher(app, watched));
  const release = hold();
  await fake.delete(watched);
  const caughtUp = watcher.caughtUpDelete(watched);
  expect(await settled(caughtUp)).toBe(false);
  release();
  expect(await settled(caughtUp)).toBe(true);
  expect(watcher.getFromCache(watched)).toMatchObject({
    metadata: { deletionTimestamp: expect.any(String) as string },
  });
});

test('an older change of it is no sign; another object of its name is', async () => {
  const { bench, fake, watcher, settled } = await start();
  await using _ = bench;
  await bench.wait(watcher.addWatcher(app, watched));
  const caughtUp = watcher.caughtUpDelete(watched);
  fake.put({ ...labelled(), data: { value: 'y' } } as KubernetesObject);
  expect(await settled(caughtUp)).toBe(false);
  fake.remove(watched);
  fake.put(labelled());
  expect(await settled(caughtUp)).toBe(true);
});

test('resolves at once for what no watch shows', async () => {
  const { bench, watcher, settled } = await start();
  await using _ = bench;
  expect(await settled(watcher.caughtUpDelete(watched))).toBe(true);
  await bench.wait(watcher.addWatcher(app, watched));
  expect(await settled(watcher.caughtUpDelete(configMapId('other')))).toBe(true);
});

test('waits through an outage; the signal, a remove and a stop end the wait', async () => {
  const { bench, fake, watcher, settled } = await start();
  await using _ = bench;
  await bench.wait(watcher.addWatcher(app, watched));
  fake.down();
  fake.remove(watched);
  const abort = new AbortController();
  const aborted = watcher.caughtUpDelete(watched, { signal: abort.signal });
  const waiting = watcher.caughtUpDelete(watched);
  await bench.settle(60_000);
  abort.abort();
  await expect(aborted).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  fake.up();
  await bench.settle(10_000);
  await waiting;

  fake.put(labelled());
  await bench.settle();
  const removed = watcher.caughtUpDelete(watched);
  expect(await settled(removed)).toBe(false);
  await watcher.removeWatcher(app);
  await removed;

  await bench.wait(watcher.addWatcher(app, watched));
  const stopped = watcher.caughtUpDelete(watched);
  stopped.catch(() => {});
  await watcher.stop();
  await expect(stopped).rejects.toMatchObject({ code: 'ERR_NOT_STARTED' });
});

test('refuses what names no object', async () => {
  const { bench, watcher } = await start();
  await using _ = bench;
  for (const id of [selected, { ...watched, version: '' }, undefined as never]) {
    await expect(watcher.caughtUpDelete(id)).rejects.toMatchObject({ code: 'ERR_INVALID_INPUT' });
  }
});
