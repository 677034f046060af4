import {
  describeObjectIdentifier,
  GaugeLevels,
  knownMetrics,
  objectIdentifierKey,
  type Metrics,
  type ReconcileContext,
} from '@depwatch/core';
import { afterEach, describe, expect, test } from 'vitest';
import { startBench, type Bench } from './harness.ts';
import { Owned } from './owned.ts';

const app = (name: string) => ({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  namespace: 'shop',
  name,
});
const config = (name: string) => ({ version: 'v1', kind: 'ConfigMap', namespace: 'shop', name });
const configMap = (name: string, text = 'a') => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'shop' },
  data: { text },
});

let bench: Bench;
let owned: Owned;

async function start(settings: Parameters<typeof startBench>[0] = {}): Promise<void> {
  owned = new Owned();
  bench = await startBench({ ownership: owned, ...settings }, [configMap('one'), configMap('two')]);
}

/** From now on it owns these. @returns kept when all that was lost has stopped */
const give = (...names: readonly string[]) => owned.give(...names.map(app));

const calls = () =>
  bench.recorder.calls.map(({ watcher, causes }) => `${watcher}: ${causes.join()}`);

afterEach(() => bench[Symbol.asyncDispose]());

describe('a dynamic watcher of a replica', () => {
  test('watches nothing for watchers that it does not own, and reconciles none of them', async () => {
    await start();
    await bench.wait(bench.watcher.addWatcher(app('web'), config('one')));
    bench.watcher.enqueue(app('web'));
    bench.fake.put(configMap('one', 'b'));
    await bench.settle(1000);
    expect(bench.watcher.getWatchCount()).toBe(0);
    expect(bench.fake.openWatches).toHaveLength(0);
    expect(calls()).toEqual([]);
  });

  test('holds no watch for what it has lost, and has hundreds again by a handful of requests', async () => {
    await start();
    const names = Array.from({ length: 500 }, (_, index) => `of-${index}`);
    for (const name of names) bench.fake.put(configMap(name));
    await give(...names);
    const added = names.map((name) => bench.watcher.addWatcher(app(name), config(name)));
    await bench.settle(1000);
    await Promise.all(added);
    await give();
    await bench.settle(5000);
    expect(bench.fake.openWatches).toEqual([]);
    const { list, watch, discover } = bench.fake.requests;
    bench.recorder.calls.length = 0;
    await give(...names);
    await bench.settle(1000);
    const after = bench.fake.requests;
    expect(after.list + after.watch + after.discover - list - watch - discover).toBeLessThan(20);
    expect(calls()).toHaveLength(names.length);
    expect(bench.fake.openWatches).toHaveLength(1);
  });

  test('says at debug of a reconcile that is asked for whose it is, and does it once it is its own', async () => {
    const told: [object, string][] = [];
    const quiet = (): void => {};
    const debug = (fields: object, message: string): void => void told.push([fields, message]);
    await start({ logger: { debug, info: quiet, warn: quiet, error: quiet } });
    owned.ownerOf = () => 'another';
    bench.watcher.enqueue(app('web'));
    await bench.settle(1000);
    const lines = told.filter(([, message]) => message.includes('asked for'));
    expect(lines).toEqual([
      [
        { watcher: describeObjectIdentifier(app('web')), owner: 'another' },
        'a reconcile was asked for of a watcher that this replica does not own',
      ],
    ]);
    await give('web');
    await bench.settle(1000);
    expect(calls()).toEqual(['web: acquired']);
    bench.watcher.enqueue(app('web'));
    await bench.settle(1000);
    expect(calls()).toEqual(['web: acquired', 'web: enqueued']);
    expect(told.filter(([, message]) => message.includes('asked for'))).toHaveLength(1);
  });

  test('brings up what it takes over, and reconciles it once with that cause', async () => {
    await start();
    await bench.wait(bench.watcher.addWatcher(app('web'), config('one')));
    await bench.wait(bench.watcher.addOrUpdateWatcher(app('api'), [config('one'), config('two')]));
    let epoch: number | undefined;
    bench.recorder.act = (_, context: ReconcileContext) => void (epoch = context.epoch);
    await give('api');
    await bench.settle(1000);
    expect(bench.watcher.getWatchCount()).toBe(2);
    expect(calls()).toEqual(['api: acquired']);
    expect(epoch).toBe(2);
    bench.fake.put(configMap('one', 'b'));
    await bench.settle(1000);
    expect(calls()).toEqual(['api: acquired', 'api: modified']);
  });

  test('lets go of what it loses, and takes it up again', async () => {
    await start();
    await give('web');
    await bench.wait(bench.watcher.addWatcher(app('web'), config('one')));
    expect(calls()).toEqual(['web: initial']);
    bench.fake.put(configMap('one', 'b'));
    await give();
    await bench.settle(1000);
    expect(bench.watcher.getWatchCount()).toBe(0);
    expect(calls()).toEqual(['web: initial']);
    await give('web');
    await bench.settle(1000);
    expect(calls()).toEqual(['web: initial', 'web: acquired']);
    expect(bench.watcher.getWatchCount()).toBe(1);
  });

  test('holds up the hand-over until what runs has settled, and aborts it when that is overdue', async () => {
    await start();
    await give('web');
    const signals: AbortSignal[] = [];
    bench.recorder.act = async (_, { signal }) => {
      signals.push(signal);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw new Error('aborted');
    };
    await bench.wait(bench.watcher.addWatcher(app('web'), config('one')));
    let handedOver = false;
    const hand = give().then(() => (handedOver = true));
    await bench.settle(3000);
    expect([handedOver, signals[0]!.aborted]).toEqual([false, false]);
    owned.overdue.abort();
    await hand;
    expect(signals[0]!.aborted).toBe(true);
    // Nobody tries again what failed.
    await bench.settle(60_000);
    expect(calls()).toHaveLength(1);
  });

  test('begins nothing once it owns nothing, though nobody has told it yet', async () => {
    await start({ maxConcurrentReconciles: 1 });
    await give('web', 'api');
    bench.recorder.act = () => new Promise((resolve) => bench.fake.clock.setTimeout(resolve, 5000));
    await bench.wait(bench.watcher.addWatcher(app('web'), config('one')));
    await bench.wait(bench.watcher.addWatcher(app('api'), config('one')));
    owned.owns = () => false;
    await bench.settle(20_000);
    expect(calls()).toEqual(['web: initial']);
  });

  test('what is removed while another owns it is forgotten', async () => {
    await start();
    await bench.wait(bench.watcher.addWatcher(app('web'), config('one')));
    await bench.watcher.removeWatcher(app('web'));
    await give('web');
    await bench.settle(1000);
    expect([bench.watcher.getWatchCount(), calls()]).toEqual([0, []]);
  });

  test('what was only asked for is reconciled by who takes it over', async () => {
    await start();
    bench.watcher.enqueue(app('web'));
    await bench.settle();
    await give('web');
    await bench.settle();
    await give();
    await give('web');
    await bench.settle();
    expect(calls()).toEqual(['web: acquired', 'web: acquired']);
  });

  test('mappings go on in each replica, and wake only what is its own', async () => {
    await start({ enableCache: true });
    const map = ({ after }: { after?: { metadata?: { name?: string } } }) => [
      app(after?.metadata?.name ?? 'none'),
    ];
    const all = { version: 'v1', kind: 'ConfigMap', namespace: 'shop' };
    await bench.wait(bench.watcher.addMapping(app('mapper'), all, map));
    expect(calls()).toEqual([]);
    await give('one');
    await bench.settle(1000);
    expect(calls()).toEqual(['one: acquired']);
    bench.fake.put(configMap('one', 'b'));
    bench.fake.put(configMap('two', 'b'));
    await bench.settle(1000);
    expect(calls()).toEqual(['one: acquired', 'one: modified']);
  });

  test('a batch that ends after its watcher was lost leaves no watch', async () => {
    await start({ enableCache: true });
    await give('web');
    const run = Promise.withResolvers<void>();
    bench.recorder.act = async (watcher) => {
      await run.promise;
      await bench.watcher.queryBatch(watcher, (batch) => batch.get(config('two')));
    };
    bench.watcher.enqueue(app('web'));
    await bench.settle();
    const hand = give();
    run.resolve();
    await bench.wait(hand);
    expect(bench.watcher.getWatchCount()).toBe(0);
  });

  test('what can not be brought up is tried again', async () => {
    await start({ requestTimeoutMs: 2000 });
    await bench.wait(bench.watcher.addWatcher(app('web'), config('one')));
    bench.fake.down();
    await give('web');
    await bench.settle(4000);
    expect(calls()).toEqual([]);
    bench.fake.up();
    await bench.settle(20_000);
    expect(calls()).toEqual(['web: acquired']);
  });

  test('tells once of all that can not be brought up', async () => {
    const lines: string[] = [];
    const ignore = (): void => {};
    const warn = (_: object, message: string): void => void lines.push(message);
    const logger = { debug: ignore, info: ignore, warn, error: ignore };
    await start({ requestTimeoutMs: 2000, logger });
    const names = ['web', 'api', 'job'];
    for (const name of names) await bench.wait(bench.watcher.addWatcher(app(name), config(name)));
    bench.fake.down();
    await give(...names);
    await bench.settle(4000);
    expect(lines.filter((line) => line.includes('taken over'))).toHaveLength(1);
    bench.fake.up();
    await bench.settle(20_000);
    expect(calls()).toHaveLength(3);
  });

  test('leaves nothing behind when it stops', async () => {
    await start();
    await give('web');
    await bench.wait(bench.watcher.addWatcher(app('web'), config('one')));
    await bench.watcher.stop();
    expect(owned.listeners).toBe(0);
    expect(bench.fake.clock.pending).toBe(0);
  });

  test('counts whose its watchers are, and for how long some are nobody’s', async () => {
    const levels = new Map<string, GaugeLevels>();
    const gauge: Metrics['gauge'] = (name, value, labels, signal) => {
      const level = levels.get(name) ?? new GaugeLevels(knownMetrics[name]?.aggregator);
      levels.set(name, level);
      level.tell(value, labels, signal);
    };
    const figures = (): object => {
      const read: Record<string, number | undefined> = {};
      for (const name of ['depwatch_watchers', 'depwatch_watchers_unowned_seconds'])
        for (const { labels, value } of levels.get(name)!.read())
          read[name + (labels['owner'] ?? '')] = value;
      return read;
    };
    await start({ metrics: { gauge, count: () => {}, observe: () => {} } });
    const owners = new Map([[objectIdentifierKey(app('web')), 'b']]);
    owned.ownerOf = (key) => owners.get(key);
    await give('job');
    for (const name of ['web', 'api', 'job'])
      await bench.wait(bench.watcher.addWatcher(app(name), config('one')));
    await bench.settle(10_000);
    expect(figures()).toMatchObject({
      depwatch_watchersthis: 1,
      depwatch_watchersanother: 1,
      depwatch_watchersnobody: 1,
      depwatch_watchers_unowned_seconds: 5,
    });
    owners.set(objectIdentifierKey(app('api')), 'b');
    await bench.settle(5000);
    expect(figures()).toMatchObject({
      depwatch_watchersanother: 2,
      depwatch_watchersnobody: 0,
      depwatch_watchers_unowned_seconds: 0,
    });
    // Another one of the process, for whose watchers nothing has changed, counts into the same.
    const metrics = { gauge, count: () => {}, observe: () => {} };
    await using other = await startBench({ ownership: new Owned(), metrics }, [configMap('one')]);
    other.watcher.enqueue(app('lone'));
    await other.settle(10_000);
    await bench.settle(10_000);
    expect(figures()).toMatchObject({
      depwatch_watchersthis: 1,
      depwatch_watchersanother: 3,
      depwatch_watchersnobody: 0,
    });
    await other.watcher.stop();
    await bench.watcher.stop();
    expect(figures()).toEqual({
      depwatch_watchersthis: undefined,
      depwatch_watchersanother: undefined,
      depwatch_watchersnobody: undefined,
      depwatch_watchers_unowned_seconds: undefined,
    });
  });
});
