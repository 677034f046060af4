import { describe, expect, test } from 'vitest';
import { configMapId } from './harness.ts';
import {
  config,
  failure,
  numbered,
  secretId,
  secretKind,
  ServerBench,
  widget,
  widgetId,
  widgetKind,
} from './server-bench.ts';

const many = numbered('c', 20).map((name) => configMapId(name));
const requestTimeoutMs = 10_000;

/** No streaming lists of the sick kind: it is listed and watched. */
function listed({ fake }: ServerBench): void {
  fake.fail({
    operation: 'watch',
    match: ({ gvk, options }) => gvk.kind === 'Secret' && options.initialEvents === true,
    error: { code: 422 },
  });
}

const sick = { match: secretKind, timeoutMs: requestTimeoutMs };
const troubles: readonly [what: string, inject: (bench: ServerBench) => () => void][] = [
  ['its discovery hangs', ({ fake }) => fake.hold({ ...sick, operation: 'discover' })],
  [
    'its list hangs',
    (bench) => {
      listed(bench);
      return bench.fake.hold({ ...sick, operation: 'list' });
    },
  ],
  ['its streaming list hangs', ({ fake }) => fake.hold({ ...sick, operation: 'watch' })],
  [
    'its list is no list',
    (bench) => {
      listed(bench);
      const error = failure('protocol', 'an answer that is no list');
      return bench.fake.fail({ operation: 'list', match: secretKind, error });
    },
  ],
  [
    'its answers are not those of Kubernetes',
    ({ fake }) => fake.fail({ match: secretKind, error: failure('not-kubernetes', 'HTML') }),
  ],
  [
    'its credentials fail',
    ({ fake }) => fake.fail({ match: secretKind, error: failure('credentials', 'exit code 1') }),
  ],
];

describe.each(troubles)('one kind is in trouble (%s)', (_what, inject) => {
  const start = async () => {
    const bench = await ServerBench.start();
    await bench.watch(...many);
    const heal = inject(bench);
    // Five dependants that try again and again, as a reconciler does.
    const outcomes: unknown[] = [];
    for (const name of numbered('s', 5)) {
      const again = async (): Promise<void> => {
        await bench.watcher.addWatcher(configMapId(`app-${name}`), secretId(name));
      };
      const failed = (error: { code: string }): void => {
        outcomes.push(error);
        if (error.code !== 'ERR_NOT_STARTED') void again().catch(failed);
      };
      void again().catch(failed);
    }
    await bench.settle(1000);
    return { bench, heal, outcomes };
  };

  test('and all connections are cut: the others are live again within 2 s', async () => {
    const { bench } = await start();
    await using _ = bench;
    bench.fake.cutConnections();
    await bench.settle(2000);
    expect(bench.count('live')).toBe(20);
    bench.fake.put(config('c7', 'after'));
    await bench.settle();
    expect(bench.shown(configMapId('c7'))).toBe('after');
    await bench.settle(60_000);
    expect(bench.count('live')).toBe(20);
    expect(bench.unreachableLines).toEqual([]);
  });

  test('and others are added meanwhile: at once', async () => {
    const { bench } = await start();
    await using _ = bench;
    bench.fake.cutConnections();
    for (const name of numbered('new', 3)) {
      const add = bench.watcher.addWatcher(configMapId(`app-${name}`), configMapId(name));
      expect(await bench.within(2000, add)).toEqual({ value: undefined });
    }
  });

  test('for ever: its adds are rejected after the request time-out, and its requests are few', async () => {
    const { bench, heal, outcomes } = await start();
    await using _ = bench;
    await bench.settle(requestTimeoutMs);
    expect(outcomes.length).toBeGreaterThanOrEqual(5);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
    }
    await bench.settle(60_000);
    expect(bench.requests.filter(({ gvk }) => gvk.kind === 'Secret').length).toBeLessThan(100);
    expect(bench.unreachableLines).toEqual([]);
    heal();
    await bench.settle(31_000);
    expect(bench.count('live', 'Secret')).toBe(5);
  });
});

test('a kind that does not answer while it is watched keeps its state, is named once, and comes back', async () => {
  await using bench = await ServerBench.start();
  await bench.watch(...many, secretId('s'));
  const heal = bench.fake.hold(sick);
  bench.fake.breakWatches();
  await bench.settle(120_000);
  expect([bench.count('live'), bench.count('retrying', 'Secret')]).toEqual([20, 1]);
  const named = bench.lines.filter(({ text }) => text.includes('Secret'));
  expect(named).toHaveLength(1);
  expect(bench.unreachableLines).toEqual([]);
  heal();
  // Its back-off, and the time-out of the request that is under way.
  await bench.settle(31_000);
  expect(bench.count('live', 'Secret')).toBe(1);
});

test.each([
  ['certificate', /certificate/i],
  ['credentials', /credential/i],
  ['not-kubernetes', /kubernetes/i],
] as const)(
  'what fails all requests is named in the log: %s, not that the server cannot be reached',
  async (reason, name) => {
    await using bench = await ServerBench.start();
    await bench.watch(...many);
    const error = failure(reason, 'no');
    const heal = bench.fake.fail({ error });
    const healProbe = bench.fake.fail({ operation: 'probe', error });
    bench.fake.breakWatches();
    await bench.settle(10_000);
    expect(bench.count('retrying')).toBe(20);
    expect(bench.unreachableLines).toEqual([]);
    expect(bench.lines.some(({ message }) => name.test(message))).toBe(true);
    expect(bench.lines.length).toBeLessThan(5);
    heal();
    healProbe();
    await bench.settle(31_000);
    expect(bench.count('live')).toBe(20);
  },
);

test('while the server is down only its probe is sent, at most every 5 s in the end', async () => {
  await using bench = await ServerBench.start();
  await bench.watch(...many);
  bench.fake.down();
  const add = bench.watcher.addWatcher(configMapId('b'), secretId('s'));
  add.catch(() => {});
  await bench.settle(2000);
  const before = bench.fake.requests;
  await bench.settle(60_000);
  const { probe, ...others } = bench.fake.requests;
  expect({ ...others, probe: before.probe }).toEqual(before);
  expect(probe - before.probe).toBeGreaterThanOrEqual(11);
  expect(probe - before.probe).toBeLessThan(30);
  expect(bench.unreachableLines).toHaveLength(1);
  bench.fake.up();
  await bench.settle(7500);
  expect(bench.count('live')).toBe(20);
});

describe('a streaming list that goes on and on', () => {
  const all = { ...secretKind, namespace: 'default', selector: '!never' };

  /** Adds one: objects, and no bookmark that ends them. */
  const endless = (bench: ServerBench): void => {
    const metadata = { namespace: 'default', name: 's' };
    bench.fake.put({ apiVersion: 'v1', kind: 'Secret', metadata });
    bench.fake.spoil({ resource: 'secrets', bookmarks: 'missing' });
    bench.watcher.addWatcher(configMapId('slow'), all).catch(() => {});
  };

  test('holds nobody up when the server comes back', async () => {
    await using bench = await ServerBench.start([], { requestTimeoutMs: 120_000 });
    // The first request of all is one of its kind.
    await bench.watch({ ...all, selector: 'first' });
    await bench.watch(...numbered('c', 50).map((name) => configMapId(name)));
    bench.fake.down();
    endless(bench);
    await bench.settle(5000);
    bench.fake.up();
    await bench.settle(7500);
    expect(bench.count('live')).toBe(50);
  });

  test('holds nobody up at the start', async () => {
    await using bench = await ServerBench.start();
    await bench.watch({ ...all, selector: 'first' }, configMapId('first'));
    await bench.watcher.removeWatcher(configMapId('app'));
    bench.fake.down();
    endless(bench);
    await bench.settle();
    const adds = numbered('c', 50).map((name) =>
      bench.watcher.addWatcher(configMapId(`app-${name}`), configMapId(name)),
    );
    await bench.settle(2000);
    bench.fake.up();
    expect(await bench.within(7000, Promise.all(adds))).toHaveProperty('value');
  });
});

test('where a transport does not tell of the acceptance of watches, slots are freed all the same', async () => {
  await using bench = await ServerBench.start();
  bench.fake.leaveUnannounced();
  bench.fake.refuseStreamingLists(422);
  const adds = numbered('c', 200).map((name) =>
    bench.watcher.addWatcher(configMapId(`app-${name}`), configMapId(name)),
  );
  expect(await bench.within(requestTimeoutMs, Promise.all(adds))).toHaveProperty('value');
  expect(bench.count('live')).toBe(200);
  bench.fake.breakWatches();
  await bench.settle(60_000);
  expect(bench.count('live')).toBe(200);
});

test('a kind that is gone is asked for with one back-off, however many watch it', async () => {
  await using bench = await ServerBench.start();
  bench.fake.registerKind(widgetKind);
  const names = numbered('w', 1000);
  await bench.watch(...names.map((name) => widgetId(name)), ...many);
  bench.fake.unregisterKind(widgetKind);
  await bench.settle(60_000);
  const { discover } = bench.fake.requests;
  // Those of its watches that were away then are not told apart from those that were not.
  expect(discover).toBeLessThan(20);
  const before = bench.requests.length;
  await bench.settle(10 * 60_000);
  const asked = bench.requests.slice(before).filter(({ gvk }) => gvk.kind === 'Widget');
  expect(asked.length).toBeLessThan(50);
  expect(asked.length).toBeGreaterThan(15);
  expect(bench.count('live')).toBe(20);
  bench.fake.registerKind(widgetKind);
  bench.fake.put(widget('w7', 'back', 'default'));
  await bench.settle(35_000);
  expect(bench.count('live', 'Widget')).toBe(1000);
  expect(bench.shown(widgetId('w7'))).toBe('back');
});
