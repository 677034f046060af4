import type { KubernetesObject } from '@depwatch/core';
import { describe, expect, test } from 'vitest';
import { configMap, configMapId, startBench } from '../harness.ts';

const app = configMapId('app');
const watched = configMapId('config');
const selected = { version: 'v1', kind: 'ConfigMap', namespace: 'default', selector: 'of=all' };
const labelled = (value: string, labels: Record<string, string> = { of: 'all' }) => {
  const object = configMap('config', { value });
  return { ...object, metadata: { ...object.metadata, labels } };
};

/** Whether a promise has settled, once all is quiet. */
async function settled(bench: { settle(): Promise<void> }, promise: Promise<unknown>) {
  let is = false;
  const note = (): void => void (is = true);
  promise.then(note, note);
  await bench.settle();
  return is;
}

async function start(objects: readonly KubernetesObject[] = [labelled('before')]) {
  const bench = await startBench({ enableCache: true, disableInitialReconcile: true }, objects);
  return bench;
}

test.each([
  ['by its name', [watched]],
  ['by a selector', [selected]],
  ['by both', [watched, selected]],
])('resolves once the watch (%s) shows what was written', async (_how, what) => {
  await using bench = await start();
  const { fake, watcher } = bench;
  for (const one of what) await bench.wait(watcher.addWatcher(app, one));
  const release = fake.hold({ operation: 'watch', at: 'answer' });
  const written = fake.put(labelled('written'));
  const caughtUp = watcher.caughtUp(written);
  expect(await settled(bench, caughtUp)).toBe(false);
  release();
  expect(await settled(bench, caughtUp)).toBe(true);
  await caughtUp;
  for (const one of what) {
    const [shown] = one === watched ? [watcher.getFromCache(one)] : watcher.listFromCache(one);
    expect(shown?.metadata?.resourceVersion).toBe(written.metadata.resourceVersion);
  }
});

test('resolves at once for what no watch would show, and for what is shown already', async () => {
  await using bench = await start();
  const { fake, watcher } = bench;
  expect(await settled(bench, watcher.caughtUp(fake.put(labelled('unwatched'))))).toBe(true);
  await bench.wait(watcher.addWatcher(app, watched));
  const shown = watcher.getFromCache(watched) as KubernetesObject;
  const release = fake.hold({ operation: 'watch', at: 'answer' });
  expect(await settled(bench, watcher.caughtUp(shown))).toBe(true);
  const other = { ...fake.put(configMap('other', { value: 'x' })) };
  expect(await settled(bench, watcher.caughtUp(other))).toBe(true);
  release();
});

test('waits for what a write takes out of a selector, and for a version that was passed', async () => {
  await using bench = await start();
  const { fake, watcher } = bench;
  await bench.wait(watcher.addWatcher(app, selected));
  const release = fake.hold({ operation: 'watch', at: 'answer' });
  const written = fake.put(labelled('written', { of: 'none' }));
  const caughtUp = watcher.caughtUp(written);
  expect(await settled(bench, caughtUp)).toBe(false);
  fake.put(labelled('later'));
  release();
  expect(await settled(bench, caughtUp)).toBe(true);
  await caughtUp;
});

test('waits through an outage; the signal, a remove and a stop end the wait', async () => {
  await using bench = await start();
  const { fake, watcher } = bench;
  await bench.wait(watcher.addWatcher(app, watched));
  fake.down();
  const written = fake.put(labelled('written'));
  const abort = new AbortController();
  const aborted = watcher.caughtUp(written, { signal: abort.signal });
  const waiting = watcher.caughtUp(written);
  await bench.settle(60_000);
  abort.abort();
  await expect(aborted).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  fake.up();
  await bench.settle(10_000);
  await waiting;

  const release = fake.hold({ operation: 'watch', at: 'answer' });
  const removed = watcher.caughtUp(fake.put(labelled('again')));
  await watcher.removeWatcher(app);
  await removed;
  release();

  await bench.wait(watcher.addWatcher(app, watched));
  fake.hold({ operation: 'watch', at: 'answer' });
  const stopped = watcher.caughtUp(fake.put(labelled('last')));
  stopped.catch(() => {});
  await watcher.stop();
  await expect(stopped).rejects.toMatchObject({ code: 'ERR_NOT_STARTED' });
});

test('where versions are no numbers, waits for the object itself', async () => {
  await using bench = await start();
  const { fake, watcher } = bench;
  await bench.wait(watcher.addWatcher(app, watched));
  const release = fake.hold({ operation: 'watch', at: 'answer' });
  const { metadata, ...rest } = fake.put(labelled('written'));
  const caughtUp = watcher.caughtUp({ ...rest, metadata: { ...metadata, resourceVersion: 'x1' } });
  expect(await settled(bench, caughtUp)).toBe(false);
  release();
  expect(await settled(bench, caughtUp)).toBe(true);
});

test('waits no longer for what can no longer be seen', async () => {
  await using bench = await startBench({
    enableCache: true,
    disableInitialReconcile: true,
    unavailable: 'wait',
    authGraceMs: 1000,
  });
  const { fake, watcher } = bench;
  await bench.wait(watcher.addWatcher(app, watched));
  fake.deny({ resource: 'configmaps' });
  fake.breakWatches();
  const caughtUp = watcher.caughtUp(fake.put(labelled('written')));
  await bench.settle(60_000);
  expect(watcher.statusOf(watched)?.state).toBe('pending');
  await caughtUp;
});

describe('of what is read at intervals', () => {
  const kind = { group: 'example.com', version: 'v1', kind: 'Widget' };
  const id = { ...kind, namespace: 'default', name: 'w' };
  const widget = (value: string) => ({
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'w', namespace: 'default' },
    data: { value },
  });

  async function startPolling() {
    const bench = await startBench({ enableCache: true, unavailable: 'wait' });
    bench.fake.registerKind({ ...kind, verbs: ['get', 'list'] });
    bench.fake.put(widget('one'));
    await bench.wait(bench.watcher.addWatcher(app, id));
    return bench;
  }

  test('is content with a newer version', async () => {
    await using bench = await startPolling();
    const { fake, watcher } = bench;
    const written = fake.put(widget('two'));
    fake.put(widget('three'));
    await bench.settle(60_000);
    await watcher.caughtUp(written);
  });

  test('waits for a read that began after the call, also for what is written and deleted between two', async () => {
    await using bench = await startPolling();
    const { fake, watcher } = bench;
    fake.remove(id);
    await bench.settle(35_000);
    const written = fake.put(widget('two'));
    fake.remove(id);
    const caughtUp = watcher.caughtUp(written);
    expect(await settled(bench, caughtUp)).toBe(false);
    await bench.settle(60_000);
    await caughtUp;
    expect(watcher.getFromCache(id)).toBeUndefined();
  });

  test('is not content with a read that shows what was written before', async () => {
    await using bench = await startPolling();
    const { fake, watcher } = bench;
    fake.put(widget('two'));
    const release = fake.hold({ operation: 'list', at: 'answer' });
    await bench.settle(35_000);
    const written = fake.put(widget('three'));
    const caughtUp = watcher.caughtUp(written);
    release();
    expect(await settled(bench, caughtUp)).toBe(false);
    expect(watcher.getFromCache(id)).toMatchObject({ data: { value: 'two' } });
    await bench.settle(35_000);
    await caughtUp;
    expect(watcher.getFromCache(id)).toMatchObject({ data: { value: 'three' } });
  });

  test('waits for the watch that takes over', async () => {
    await using bench = await startPolling();
    const { fake, watcher } = bench;
    fake.unregisterKind(kind);
    fake.registerKind(kind);
    const written = fake.put(widget('two'));
    fake.remove(id);
    const caughtUp = watcher.caughtUp(written);
    await bench.settle(700_000);
    expect(watcher.statusOf(id)).toMatchObject({ state: 'live' });
    await caughtUp;
  });

  test.each(['missing', 'empty'] as const)(
    'waits for the watch that takes over, and no longer, where versions are %s',
    async (versions) => {
      await using bench = await startPolling();
      const { fake, watcher } = bench;
      fake.spoil({ resource: 'widgets', versions });
      await bench.settle(60_000);
      fake.unregisterKind(kind);
      fake.registerKind(kind);
      fake.hold({ operation: 'list' });
      const written = fake.put(widget('two'));
      const caughtUp = watcher.caughtUp(written);
      expect(await settled(bench, caughtUp)).toBe(false);
      await bench.settle(700_000);
      expect(watcher.statusOf(id)).toMatchObject({ state: 'live', servedBy: 'object' });
      expect(await settled(bench, caughtUp)).toBe(true);
      expect(watcher.getFromCache(id)).toMatchObject({ data: { value: 'two' } });
    },
  );
});

test.each([
  ['no version', configMap('config')],
  ['no name', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { resourceVersion: '1' } }],
  ['nothing', undefined as never],
])('refuses %s', async (_what, written) => {
  await using bench = await start();
  await expect(bench.watcher.caughtUp(written)).rejects.toMatchObject({
    code: 'ERR_INVALID_INPUT',
    message: expect.stringContaining('written') as string,
  });
});

test('statusOf tells of one thing what watchStatus tells of all', async () => {
  await using bench = await start();
  const { fake, watcher } = bench;
  expect(watcher.statusOf(watched)).toBeUndefined();
  await bench.wait(watcher.addWatcher(app, { ...watched, group: '' }));
  expect(watcher.statusOf(watched)).toEqual(watcher.watchStatus()[0]);
  expect(watcher.statusOf(watched)).toMatchObject({ state: 'live', servedBy: 'object' });
  fake.deny({ verbs: ['list', 'watch'], resource: 'configmaps' });
  fake.breakWatches();
  await bench.settle(60_000);
  expect(watcher.statusOf(watched)).toMatchObject({ state: 'ended', servedBy: 'none' });
  expect(() => watcher.statusOf({ version: 'v1', kind: '' })).toThrow(/kind/);
});
