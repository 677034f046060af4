import type { Transport } from '@depwatch/core';
import type { FakeTransport } from '@depwatch/testing';
import { describe, expect, test } from 'vitest';
import { configMapId } from './harness.ts';
import {
  config,
  failure,
  numbered,
  secretId,
  ServerBench,
  widget,
  widgetId,
  widgetKind,
} from './server-bench.ts';

const id = configMapId('config');
const all = { version: 'v1', kind: 'ConfigMap', namespace: 'default', selector: 'of=all' };
const relistPaceMs = 30_000;

describe.each(['missing', 'empty', 'frozen'] as const)('versions that are %s', (versions) => {
  const start = async () => {
    const bench = new ServerBench([config('config', 'there'), config('other', 'there')]);
    bench.fake.spoil({ resource: 'configmaps', versions });
    await bench.watcher.start();
    const add = bench.watcher.addWatcher(configMapId('app'), all);
    expect(await bench.within(5000, add)).toEqual({ value: undefined });
    bench.recorder.calls.length = 0;
    return bench;
  };
  const shown = ({ watcher }: ServerBench) =>
    Object.fromEntries(
      watcher
        .listFromCache<ReturnType<typeof config>>(all)
        .map(({ metadata, data }) => [metadata.name, data.value]),
    );

  test('are no hindrance: what an open watch tells is seen', async () => {
    await using bench = await start();
    bench.fake.put(config('config', 'after'));
    await bench.settle();
    expect(shown(bench)).toEqual({ config: 'after', other: 'there' });
    bench.fake.remove(config('other', ''));
    bench.fake.put(config('new', 'there'));
    await bench.settle();
    expect(shown(bench)).toEqual({ config: 'after', new: 'there' });
    expect(new Set(bench.causes)).toEqual(new Set(['modified', 'deleted', 'added']));
  });

  test('are made up for by a relist: what was missed is seen, what was not changed wakes nobody', async () => {
    await using bench = await start();
    await bench.settle(60_000);
    for (const end of ['breakWatches', 'closeWatches'] as const) {
      bench.fake[end]();
      bench.fake.put(config('config', end));
      await bench.settle(relistPaceMs + 1000);
      expect(shown(bench)).toEqual({ config: end, other: 'there' });
    }
    expect(bench.causes).toEqual(['modified', 'modified']);
    bench.fake.breakWatches();
    bench.fake.remove(config('other', ''));
    await bench.settle(relistPaceMs + 1000);
    expect(shown(bench)).toEqual({ config: 'closeWatches' });
    bench.fake.breakWatches();
    await bench.settle(relistPaceMs + 1000);
    expect(bench.causes).toEqual(['modified', 'modified', 'deleted']);
    expect(bench.count('live')).toBe(1);
  });

  test('are asked for at most every 30 s, however often the watch ends', async () => {
    await using bench = await start();
    bench.fake.cutWatches(2000);
    bench.fake.closeWatches();
    await bench.settle(relistPaceMs);
    const before = bench.fake.requests;
    await bench.settle(10 * 60_000);
    const { list, streaming } = bench.fake.requests;
    const lists = list + streaming - before.list - before.streaming;
    expect(lists).toBeGreaterThanOrEqual(10);
    expect(lists).toBeLessThanOrEqual(21);
  });
});

test('a DELETED without uid is believed', async () => {
  await using bench = await ServerBench.start([config('config', 'there')]);
  bench.fake.spoil({ deletedUids: 'missing' });
  await bench.watch(id);
  bench.fake.remove(config('config', ''));
  await bench.settle();
  expect(bench.shown(id)).toBeUndefined();
  expect(bench.causes).toEqual(['deleted']);
});

describe('a proxy that cuts streams at 60 s', () => {
  const ids = numbered('c', 5).map((name) => configMapId(name));

  test('leaves the watches live nearly always', async () => {
    await using bench = new ServerBench();
    bench.fake.cutWatches(60_000);
    await bench.watcher.start();
    await bench.watch(...ids);
    let looks = 0;
    let live = 0;
    let longestGap = 0;
    let gap = 0;
    await bench.each(20 * 60_000, 250, () => {
      const all = bench.count('live') === ids.length;
      looks += 1;
      live += all ? 1 : 0;
      gap = all ? 0 : gap + 250;
      longestGap = Math.max(longestGap, gap);
    });
    expect(live / looks).toBeGreaterThan(0.98);
    expect(longestGap).toBeLessThanOrEqual(1250);
    expect(bench.unreachableLines).toEqual([]);
  });

  test('is said once, and then watches end before it cuts them', async () => {
    await using bench = new ServerBench();
    bench.fake.cutWatches(60_000);
    await bench.watcher.start();
    await bench.watch(...ids);
    await bench.settle(2 * 60_000);
    expect(bench.lines).toEqual([]);
    await bench.settle(8 * 60_000);
    expect(bench.lines).toMatchObject([{ level: 'info' }]);
    const before = bench.requests.length;
    const retries = () =>
      bench.watcher.watchStatus().filter(({ state }) => state !== 'live').length;
    let away = 0;
    await bench.each(10 * 60_000, 100, () => (away += retries()));
    const watches = bench.requests.slice(before);
    expect(watches.length).toBeGreaterThanOrEqual(ids.length * 10);
    expect(watches.length).toBeLessThan(ids.length * 25);
    for (const { operation, options } of watches) {
      expect(operation).toBe('watch');
      expect(options.initialEvents).not.toBe(true);
      expect(options.timeoutMs).toBeLessThan(60_000);
    }
    // Clean ends leave no gap that is seen as one.
    expect(away).toBe(0);
    expect(bench.lines).toHaveLength(1);
  });

  test('a single cut is no habit: the time-out stays as it is', async () => {
    await using bench = await ServerBench.start();
    await bench.watch(...ids);
    await bench.settle(60_000);
    bench.fake.breakWatches();
    await bench.settle(17 * 60_000);
    bench.fake.breakWatches();
    await bench.settle(60_000);
    for (const { operation, options } of bench.requests) {
      if (operation === 'watch') expect(options.timeoutMs).toBeGreaterThanOrEqual(5 * 60_000);
    }
    expect(bench.lines).toEqual([]);
  });
});

describe('a server that was restored from a backup', () => {
  const names = ['kept', 'changed', 'deleted', 'created'];

  const start = async () => {
    const objects = ['kept', 'changed', 'deleted'].map((name) => config(name, 'backed up'));
    const bench = await ServerBench.start(objects);
    const backup = bench.fake.resourceVersion;
    await bench.watch(all, ...names.map((name) => configMapId(name)));
    bench.fake.put(config('changed', 'later'));
    bench.fake.remove(config('deleted', ''));
    bench.fake.put(config('created', 'later'));
    // Far ahead of what is written after the restore.
    for (let count = 0; count < 100; count += 1) bench.fake.put(config('unrelated', `${count}`));
    await bench.settle(1000);
    bench.recorder.calls.length = 0;
    return { bench, backup };
  };
  test.each([
    ['in a long outage', 30_000, 10_000, 1],
    ['in a short outage', 1000, 10_000, 1],
    // Then only the watch's silence tells.
    ['before anybody noticed', 0, 125_000, 0],
  ])(
    '(%s) is listed anew: the cache is as the server in time',
    async (_how, downMs, withinMs, lines) => {
      const { bench, backup } = await start();
      await using _ = bench;
      if (downMs > 0) bench.fake.down();
      await bench.settle(downMs);
      bench.fake.restore(backup);
      bench.fake.up();
      bench.fake.put(config('kept', 'after'));
      await bench.settle(withinMs);
      expect(bench.count('live')).toBe(5);
      for (const name of names) {
        const onServer = bench.fake.stored(configMapId(name));
        expect(bench.watcher.getFromCache(configMapId(name))).toEqual(onServer);
      }
      expect(bench.watcher.listFromCache(all)).toHaveLength(3);
      const said = bench.lines.filter(({ message }) => !/reach|answers again/.test(message));
      expect(said).toHaveLength(lines);
      bench.fake.put(config('kept', 'later'));
      await bench.settle();
      expect(bench.shown(configMapId('kept'))).toBe('later');
    },
  );

  test('is listed anew whole: one resource that went back speaks for those that were overtaken by then', async () => {
    await using bench = await ServerBench.start([config('kept', 'backed up')]);
    const secret = (value: string) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: 'default', name: 's', labels: { value } },
    });
    const backup = bench.fake.resourceVersion;
    bench.fake.put(secret('later'));
    // The Secret's watch has seen no more than this; the ConfigMap's sees much more.
    await bench.watch(secretId('s'), configMapId('kept'));
    for (let count = 0; count < 100; count += 1) bench.fake.put(config('kept', `${count}`));
    await bench.settle(1000);
    bench.fake.down();
    await bench.settle(1000);
    bench.fake.restore(backup);
    for (let count = 0; count < 20; count += 1) bench.fake.put(config('unrelated', `${count}`));
    bench.fake.up();
    await bench.settle(10_000);
    expect(bench.fake.stored(secretId('s'))).toBeUndefined();
    expect(bench.watcher.getFromCache(secretId('s'))).toBeUndefined();
    expect(bench.shown(configMapId('kept'))).toBe('backed up');
    expect(bench.count('live') + bench.count('live', 'Secret')).toBe(2);
  });

  test.each(['auto', 'shared'] as const)(
    'wakes for what was changed anew, though under the version that was there before (watches: %s)',
    async (watchPlan) => {
      await using bench = new ServerBench([config('kept', 'backed up'), config('same', 'there')], {
        watchPlan,
      });
      await bench.watcher.start();
      const backup = bench.fake.resourceVersion;
      void bench.watcher.addWatcher(configMapId('of-kept'), configMapId('kept'));
      await bench.watch(configMapId('kept'), configMapId('same'));
      bench.fake.put(config('kept', 'lost'));
      const { resourceVersion } = bench.fake.stored(configMapId('kept'))!.metadata!;
      for (let count = 0; count < 100; count += 1) bench.fake.put(config('same', `${count}`));
      await bench.settle(1000);
      bench.recorder.calls.length = 0;
      bench.fake.down();
      await bench.settle(10_000);
      bench.fake.restore(backup);
      bench.fake.put(config('kept', 'after'));
      expect(bench.fake.stored(configMapId('kept'))!.metadata).toMatchObject({ resourceVersion });
      bench.fake.up();
      await bench.settle(10_000);
      expect(bench.shown(configMapId('kept'))).toBe('after');
      const woken = bench.recorder.calls.filter(({ watcher }) => watcher === 'of-kept');
      expect(woken.flatMap(({ causes }) => causes)).toEqual(['modified']);
    },
  );

  test('while no watch was connected, so that nobody noticed an outage, is listed anew all the same', async () => {
    const { bench, backup } = await start();
    await using _ = bench;
    const html = failure('not-kubernetes');
    const wellAgain = bench.fake.fail({ operation: 'watch', error: html, times: 1000 });
    bench.fake.breakWatches();
    await bench.settle(10_000);
    bench.fake.restore(backup);
    wellAgain();
    await bench.settle(35_000);
    expect(bench.count('live')).toBe(5);
    for (const name of names) {
      const onServer = bench.fake.stored(configMapId(name));
      expect(bench.watcher.getFromCache(configMapId(name))).toEqual(onServer);
    }
  });

  test('is not looked for when a single watch ends and comes back at once', async () => {
    await using bench = await ServerBench.start([config('config', 'there')]);
    await bench.watch(id);
    const { list } = bench.fake.requests;
    for (let count = 0; count < 5; count += 1) {
      bench.fake.closeWatches();
      await bench.settle(5000);
    }
    expect(bench.count('live')).toBe(1);
    expect(bench.fake.requests.list).toBe(list);
  });

  test('costs one small list a resource to find out, and none anew where nothing went back', async () => {
    const { bench } = await start();
    await using _ = bench;
    const before = bench.requests.length;
    bench.fake.down();
    await bench.settle(10_000);
    bench.fake.up();
    await bench.settle(10_000);
    expect(bench.count('live')).toBe(5);
    const asked = bench.requests.slice(before);
    const lists = asked.filter(({ operation }) => operation === 'list');
    expect(lists.length).toBeLessThanOrEqual(1);
    for (const { options } of lists) expect(options.limit).toBe(1);
    expect(asked.some(({ options }) => options.initialEvents)).toBe(false);
    expect(bench.causes).toEqual([]);
  });
});

test('a version that a list has just shown is watched from, whatever was called expired before', async () => {
  await using bench = await ServerBench.start([config('config', 'there')]);
  bench.fake.refuseStreamingLists(400);
  await bench.watch(id);
  bench.fake.fail({ operation: 'watch', error: { code: 410 }, times: 1 });
  bench.fake.breakWatches();
  await bench.settle(2000);
  expect(bench.count('live')).toBe(1);
  bench.fake.put(config('config', 'after'));
  await bench.settle();
  expect(bench.shown(id)).toBe('after');
});

test('a look for a restore that is given up says nothing about the server, and is over with the stop', async () => {
  let looks = 0;
  const hang = (fake: FakeTransport): Transport => ({
    ...fake,
    list: (query, options) =>
      options.limit !== 1
        ? fake.list(query, options)
        : new Promise((_, reject) => {
            looks += 1;
            options.signal?.addEventListener('abort', () => reject(failure('unreachable')));
          }),
  });
  const bench = await ServerBench.start([config('config', 'there')], {}, hang);
  await bench.watch(id);
  bench.fake.down();
  await bench.settle(5000);
  bench.fake.up();
  await bench.settle(6000);
  expect([looks, bench.count('live')]).toEqual([1, 1]);
  const { probe } = bench.fake.requests;
  bench.fake.down();
  await bench.watcher.stop();
  await bench.watcher.stopped;
  await bench.settle(60_000);
  expect(bench.fake.requests.probe).toBe(probe);
  expect(bench.fake.clock.pending).toBe(0);
});

test('however many ask anew how a kind is served, the one answer is remembered, its scope included', async () => {
  await using bench = await ServerBench.start([]);
  bench.fake.registerKind({ ...widgetKind, namespaced: false });
  const ids = ['a', 'b', 'c'].map((name) => widgetId(name));
  await bench.watch(...ids);
  bench.fake.unregisterKind(widgetKind);
  bench.fake.registerKind(widgetKind);
  for (const name of ['a', 'b', 'c']) bench.fake.put(widget(name, 'there', 'default'));
  const answer = bench.fake.hold({ operation: 'discover' });
  await bench.settle(1000);
  answer();
  await bench.settle(5000);
  expect(bench.count('live', 'Widget')).toBe(3);
  const asked = bench.fake.requests.discover;
  expect(await bench.watcher.gvkToGvr(widgetKind)).toMatchObject({ namespaced: true });
  expect(bench.fake.requests.discover).toBe(asked);
  expect(bench.shown(ids[0]!)).toBe('there');
  expect(() => bench.watcher.getFromCache(widgetId('a', 'other'))).toThrow();
});
