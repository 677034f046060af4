import { silentLogger } from '@depwatch/core';
import { createFakeTransport, type FakeTransport } from '@depwatch/testing';
import { expect, test } from 'vitest';
import { ServerHealth } from '../../../src/requests/server-health.ts';
import { Slots } from '../../../src/requests/slots.ts';
import type { Feed } from '../../../src/supply/feed.ts';
import { PastVersions } from '../../../src/supply/sources/past-versions.ts';
import { StreamAges } from '../../../src/supply/sources/stream-ages.ts';
import { StreamingLists } from '../../../src/supply/sources/streaming-lists.ts';
import { WatchSource } from '../../../src/supply/sources/watch-source.ts';
import type { WatchSourceContext } from '../../../src/supply/sources/watch-source-context.ts';
import { CollectionBench, gvr } from './collection-bench.ts';

/** A collection and feeds whose sources watch a fake server; a step lets everything happen that is due in a millisecond. */
function watching(count: number) {
  const fake = createFakeTransport();
  const context = contextOf(fake);
  const put = (name: string, data = {}): void =>
    void fake.put({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'ns' },
      data,
    } as object);
  for (let index = 0; index < count; index += 1) put(`n${index}`);
  const bench = new CollectionBench({
    createSource: (sink, watched, of) => new WatchSource(sink, watched, of, context),
  });
  const feeds = Array.from({ length: count }, (_, index) => bench.feed(`n${index}`));
  const own = (feed: Feed): void => {
    const source = new WatchSource(feed, feed.watched, gvr, context);
    feed.source = source;
    source.start();
  };
  const settle = (ms = 1): Promise<void> => fake.clock.advance(ms);
  return { fake, put, bench, collection: bench.collection, feeds, own, settle };
}

function contextOf(fake: FakeTransport): WatchSourceContext {
  const { clock } = fake;
  const health: ServerHealth = new ServerHealth({
    clock,
    logger: silentLogger,
    probe: (signal) => fake.probe({ signal }),
    probeTimeoutMs: 10_000,
    shut: () => slots.shut(),
    opened: () => slots.opened(),
    returned: () => {},
  });
  const slots = new Slots({ clock, health, logger: silentLogger });
  const found = async () => gvr;
  return {
    transport: fake,
    clock,
    health,
    slots,
    streamingLists: new StreamingLists(clock),
    streamAges: new StreamAges(silentLogger),
    pastVersions: new PastVersions(clock),
    requestTimeoutMs: 10_000,
    authGraceMs: 30_000,
    metadataOnly: false,
    rediscover: found,
    served: found,
    noticed: found,
  };
}

/** What each feed has told, without versions. */
function told(bench: CollectionBench, feeds: readonly Feed[]): string[] {
  return feeds.flatMap((feed) => bench.toldBy(feed).map((one) => one.replace(/@.*/, '')));
}

test('to a collection and back: no list but its own, no change lost and none told twice', async () => {
  const { fake, put, bench, collection, feeds, own, settle } = watching(100);
  for (const feed of feeds) own(feed);
  await settle();
  expect(fake.openWatches).toHaveLength(101);
  for (const feed of feeds) collection.join(feed);
  await settle();
  expect([fake.openWatches.length, collection.joined, told(bench, feeds)]).toEqual([1, 100, []]);
  put('n1', { a: '1' });
  await settle();
  const { streaming, list } = fake.requests;
  collection.part();
  await settle();
  expect(fake.openWatches).toHaveLength(1);
  fake.remove(feeds[2]!.watched);
  await settle();
  put('n3', { a: '1' });
  await settle();
  collection.close();
  put('n99', { a: '1' });
  await settle();
  expect(fake.openWatches).toHaveLength(100);
  expect([fake.requests.streaming, fake.requests.list]).toEqual([streaming, list]);
  expect(told(bench, feeds)).toEqual(['modified n1', 'deleted n2', 'modified n3', 'modified n99']);
});

test('a version that is compacted on the way back costs a list, and loses nothing', async () => {
  const { fake, put, bench, collection, feeds, settle } = watching(3);
  for (const feed of feeds) collection.join(feed);
  await settle();
  const release = fake.hold('watch');
  collection.part();
  put('another');
  await settle();
  put('n0', { a: '1' });
  fake.remove(feeds[1]!.watched);
  fake.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'n1', namespace: 'ns' } });
  fake.compact();
  release();
  await settle(2000);
  expect(told(bench, feeds)).toEqual(['modified n0', 'modified n1']);
  expect(
    feeds.every(({ source, state }) => source?.servedBy === 'object' && state === 'live'),
  ).toBe(true);
});

test('connections that die cost one request, and what was written meanwhile is told', async () => {
  const { fake, put, bench, collection, feeds, settle } = watching(100);
  for (const feed of feeds) collection.join(feed);
  await settle();
  const { watch } = fake.requests;
  fake.cutConnections();
  put('n1', { a: '1' });
  await settle(2000);
  expect([fake.requests.watch - watch, told(bench, feeds)]).toEqual([1, ['modified n1']]);
  expect(feeds.every(({ state }) => state === 'live')).toBe(true);
  expect(bench.events.filter((event) => event.startsWith('retrying'))).toHaveLength(1);
});

test('a version that has expired costs one list, and what was deleted meanwhile is told', async () => {
  const { fake, put, bench, collection, feeds, settle } = watching(100);
  for (const feed of feeds) collection.join(feed);
  await settle();
  const { watch } = fake.requests;
  const up = fake.hold('watch');
  fake.closeWatches();
  fake.remove(feeds[5]!.watched);
  put('n6', { a: '1' });
  fake.compact();
  await settle(100);
  up();
  await settle(2000);
  expect(told(bench, feeds)).toEqual(['deleted n5', 'modified n6']);
  expect(fake.requests.watch - watch).toBeLessThan(4);
});

test('a collection that may not be watched costs one request, and its feeds are watched by name', async () => {
  const { fake, put, bench, collection, feeds, settle } = watching(3);
  collection.close();
  const error = { code: 403 };
  fake.fail({ operation: 'watch', match: ({ query }) => query?.name === undefined, error });
  const { watch } = fake.requests;
  const another = bench.open('ns');
  for (const feed of feeds) another.join(feed);
  await settle();
  expect(bench.events.at(-1)).toBe('ended ERR_FORBIDDEN');
  expect([fake.requests.watch - watch, fake.openWatches.length]).toEqual([4, 3]);
  put('n1', { a: '1' });
  await settle();
  expect(told(bench, feeds)).toEqual(['modified n1']);
});
