import { AsyncLocalStorage } from 'node:async_hooks';
import { runInNewContext } from 'node:vm';
import { createFakeTransport } from '@depwatch/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  createDynamicWatcher,
  createReconcileGroup,
  formatObjectIdentifier,
  type Cause,
  type DynamicWatcher,
  type Observation,
  type QueryBatch,
} from '../src/index.ts';
import { Feed } from '../src/supply/feed.ts';
import { configMap, configMapId, startBench } from './harness.ts';
import { startSharing } from './shared/shared-bench.ts';

const app = configMapId('app');
const config = configMapId('config');
const widget = {
  group: 'shop.dev',
  version: 'v1',
  kind: 'Widget',
  namespace: 'default',
  name: 'w',
};

/** What a listener heard, as short lines. */
function listen(watcher: DynamicWatcher): string[] {
  const heard: string[] = [];
  watcher.observe((observation) => void heard.push(lineOf(observation)));
  return heard;
}

const typesOf = (causes: readonly Cause[]): string => causes.map(({ type }) => type).join();

function lineOf(told: Observation): string {
  const who = 'watcher' in told ? told.watcher.name : told.watched.name;
  switch (told.type) {
    case 'edge-added':
    case 'edge-removed':
      return `${told.type} ${who} ${told.watched.name}`;
    case 'feed':
      return `feed ${who} ${told.state} ${told.servedBy} ${told.lastError?.code ?? ''}`.trim();
    case 'plan':
      return `plan ${told.watched.namespace} ${told.change} ${told.reason} ${told.demanded}`;
    case 'reconcile-queued':
      return `queued ${who} ${typesOf(told.causes)} ${told.afterMs}`;
    case 'reconcile-due':
      return `due ${who}`;
    case 'reconcile-dropped':
      return `dropped ${who}`;
    case 'reconcile-started':
      return `started ${who} ${typesOf(told.causes)} ${told.attempt}`;
    case 'reconcile-ended':
      return `ended ${who} ${told.result} ${told.attempt} ${told.durationMs}`;
  }
}

describe('observe', () => {
  test('tells of edges, of what a watch does, and of each reconcile, in order', async () => {
    await using bench = await startBench({}, [configMap('config')]);
    const { fake, recorder, watcher } = bench;
    const heard = listen(watcher);
    await bench.wait(watcher.addWatcher(app, config));
    expect(heard).toEqual([
      'edge-added app config',
      'feed config starting object',
      'feed config live object',
      'queued app initial 0',
      'started app initial 1',
      'ended app success 1 0',
    ]);
    heard.length = 0;
    recorder.act = async () => {
      await new Promise((resolve) => fake.clock.setTimeout(() => resolve(undefined), 20));
      return { requeueAfterMs: 500 };
    };
    fake.put(configMap('config', { a: '1' }));
    await bench.settle(100);
    expect(heard).toEqual([
      'queued app modified 0',
      'started app modified 1',
      'ended app requeue 1 20',
      'queued app requeue 500',
    ]);
    heard.length = 0;
    await watcher.removeWatcher(app);
    await bench.settle();
    expect(heard).toEqual(['edge-removed app config', 'dropped app']);
  });

  test('tells of a failure, of its error, and of when it is tried again', async () => {
    await using bench = await startBench({}, [configMap('config')]);
    const { recorder, watcher } = bench;
    const refused = new Error('no');
    recorder.act = () => {
      throw refused;
    };
    const heard = listen(watcher);
    const errors: unknown[] = [];
    watcher.observe((told) => {
      if (told.type === 'reconcile-ended') errors.push(told.error);
    });
    watcher.enqueue(app);
    await bench.settle(6);
    expect(heard).toEqual([
      'queued app enqueued 0',
      'started app enqueued 1',
      'ended app error 1 0',
      'queued app retry 5',
      'due app',
      'started app retry 2',
      'ended app error 2 0',
      'queued app retry 10',
    ]);
    expect(errors).toEqual([refused, refused]);
  });

  test('tells when a delay is over, also where nothing can run then', async () => {
    await using bench = await startBench({ maxConcurrentReconciles: 1 });
    const { recorder, watcher } = bench;
    const hold = Promise.withResolvers<void>();
    recorder.act = () => hold.promise;
    watcher.enqueue(configMapId('slow'));
    await bench.settle();
    const heard = listen(watcher);
    watcher.enqueue(app, { afterMs: 500 });
    await bench.settle(499);
    expect(heard).toEqual(['queued app enqueued 500']);
    await bench.settle(1);
    expect(heard.slice(1)).toEqual(['due app']);
    hold.resolve();
  });

  test('tells when what was held for its interval is due', async () => {
    await using bench = await startBench({ minIntervalMs: 1000 });
    const { watcher } = bench;
    watcher.enqueue(app);
    await bench.settle();
    const heard = listen(watcher);
    watcher.enqueue(app, { afterMs: 300 });
    await bench.settle(998);
    const { dueAt } = watcher.reconcileStatus()[0]!;
    expect(dueAt).toBe(bench.fake.clock.now() + 1);
    // Its delay was over, and then its interval.
    expect(heard).toEqual(['queued app enqueued 300', 'due app']);
    await bench.settle(1);
    expect(heard.slice(2)).toEqual(['due app', 'started app enqueued 1', 'ended app success 1 0']);
  });

  test('tells why a watch is retried, or pending, or has ended', async () => {
    await using bench = await startBench({ unavailable: 'wait' }, [configMap('config')]);
    const { fake, watcher } = bench;
    await bench.wait(watcher.addWatcher(app, config, { unavailable: 'reject' }));
    const heard = listen(watcher);
    fake.breakWatches();
    await bench.settle(1000);
    expect(heard).toEqual([
      'feed config retrying object ERR_TRANSPORT',
      'feed config live object ERR_TRANSPORT',
    ]);
    heard.length = 0;
    await bench.wait(watcher.addWatcher(app, widget));
    expect(heard).toContain('feed w pending none ERR_NO_VERSIONED_RESOURCE');
    heard.length = 0;
    fake.deny({ resource: 'configmaps' });
    fake.breakWatches();
    await bench.settle(60_000);
    const end = heard.filter((line) => / config/.test(line)).slice(-2);
    expect(end).toEqual(['feed config ended none ERR_FORBIDDEN', 'edge-removed app config']);
  });

  test('tells when one watch comes to serve many, and what serves each of them then', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `c${index}`);
    await using bench = await startBench(
      {},
      names.map((name) => configMap(name)),
    );
    const { watcher } = bench;
    const heard = listen(watcher);
    await bench.wait(Promise.all(names.map((name) => watcher.addWatcher(app, configMapId(name)))));
    expect(heard.filter((line) => line.startsWith('plan'))).toEqual([
      'plan default share demand 20',
    ]);
    for (const { watched, servedBy } of watcher.watchStatus()) {
      const told = heard.findLast((line) => line.startsWith(`feed ${watched.name} `));
      expect(told).toBe(`feed ${watched.name} live ${servedBy}`);
    }
  });

  test('what is told after a snapshot leads to the next one', async () => {
    await using bench = await startBench({}, [configMap('config'), configMap('other')]);
    const { fake, watcher } = bench;
    await bench.wait(watcher.addWatcher(app, config));
    // Of what happened before it, a late listener hears nothing, though others have yet to be told.
    listen(watcher);
    const adding = watcher.addWatcher(app, configMapId('other'));
    const states = new Map<string, string>();
    const edges = new Set<string>();
    const nameOf = formatObjectIdentifier;
    watcher.observe((told) => {
      if (told.type === 'feed') states.set(nameOf(told.watched), told.state);
      if (told.type === 'edge-added') edges.add(nameOf(told.watched));
      if (told.type !== 'edge-removed') return;
      edges.delete(nameOf(told.watched));
      states.delete(nameOf(told.watched));
    });
    for (const id of watcher.graph().watched) states.set(nameOf(id), watcher.statusOf(id)!.state);
    for (const { watched } of watcher.graph().edges) edges.add(nameOf(watched));
    await bench.wait(adding);
    fake.breakWatches();
    await bench.settle();
    await watcher.addOrUpdateWatcher(app, [configMapId('other')]);
    await bench.settle(1000);
    const now = watcher.watchStatus().map(({ watched, state }) => [nameOf(watched), state]);
    expect([...states]).toEqual(now);
    expect([...edges]).toEqual(watcher.graph().watched.map(nameOf));
  });

  test('nothing of what happened before is heard, though others have yet to be told of it', async () => {
    await using bench = await startBench();
    const early = listen(bench.watcher);
    bench.watcher.enqueue(app, { afterMs: 10 });
    const late = listen(bench.watcher);
    bench.watcher.enqueue(config, { afterMs: 20 });
    await bench.settle(0);
    expect(early).toEqual(['queued app enqueued 10', 'queued config enqueued 20']);
    expect(late).toEqual(['queued config enqueued 20']);
  });

  test('who has enough is told no more, of what has happened already neither', async () => {
    await using bench = await startBench();
    const heard: string[] = [];
    const end = bench.watcher.observe((told) => {
      heard.push(lineOf(told));
      end();
    });
    bench.watcher.enqueue(app, { afterMs: 10 });
    bench.watcher.enqueue(config, { afterMs: 20 });
    await bench.settle(0);
    expect(heard).toEqual(['queued app enqueued 10']);
  });

  test('tells whoever comes to share a watch what that does, and nobody else again', async () => {
    await using bench = await startSharing([{}, {}], [configMap('config')]);
    const [one, other] = bench.sharers.map(({ watcher }) => watcher);
    await bench.wait(one!.addWatcher(app, config));
    const [ones, others] = [listen(one!), listen(other!)];
    await bench.wait(other!.addWatcher(app, config));
    expect(others.slice(0, 2)).toEqual(['edge-added app config', 'feed config live object']);
    expect(ones).toEqual([]);
    others.length = 0;
    await bench.wait(one!.addWatcher(app, configMapId('of-one')));
    expect(ones).toContain('feed of-one live object');
    expect(others).toEqual([]);
  });

  test('is called after what it is told of, and may call anything', async () => {
    await using bench = await startBench({}, [configMap('config')]);
    const { watcher } = bench;
    let isWithin = false;
    const within: boolean[] = [];
    watcher.observe(({ type }) => {
      within.push(isWithin);
      if (type === 'edge-added') void watcher.removeWatcher(app);
    });
    isWithin = true;
    const added = watcher.addWatcher(app, config);
    isWithin = false;
    await expect(bench.wait(added)).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(within.length).toBeGreaterThan(1);
    expect(within).not.toContain(true);
    expect(watcher.graph().edges).toEqual([]);
  });

  test('a listener that throws, or rejects, is logged once and told on, and so are the others', async () => {
    const error = vi.fn();
    const logger = { debug() {}, info() {}, warn() {}, error };
    await using bench = await startBench({ logger });
    const calls = { throwing: 0, rejecting: 0 };
    bench.watcher.observe(() => {
      calls.throwing += 1;
      throw new Error('at once');
    });
    bench.watcher.observe((): unknown => {
      calls.rejecting += 1;
      return Promise.reject(new Error('later'));
    });
    // Promises of other realms and libraries are none of this one's.
    bench.watcher.observe(() => runInNewContext('Promise.reject(new Error("elsewhere"))'));
    bench.watcher.observe((): unknown => ({
      // oxlint-disable-next-line unicorn/no-thenable -- as a library has it that has promises of its own.
      then: (_: unknown, fail: (error: Error) => void) => fail(new Error('otherwise')),
    }));
    const heard = listen(bench.watcher);
    bench.watcher.enqueue(app);
    await bench.settle();
    expect(heard).toHaveLength(3);
    expect(calls).toEqual({ throwing: 3, rejecting: 3 });
    expect(error).toHaveBeenCalledTimes(4);
  });

  test('a listener that causes what it is told of leaves the event loop to others', async () => {
    await using bench = await startBench();
    const { watcher } = bench;
    let times = 0;
    watcher.observe(
      () => {
        times += 1;
        if (times < 1000) watcher.enqueue(app);
      },
      { types: ['reconcile-queued'] },
    );
    watcher.enqueue(app);
    await new Promise(setImmediate);
    expect(times).toBeLessThan(10);
  });

  test('takes functions alone', async () => {
    await using bench = await startBench();
    for (const listener of [undefined, {}, 'told'])
      expect(() => bench.watcher.observe(listener as never)).toThrow(
        'listener: expected a function',
      );
  });

  test('is called in no context of what it is told of, so that what it begins is its own', async () => {
    await using bench = await startBench({ enableCache: true }, [configMap('config')]);
    const { recorder, watcher } = bench;
    const requests = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    let batch: QueryBatch | undefined;
    const opened = configMapId('opened');
    const end = watcher.observe(
      () => {
        end();
        seen.push(requests.getStore());
        void watcher.startQueryBatch(opened).then((made) => (batch = made));
      },
      { types: ['edge-added'] },
    );
    recorder.act = async () => {
      await requests.run('a request', () => watcher.addWatcher(configMapId('other'), config));
    };
    watcher.enqueue(app);
    await bench.settle(1000);
    expect(seen).toEqual([undefined]);
    // Of the reconcile it would have ended with that.
    expect((await bench.wait(batch!.get(config)))?.metadata?.name).toBe('config');
  });

  test('may be called before the start; after its end, and after the stop, nothing is told', async () => {
    const fake = createFakeTransport();
    const watcher = createDynamicWatcher({
      transport: fake,
      clock: fake.clock,
      reconciler: () => {},
    });
    const heard = listen(watcher);
    const few: Observation[] = [];
    const end = watcher.observe((told) => {
      few.push(told);
      end();
    });
    await watcher.start();
    watcher.enqueue(app);
    await fake.clock.advance(1);
    expect(heard).toHaveLength(3);
    expect(few).toHaveLength(1);
    watcher.enqueue(app);
    await watcher.stop();
    await fake.clock.advance(1);
    expect(heard).toHaveLength(3);
    watcher.observe(() => {})();
  });

  test('after the stop nothing is told, of what ends only then neither', async () => {
    await using bench = await startBench();
    const { recorder, watcher } = bench;
    const hold = Promise.withResolvers<void>();
    recorder.act = () => hold.promise;
    const heard = listen(watcher);
    watcher.enqueue(app);
    await bench.settle();
    const stopped = watcher.stop();
    hold.resolve();
    await stopped;
    await watcher.stopped;
    await bench.settle();
    expect(heard).toEqual(['queued app enqueued 0', 'started app enqueued 1']);
  });

  test('a listener to some types is told of those alone, with their types', async () => {
    await using bench = await startBench({}, [configMap('config')]);
    const { watcher } = bench;
    const all = listen(watcher);
    const took: (number | undefined)[] = [];
    const end = watcher.observe(({ durationMs }) => void took.push(durationMs), {
      types: ['reconcile-ended'],
    });
    const heard: string[] = [];
    watcher.observe((told) => void heard.push(lineOf(told)), {
      types: ['edge-removed', 'reconcile-queued'],
    });
    await bench.wait(watcher.addWatcher(app, config));
    end();
    watcher.enqueue(app);
    await bench.settle();
    await bench.wait(watcher.removeWatcher(app));
    await bench.settle();
    expect(took).toEqual([0]);
    expect(heard).toEqual([
      'queued app initial 0',
      'queued app enqueued 0',
      'edge-removed app config',
    ]);
    // The others' lack of interest is not everybody's.
    expect(all).toContain('started app enqueued 1');
  });

  test('what is not listened to is not made', async () => {
    await using bench = await startBench({}, [configMap('config')]);
    const { watcher, fake } = bench;
    watcher.observe(() => {}, { types: ['plan'] });
    await bench.wait(watcher.addWatcher(app, config));
    const now = vi.spyOn(fake.clock, 'now');
    watcher.enqueue(app);
    await bench.settle();
    const unheard = now.mock.calls.length;
    watcher.observe(() => {}, { types: ['reconcile-started'] });
    now.mockClear();
    watcher.enqueue(app);
    await bench.settle();
    expect(now.mock.calls.length).toBeGreaterThan(unheard);
  });

  test.for([
    [[], 'types: expected an array'],
    [['reconcile'], 'types: "reconcile" is none'],
  ] as const)('types %j are refused', async ([types, message]) => {
    await using bench = await startBench();
    const observe = (): unknown => bench.watcher.observe(() => {}, { types: types as never });
    expect(observe).toThrow(message);
    expect(observe).toThrow(expect.objectContaining({ code: 'ERR_INVALID_INPUT' }));
  });

  test('in a group, those are told for whom a reconcile is', async () => {
    await using bench = await startBench();
    const { fake, recorder } = bench;
    await using group = createReconcileGroup({ reconciler: recorder, clock: fake.clock });
    const join = async (): Promise<DynamicWatcher> => {
      const joined = createDynamicWatcher({
        transport: fake,
        clock: fake.clock,
        reconcileGroup: group,
      });
      await joined.start();
      return joined;
    };
    await using one = await join();
    await using other = await join();
    const [ones, others] = [listen(one), listen(other)];
    one.enqueue(app);
    await bench.settle();
    expect(ones).toEqual([
      'queued app enqueued 0',
      'started app enqueued 1',
      'ended app success 1 0',
    ]);
    expect(others).toEqual([]);
    ones.length = 0;
    other.enqueue(app, { afterMs: 100 });
    await bench.settle(100);
    expect(others.slice(0, 2)).toEqual(['queued app enqueued 100', 'due app']);
    expect(ones).toEqual([]);
    recorder.act = async () => {
      await new Promise((done) => fake.clock.setTimeout(() => done(undefined), 20));
      return { requeueAfterMs: 500 };
    };
    await bench.wait(other.addWatcher(configMapId('app'), config));
    ones.length = others.length = 0;
    one.enqueue(app);
    await bench.settle(1);
    await one.removeWatcher(app);
    await bench.settle(30);
    // What was one's is the other's from the removal on, and one's until it has ended.
    expect(ones).toEqual([
      'queued app enqueued 0',
      'started app enqueued 1',
      'dropped app',
      'ended app requeue 1 20',
    ]);
    expect(others).toEqual([
      'started app enqueued 1',
      'ended app requeue 1 20',
      'queued app requeue 500',
    ]);
  });
});

describe('reconcileStatus', () => {
  test('has what runs, is queued, and waits for its retry', async () => {
    await using bench = await startBench({ maxConcurrentReconciles: 1 });
    const { fake, recorder, watcher } = bench;
    const hold = Promise.withResolvers<void>();
    recorder.act = ({ name }) => {
      if (name === 'failing') throw new Error('no');
      return hold.promise;
    };
    watcher.enqueue(configMapId('failing'));
    await bench.settle();
    watcher.enqueue(configMapId('slow'));
    await bench.settle();
    watcher.enqueue(configMapId('next'));
    const status = watcher.reconcileStatus().map(({ watcher: { name }, causes, ...rest }) => {
      return { name, causes: causes.map(({ type }) => type), ...rest };
    });
    expect(status).toEqual([
      {
        name: 'failing',
        causes: ['retry'],
        running: false,
        queued: false,
        dueAt: fake.clock.now() + 3,
        attempt: 2,
      },
      { name: 'slow', causes: ['enqueued'], running: true, queued: false, attempt: 1 },
      { name: 'next', causes: ['enqueued'], running: false, queued: true, attempt: 1 },
    ]);
    hold.resolve();
  });

  test('says since when something runs, where somebody looks on', async () => {
    await using bench = await startBench();
    const { fake, recorder, watcher } = bench;
    const hold = Promise.withResolvers<void>();
    recorder.act = () => hold.promise;
    watcher.observe(() => {}, { types: ['reconcile-ended'] });
    const startedAt = fake.clock.now();
    watcher.enqueue(configMapId('slow'));
    await bench.settle(5000);
    const status = watcher.reconcileStatus();
    hold.resolve();
    expect(status).toMatchObject([{ running: true, startedAt }]);
  });
});

describe('relist', () => {
  test('lists a watch anew, and says whether there was one', async () => {
    await using bench = await startBench({}, [configMap('config')]);
    const { fake, watcher } = bench;
    await bench.wait(watcher.addWatcher(app, config));
    const before = fake.requests.streaming;
    expect(watcher.relist(config)).toBe(true);
    await bench.settle(1000);
    expect(fake.requests.streaming - before).toBe(1);
    expect(watcher.statusOf(config)?.state).toBe('live');
    expect(watcher.relist(configMapId('other'))).toBe(false);
  });
});

describe('health', () => {
  test('is live until it stops, ready from its start on, and names what is behind', async () => {
    const fake = createFakeTransport({ objects: [configMap('config')] });
    const watcher = createDynamicWatcher({
      transport: fake,
      clock: fake.clock,
      reconciler: () => {},
    });
    expect(watcher.health()).toEqual({ live: true, ready: false, behind: [] });
    await watcher.start();
    const added = watcher.addWatcher(app, config);
    await fake.clock.advance(1);
    await added;
    expect(watcher.health()).toEqual({ live: true, ready: true, behind: [] });
    fake.breakWatches();
    await fake.clock.advance(0);
    const { live, ready, behind } = watcher.health();
    expect({ live, ready }).toEqual({ live: true, ready: true });
    expect(behind).toMatchObject([{ watched: config, state: 'retrying' }]);
    await watcher.stop();
    expect(watcher.health()).toEqual({ live: false, ready: false, behind: [] });
  });

  test('makes nothing of what is up to date, however much that is', async () => {
    await using bench = await startBench({}, [configMap('config'), configMap('other')]);
    const { fake, watcher } = bench;
    await bench.wait(watcher.addWatcher(app, config));
    const status = vi.spyOn(Feed.prototype, 'status');
    onTestFinished(() => status.mockRestore());
    expect(watcher.health().behind).toEqual([]);
    expect(status).not.toHaveBeenCalled();
    fake.breakWatches();
    await bench.settle(0);
    expect(watcher.health().behind).toMatchObject([{ watched: config, watchers: [app] }]);
  });
});
