import type { KubernetesObject, Transport, WatchEvent } from '@depwatch/core';
import type { FakeTransport } from '@depwatch/testing';
import { describe, expect, test } from 'vitest';
import { configMapId } from './harness.ts';
import { config, failure, numbered, secretId, ServerBench } from './server-bench.ts';

const id = configMapId('config');
const all = { version: 'v1', kind: 'ConfigMap', namespace: 'default', selector: 'of=all' };
const requestTimeoutMs = 10_000;

describe('a streaming list whose end does not come', () => {
  const losses = ['missing', 'no-initial-events-end'] as const;

  /** One object changes again and again, and bookmarks come, if they come. */
  const restless = ({ fake }: ServerBench, ms: number) => {
    for (let at = 0; at < ms; at += 500) {
      fake.clock.setTimeout(() => {
        fake.put(config('config', `at ${at}`));
        fake.sendBookmarks();
      }, at);
    }
  };

  test.each(losses)('(%s) gives way to a list, though events go on', async (bookmarks) => {
    await using bench = await ServerBench.start([config('config', 'there')]);
    bench.fake.spoil({ bookmarks });
    restless(bench, 60_000);
    const add = bench.watcher.addWatcher(configMapId('app'), all);
    expect(await bench.within(requestTimeoutMs / 2 + 100, add)).toEqual({ value: undefined });
    expect(bench.fake.requests).toMatchObject({ streaming: 1, list: 1 });
    // Remembered.
    await bench.watcher.addWatcher(configMapId('app'), id);
    expect(bench.fake.requests).toMatchObject({ streaming: 1, list: 2 });
  });

  test.each(losses)('(%s) holds up a relist no longer', async (bookmarks) => {
    await using bench = await ServerBench.start([config('config', 'there')]);
    await bench.watch(all);
    bench.fake.spoil({ bookmarks });
    bench.fake.breakWatches();
    restless(bench, 60_000);
    bench.fake.compact();
    await bench.settle(requestTimeoutMs / 2 + 2000);
    expect(bench.count('live')).toBe(1);
    const { resourceVersion } = bench.fake;
    await bench.settle(1000);
    expect(bench.fake.resourceVersion).not.toBe(resourceVersion);
    expect(bench.watcher.listFromCache(all)).toEqual([bench.fake.stored(id)]);
  });

  test('is waited for as long as new objects come', async () => {
    const slowly = (fake: FakeTransport): Transport => ({
      ...fake,
      watch: (query, options) =>
        options.initialEvents ? piecemeal(fake, query, options) : fake.watch(query, options),
    });
    async function* piecemeal(
      fake: FakeTransport,
      ...[query, options]: Parameters<Transport['watch']>
    ): AsyncGenerator<readonly WatchEvent[]> {
      for await (const events of fake.watch(query, options)) {
        for (const event of events) {
          await new Promise<void>((resolve) => fake.clock.setTimeout(resolve, 1000));
          yield [event];
        }
      }
    }
    const objects = numbered('c', 20).map((name) => config(name, 'there'));
    await using bench = await ServerBench.start(objects, {}, slowly);
    const live = bench.watcher.addWatcher(configMapId('app'), all);
    live.catch(() => {});
    await bench.settle(requestTimeoutMs - 1);
    expect(bench.fake.requests).toMatchObject({ streaming: 1, list: 0 });
  });
});

describe('three failures at one version', () => {
  const resumes = {
    operation: 'watch',
    match: ({ options }: { options: { initialEvents?: boolean } }) => !options.initialEvents,
  } as const;

  test.each([
    ['an ERROR event of status 500', { code: 500 }, true],
    ['an answer of status 500', { code: 500 }, false],
    ['an ERROR event of status 400', { code: 400 }, true],
    ['a line that is no JSON', failure('protocol'), true],
    ['an answer that is nonsense', failure('protocol'), false],
    ['an answer of something else', failure('not-kubernetes'), false],
  ] as const)('(%s) lead to a relist', async (_what, error, accepted) => {
    await using bench = await ServerBench.start([config('config', 'there')]);
    await bench.watch(id);
    bench.fake.fail({ ...resumes, error, accepted });
    bench.fake.breakWatches();
    bench.fake.put(config('config', 'after'));
    await bench.settle(15_000);
    expect(bench.shown(id)).toBe('after');
    expect(bench.fake.requests.streaming).toBe(2);
    // Both streaming lists, and three resumes at most: a refusal for good may lead to a relist at once.
    expect(bench.fake.requests.watch).toBeLessThanOrEqual(5);
    expect(bench.unreachableLines).toEqual([]);
  });

  test.each([
    ['401', { code: 401 }],
    ['403', { code: 403 }],
    ['429', { code: 429 }],
    ['503', { code: 503 }],
    ['no connection', failure('unreachable')],
  ] as const)('(%s) do not, where a list would fare no better', async (_what, error) => {
    await using bench = await ServerBench.start([config('config', 'there')], {
      authGraceMs: 10 * 60_000,
    });
    await bench.watch(id);
    const heal = bench.fake.fail({ ...resumes, error });
    bench.fake.breakWatches();
    bench.fake.put(config('config', 'after'));
    await bench.settle(60_000);
    expect(bench.fake.requests).toMatchObject({ streaming: 1, list: 0 });
    heal();
    await bench.settle(31_000);
    expect(bench.shown(id)).toBe('after');
    expect(bench.fake.requests.streaming).toBe(1);
    // But for the question whether the server was restored meanwhile.
    const lists = bench.requests.filter(({ operation }) => operation === 'list');
    expect(lists.filter(({ options }) => options.limit !== 1)).toEqual([]);
  });
});

describe('tokens of pages', () => {
  const objects = (count: number) => numbered('c', count).map((name) => config(name, 'there'));
  /** Each page takes some time: lists without an end would otherwise leave no room for the clock. */
  const paced = (fake: FakeTransport): Transport => ({
    ...fake,
    async list(query, options) {
      await new Promise<void>((resolve) => fake.clock.setTimeout(resolve, 10));
      return fake.list(query, options);
    },
  });

  test('one that comes twice is a protocol error, and costs few requests', async () => {
    await using bench = await ServerBench.start(objects(3), {}, paced);
    bench.fake.refuseStreamingLists(422);
    bench.fake.spoil({ tokens: 'constant' });
    const add = bench.watcher.addWatcher(configMapId('app'), all);
    expect(await bench.within(20_000, add)).toMatchObject({
      code: 'ERR_TRANSPORT',
      message: expect.stringMatching(/token|continue/),
    });
    expect(bench.fake.requests.list).toBeLessThan(20);
  });

  test('one that comes twice in a relist costs few requests, until it is over', async () => {
    await using bench = await ServerBench.start(objects(3), {}, paced);
    bench.fake.refuseStreamingLists(422);
    await bench.watch(all);
    const heal = bench.fake.spoil({ tokens: 'constant' });
    const { list } = bench.fake.requests;
    bench.fake.breakWatches();
    bench.fake.put(config('c0', 'after'));
    bench.fake.compact();
    await bench.settle(20_000);
    expect(bench.fake.requests.list - list).toBeLessThan(20);
    expect(bench.count('retrying')).toBe(1);
    expect(bench.watcher.listFromCache(all)).toHaveLength(3);
    heal();
    await bench.settle(31_000);
    expect(bench.watcher.listFromCache(all)).toContainEqual(bench.fake.stored(configMapId('c0')));
  });

  test('a second one that has expired in one list leads to a list in one page', async () => {
    await using bench = await ServerBench.start(objects(1200), {}, paced);
    bench.fake.refuseStreamingLists(422);
    bench.fake.fail({
      operation: 'list',
      match: ({ options }) => options.continue !== undefined,
      error: { code: 410 },
    });
    const add = bench.watcher.addWatcher(configMapId('app'), all);
    expect(await bench.within(requestTimeoutMs, add)).toEqual({ value: undefined });
    const lists = bench.requests.filter(({ operation }) => operation === 'list');
    expect(lists.map(({ options }) => options.limit !== undefined)).toEqual([
      ...[true, true, true, true],
      false,
    ]);
    expect(bench.watcher.listFromCache(all)).toHaveLength(1200);
  });
});

describe('a transport that tells of the acceptance of a watch', () => {
  test('has an add wait for it, and the refusal that comes late reject it', async () => {
    await using bench = await ServerBench.start();
    await bench.watch(secretId('s'));
    bench.fake.refuseStreamingLists(422);
    const release = bench.fake.hold('watch');
    const add = bench.watcher.addWatcher(configMapId('app'), id);
    expect(await bench.within(1500, add)).toBe('pending');
    bench.fake.deny({ verbs: ['watch'], resource: 'configmaps' });
    release();
    await expect(add).rejects.toMatchObject({ code: 'ERR_FORBIDDEN' });
  });

  test('has an add fail whose watch stays silent', async () => {
    await using bench = await ServerBench.start();
    await bench.watch(secretId('s'));
    bench.fake.refuseStreamingLists(422);
    bench.fake.hold({ operation: 'watch', at: 'answer', match: { kind: 'ConfigMap' } });
    const add = bench.watcher.addWatcher(configMapId('app'), id);
    const error = await bench.within(requestTimeoutMs + 100, add);
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT' });
  });

  test('never shows a resumed watch as live that stays silent', async () => {
    await using bench = await ServerBench.start([config('config', 'there')]);
    await bench.watch(id);
    const release = bench.fake.hold({ operation: 'watch', match: { kind: 'ConfigMap' } });
    bench.fake.breakWatches();
    bench.fake.put(config('config', 'after'));
    await bench.each(90_000, 1000, () => expect(bench.count('live')).toBe(0));
    release();
    await bench.settle(41_000);
    expect([bench.count('live'), bench.shown(id)]).toEqual([1, 'after']);
  });
});

describe('an object that can not be kept', () => {
  /** Has what is called `buffer` hold one: no frozen object may. */
  const buffers = (fake: FakeTransport): Transport => ({
    ...fake,
    async *watch(query, options) {
      for await (const events of fake.watch(query, options)) {
        yield events.map((event) =>
          event.type === 'BOOKMARK' ? event : { ...event, object: withBuffer(event.object) },
        );
      }
    },
  });
  const withBuffer = (object: KubernetesObject & { data?: { value?: unknown } }) =>
    object.data?.value === 'buffer' ? { ...object, data: { value: Buffer.from('x') } } : object;

  test('in an event: its watch fails, and its version is not saved', async () => {
    await using bench = await ServerBench.start([config('config', 'there')], {}, buffers);
    await bench.watch(id);
    const [before] = bench.watcher.watchStatus();
    bench.fake.put(config('config', 'buffer'));
    await bench.settle(1);
    const [status] = bench.watcher.watchStatus();
    expect(status).toMatchObject({
      state: 'retrying',
      resourceVersion: before!.resourceVersion,
      lastError: { code: 'ERR_TRANSPORT' },
    });
    await bench.each(60_000, 100, () => {
      // As old as it is, it is not said to be new.
      if (bench.count('live') > 0) expect(bench.shown(id)).not.toBe('there');
    });
    bench.fake.put(config('config', 'after'));
    await bench.settle(31_000);
    expect([bench.count('live'), bench.shown(id)]).toEqual([1, 'after']);
  });

  test('in a list: the add is rejected', async () => {
    await using bench = await ServerBench.start([config('config', 'buffer')], {}, buffers);
    const add = bench.watcher.addWatcher(configMapId('app'), id);
    const error = await bench.within(requestTimeoutMs + 100, add);
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT' });
    expect(bench.watcher.getWatchCount()).toBe(0);
  });
});

describe('a selector', () => {
  const long = (length: number) => `${'a'.repeat(60)} in (${numbered('v', length / 5).join(',')})`;

  test('beyond what a header carries is refused before it is sent', async () => {
    await using bench = await ServerBench.start();
    const add = bench.watcher.addWatcher(configMapId('app'), { ...all, selector: long(65_000) });
    const error = (await bench.within(1, add)) as Error;
    expect(error).toMatchObject({ code: 'ERR_INVALID_INPUT' });
    expect(error.message.length).toBeLessThan(600);
    expect(bench.requests.filter(({ operation }) => operation !== 'discover')).toEqual([]);
  });

  test('is cut in errors and in the log', async () => {
    await using bench = await ServerBench.start([], { authGraceMs: 1000 });
    const selected = { ...all, selector: long(4000) };
    await bench.watch(selected);
    bench.fake.deny({});
    const add = bench.watcher.addWatcher(configMapId('b'), { ...all, selector: long(3000) });
    const error = (await bench.within(1, add)) as Error;
    expect(error).toMatchObject({ code: 'ERR_FORBIDDEN' });
    expect(error.message.length).toBeLessThan(800);
    bench.fake.closeWatches();
    await bench.settle(10_000);
    const { lastError } = bench.watcher.watchStatus()[0]!;
    expect(lastError!.message.length).toBeLessThan(800);
    for (const { message } of bench.lines) expect(message.length).toBeLessThan(800);
  });
});
