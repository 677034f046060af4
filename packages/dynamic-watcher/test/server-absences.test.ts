import {
  isDepwatchError,
  type DepwatchError,
  type KubernetesStatus,
  type Transport,
} from '@depwatch/core';
import type { FakeTransport } from '@depwatch/testing';
import { describe, expect, test } from 'vitest';
import { configMapId } from './harness.ts';
import { config, failure, ServerBench, widget, widgetId, widgetKind } from './server-bench.ts';

const id = configMapId('config');
const namespaceId = { version: 'v1', kind: 'Namespace', name: 'default' };
const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } };
const notFound: KubernetesStatus = {
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  message: 'the server could not find the requested resource',
  reason: 'NotFound',
  code: 404,
};

/** Discovery as it is, but for the answers that `lie` gives in its place. */
function discovering(
  lie: (transport: FakeTransport) => 'nothing' | DepwatchError | undefined,
): (fake: FakeTransport) => Transport {
  return (fake) => ({
    ...fake,
    async discover(gvk, options) {
      const answer = await fake.discover(gvk, options);
      const lied = lie(fake);
      if (lied === undefined) return answer;
      if (lied === 'nothing') return undefined;
      throw lied;
    },
  });
}

/** A ConfigMap, a Namespace and a widget, all watched. */
async function start(wrap?: (fake: FakeTransport) => Transport): Promise<ServerBench> {
  const bench = await ServerBench.start([config('config', 'there'), namespace], {}, wrap);
  bench.fake.registerKind(widgetKind);
  bench.fake.put(widget('w', 'there', 'default'));
  await bench.watch(id, namespaceId, widgetId('w'));
  return bench;
}

/** What was there stays in the cache while time passes, and nobody is told that it was deleted. */
async function keepsAll(bench: ServerBench, ms: number): Promise<void> {
  await bench.each(ms, 20, () => {
    expect(bench.shown(id)).toBe('there');
    expect(bench.shown(widgetId('w'))).toBe('there');
    expect(bench.watcher.getFromCache(namespaceId)).toBeDefined();
  });
  expect(bench.causes).toEqual([]);
}

async function isLiveAgain(bench: ServerBench): Promise<void> {
  await bench.settle(31_000);
  expect(bench.watcher.watchStatus().map(({ state }) => state)).toEqual(['live', 'live', 'live']);
  bench.fake.put(config('config', 'after'));
  bench.fake.put(widget('w', 'after', 'default'));
  await bench.settle();
  expect([bench.shown(id), bench.shown(widgetId('w'))]).toEqual(['after', 'after']);
  expect(bench.causes).not.toContain('deleted');
}

type Inject = (bench: ServerBench) => (() => void) | void;

const fronts: readonly [what: string, inject: Inject][] = [
  ['one 404', ({ fake }) => void fake.fail({ operation: 'watch', error: notFound, times: 1 })],
  ['ten 404s', ({ fake }) => void fake.fail({ operation: 'watch', error: notFound, times: 10 })],
  [
    'a 404 as an ERROR event',
    ({ fake }) => void fake.fail({ operation: 'watch', error: notFound, accepted: true, times: 3 }),
  ],
  [
    '404s to lists and watches for 3 s',
    ({ fake }) =>
      fake.fail({ match: (request) => request.operation !== 'discover', error: notFound }),
  ],
  [
    '404s for 3 s that are not of Kubernetes, to discovery, too',
    ({ fake }) => fake.fail({ error: failure('not-kubernetes', '404 with an HTML page') }),
  ],
  ['502s for 3 s', ({ fake }) => fake.fail({ error: { code: 502 } })],
];

describe.each(fronts)('a front that answers with %s', (_what, inject) => {
  test.each(['a clean end', 'a cut'] as const)(
    'after %s takes nothing from the cache, and all are live again after it',
    async (end) => {
      await using bench = await start();
      const heal = inject(bench);
      if (end === 'a cut') bench.fake.breakWatches();
      else bench.fake.closeWatches();
      await keepsAll(bench, 3000);
      heal?.();
      await keepsAll(bench, 3000);
      await isLiveAgain(bench);
    },
  );
});

test('a kind is not gone when discovery denies it once', async () => {
  let denials = 0;
  const denyOnce = discovering(() => (denials++ === 0 && armed ? 'nothing' : undefined));
  let armed = false;
  await using bench = await start(denyOnce);
  armed = true;
  denials = 0;
  bench.fake.fail({ operation: 'watch', match: widgetKind, error: notFound, times: 3 });
  bench.fake.breakWatches();
  await keepsAll(bench, 5000);
  await isLiveAgain(bench);
});

test('a kind is not gone while discovery fails', async () => {
  let armed = false;
  const error = failure('timeout');
  await using bench = await start(discovering(() => (armed ? error : undefined)));
  armed = true;
  const heal = bench.fake.fail({
    match: ({ operation }) => operation !== 'discover',
    error: notFound,
  });
  bench.fake.breakWatches();
  await keepsAll(bench, 60_000);
  heal();
  armed = false;
  await isLiveAgain(bench);
});

test('the kinds of v1 are never believed gone', async () => {
  let armed = false;
  const core = (fake: FakeTransport): Transport => ({
    ...fake,
    discover: (gvk, options) =>
      armed && !gvk.group ? Promise.resolve(undefined) : fake.discover(gvk, options),
  });
  await using bench = await start(core);
  armed = true;
  const heal = bench.fake.fail({
    match: ({ operation, gvk }) => operation !== 'discover' && !gvk.group,
    error: notFound,
  });
  bench.fake.breakWatches();
  await keepsAll(bench, 30_000);
  armed = false;
  heal();
  await isLiveAgain(bench);
});

describe('a kind that is really gone', () => {
  test('while its watch is away: told once, after discovery has denied it twice, 1 s apart', async () => {
    await using bench = await start();
    const { discover } = bench.fake.requests;
    bench.fake.breakWatches();
    bench.fake.unregisterKind(widgetKind);
    await bench.each(4000, 10, () => {
      const asked = bench.fake.requests.discover - discover;
      if (asked < 2) expect(bench.shown(widgetId('w'))).toBe('there');
    });
    await bench.settle(60_000);
    expect(bench.causes).toEqual(['deleted']);
    expect(bench.watcher.getFromCache(widgetId('w'))).toBeUndefined();
    expect(bench.shown(id)).toBe('there');
  });

  test('denied twice less than 1 s apart is not yet gone', async () => {
    await using bench = await start();
    bench.fake.breakWatches();
    bench.fake.unregisterKind(widgetKind);
    let firstDenialAt: number | undefined;
    let goneAt: number | undefined;
    const before = bench.fake.requests.discover;
    await bench.each(5000, 5, () => {
      const now = bench.fake.clock.now();
      if (bench.fake.requests.discover > before) firstDenialAt ??= now;
      if (bench.watcher.getFromCache(widgetId('w')) === undefined) goneAt ??= now;
    });
    expect(goneAt! - firstDenialAt!).toBeGreaterThanOrEqual(990);
  });

  test('comes back with its objects', async () => {
    await using bench = await start();
    bench.fake.breakWatches();
    bench.fake.unregisterKind(widgetKind);
    await bench.settle(10_000);
    bench.fake.registerKind(widgetKind);
    bench.fake.put(widget('w', 'back', 'default'));
    await bench.settle(31_000);
    expect(bench.shown(widgetId('w'))).toBe('back');
    expect(bench.causes).toEqual(['deleted', 'added']);
  });
});

describe('a kind that comes back in another scope', () => {
  const clusterScoped = { ...widgetKind, namespaced: false };
  const namespaced = { ...widgetKind, namespaced: true };
  /** In between it may be that there is no entry to read. */
  const shownIfAny = (bench: ServerBench): string | undefined => {
    try {
      return bench.shown(widgetId('w'));
    } catch (error) {
      if (isDepwatchError(error, 'ERR_NO_CACHE_ENTRY')) return undefined;
      throw error;
    }
  };
  const elsewhere = widget('w', 'of another namespace', 'kube-system');
  const changes: readonly [
    how: string,
    change: (bench: ServerBench, to: typeof namespaced) => void,
  ][] = [
    [
      'while its watch is away',
      ({ fake }, to) => {
        fake.breakWatches();
        fake.unregisterKind(widgetKind);
        fake.registerKind(to);
      },
    ],
    [
      'under its watch',
      ({ fake }, to) => {
        fake.unregisterKind(widgetKind);
        fake.registerKind(to);
      },
    ],
  ];

  test.each(changes)(
    '%s: namespaced, it shows nothing of another namespace',
    async (_how, change) => {
      await using bench = await ServerBench.start();
      bench.fake.registerKind(clusterScoped);
      bench.fake.put(widget('w', 'of the cluster'));
      await bench.watch(widgetId('w'));
      expect(bench.shown(widgetId('w'))).toBe('of the cluster');
      change(bench, namespaced);
      bench.fake.put(elsewhere);
      await bench.each(40_000, 100, () =>
        expect(shownIfAny(bench)).not.toBe('of another namespace'),
      );
      bench.fake.put(widget('w', 'of its own', 'default'));
      await bench.settle();
      expect(shownIfAny(bench)).toBe('of its own');
      expect(await bench.watcher.gvkToGvr(widgetKind)).toMatchObject({ namespaced: true });
    },
  );

  test.each(changes)('%s: cluster-scoped, it is found all the same', async (_how, change) => {
    await using bench = await ServerBench.start();
    bench.fake.registerKind(namespaced);
    bench.fake.put(widget('w', 'of its own', 'default'));
    await bench.watch(widgetId('w'));
    change(bench, clusterScoped);
    bench.fake.put(widget('w', 'of the cluster'));
    await bench.settle(40_000);
    expect(bench.shown(widgetId('w'))).toBe('of the cluster');
    expect(await bench.watcher.gvkToGvr(widgetKind)).toMatchObject({ namespaced: false });
  });
});

test.each(['an add', 'a new watch that met a 404'] as const)(
  'a kind is not gone before it was denied twice a second apart, though %s asks in between',
  async (who) => {
    let denying = false;
    const deny = discovering(() => (denying ? 'nothing' : undefined));
    await using bench = await start(deny);
    const { fake, watcher } = bench;
    fake.fail({ operation: 'watch', match: widgetKind, error: notFound, times: 1 });
    denying = true;
    fake.closeWatches();
    await bench.settle(200);
    if (who === 'an add') {
      watcher.addWatcher(configMapId('other'), widgetId('v')).catch(() => {});
    } else {
      fake.fail({ operation: 'list', match: widgetKind, error: notFound });
      fake.fail({ operation: 'watch', match: widgetKind, error: notFound });
      for (const name of ['a', 'b', 'c']) {
        watcher.addWatcher(configMapId(name), widgetId(name)).catch(() => {});
        await bench.settle(20);
      }
    }
    await bench.settle(100);
    denying = false;
    await keepsAll(bench, 100);
  },
);
