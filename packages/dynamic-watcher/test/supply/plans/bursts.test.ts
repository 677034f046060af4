import type { FakeRequest } from '@depwatch/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { configMap, configMapId } from '../../harness.ts';
import { configMaps, ids, ofCollection, PlanBench } from './plan-bench.ts';

/** Larger by far than what a collection keeps of objects that nobody asks for. */
const total = 2500;
const [before, burst] = [1000, 400];

const isList = (request: FakeRequest): boolean =>
  request.operation === 'list' && ofCollection(request) && request.options.limit !== 1;
const isOwnWatch = ({ operation, query }: FakeRequest): boolean =>
  operation === 'watch' && query?.name !== undefined;

let bench: PlanBench;

beforeEach(async () => {
  bench = await PlanBench.start(configMaps(total));
  await bench.live(...ids(before));
  bench.server.requests.length = 0;
});
afterEach(() => bench[Symbol.asyncDispose]());

/** Those that no whole object is kept for. */
const late = ids(burst, total - burst);

const shown = () => late.map((id) => bench.watcher.getFromCache(id)?.metadata?.resourceVersion);
const stored = () => late.map((id) => bench.fake.stored(id)?.metadata?.resourceVersion);
const count = (of: (request: FakeRequest) => boolean) => bench.server.requests.filter(of).length;

describe('many that come to a shared watch at once', () => {
  test('are fetched by one list, however many they are', async () => {
    const added = bench.add(...late);
    await bench.settle(100);
    await added;
    expect(count(isOwnWatch)).toBe(16);
    expect(count(isList)).toBe(total / 500);
    expect(bench.servedBy()).toEqual({ namespace: before + burst });
    expect(shown()).toEqual(stored());
    expect(bench.fake.openWatches).toHaveLength(1);
  });

  test('show what was written while the list was under way, and miss no change after it', async () => {
    const release = bench.fake.hold({ operation: 'list', match: isList, at: 'answer' });
    const added = bench.add(...late);
    await bench.settle(100);
    for (const { name } of late.slice(100, 200)) bench.fake.put(configMap(name!, { a: '1' }));
    for (const id of late.slice(200, 220)) bench.fake.remove(id);
    await bench.settle(100);
    release();
    await bench.settle(1000);
    await added;
    expect(shown()).toEqual(stored());
    bench.woken();
    for (const { name } of late.slice(0, 300)) bench.fake.put(configMap(name!, { a: '2' }));
    await bench.settle(100);
    expect(bench.woken()).toHaveLength(300);
    expect(shown()).toEqual(stored());
    expect(bench.servedBy()).toEqual({ namespace: before + burst });
  });

  test('while others are listed have missed their page, and are fetched by the next list', async () => {
    // The page that it comes to last, when all that they wait for has been read.
    const isLast = (request: FakeRequest): boolean => isList(request) && count(isList) === 5;
    const release = bench.fake.hold({ operation: 'list', match: isLast });
    const [first, second] = [late.slice(200), late.slice(0, 200)];
    const added = [bench.add(...first)];
    await bench.settle(100);
    const own = count(isOwnWatch);
    added.push(bench.add(...second));
    await bench.settle(100);
    release();
    await bench.settle(200);
    await Promise.all(added);
    expect(shown()).toEqual(stored());
    expect(bench.servedBy()).toEqual({ namespace: before + burst });
    expect(count(isOwnWatch) - own).toBeLessThanOrEqual(16);
  });

  test.each([
    ['is refused', () => bench.fake.fail({ operation: 'list', error: { code: 403 } })],
    ['fails', () => bench.fake.fail({ operation: 'list', error: { code: 500 } })],
    ['is not answered', () => bench.fake.hold({ operation: 'list' })],
    ['never ends', () => bench.fake.spoil({ tokens: 'constant' })],
  ])('come up by watches of their own where the list %s', async (_, spoil) => {
    spoil();
    const added = bench.add(...late);
    await bench.settle(5000);
    await added;
    expect(shown()).toEqual(stored());
    expect(bench.servedBy()).toEqual({ namespace: before + burst });
  });

  test('go on when the watch breaks meanwhile', async () => {
    const release = bench.fake.hold({ operation: 'list', match: isList });
    const added = bench.add(...late);
    await bench.settle(100);
    bench.fake.breakWatches();
    await bench.settle(10);
    release();
    await bench.settle(5000);
    await added;
    expect(shown()).toEqual(stored());
    expect(bench.servedBy()).toEqual({ namespace: before + burst });
  });

  test('may leave again before the list has come', async () => {
    const release = bench.fake.hold({ operation: 'list', match: isList });
    const added = bench.add(...late);
    await bench.settle(100);
    await bench.remove(...late);
    await expect(added).rejects.toThrow();
    release();
    await bench.settle(1000);
    expect(bench.servedBy()).toEqual({ namespace: before });
    expect(bench.fake.openWatches).toHaveLength(1);
  });

  test('are watched one by one where the rest is far larger than they are', async () => {
    const few = late.slice(0, 40);
    const added = bench.add(...few);
    await bench.settle(100);
    await added;
    expect([count(isOwnWatch), count(isList)]).toEqual([40, 0]);
  });
});

test('one that comes by itself has a watch of its own until it has joined', async () => {
  bench.server.requests.length = 0;
  await bench.live(configMapId(`c${total - 1}`));
  expect([count(isOwnWatch), count(isList)]).toEqual([1, 0]);
});
