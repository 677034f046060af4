import type { Metrics } from '@depwatch/core';
import { createFakeTransport } from '@depwatch/testing';
import { describe, expect, test } from 'vitest';
import type { ControllerContext } from '../src/index.ts';
import {
  configMap,
  configMapId,
  startBench,
  widget,
  widgetDefinition,
  widgetId,
  type Bench,
  type Widget,
} from './harness.ts';
import { keyOf, Owned } from './owned.ts';

const config = configMapId('config');

/** The causes of reconciles by their types, each with the object's name. */
function causes() {
  const told: string[] = [];
  const reconcile = ({ metadata }: { metadata?: { name?: string } }, context: ControllerContext) =>
    void told.push(`${metadata!.name}: ${context.causes.map(({ type }) => type).join()}`);
  return { told, reconcile };
}

/** Two replicas of one controller, on one API server. */
async function startTwo(
  task: Parameters<typeof startBench>[0],
  objects: Parameters<typeof startBench>[1],
): Promise<readonly [one: Bench & { owned: Owned }, two: Bench & { owned: Owned }]> {
  const fake = createFakeTransport({ objects: [widgetDefinition, ...objects!] });
  const start = async (owned: Owned) =>
    Object.assign(await startBench({ ...task, ownership: owned }, [], fake), { owned });
  return [await start(new Owned()), await start(new Owned())];
}

const stop = (...benches: readonly Bench[]) =>
  Promise.all(benches.map(({ controller }) => controller.stop()));

describe('a controller of a replica', () => {
  test('reconciles of its own kind what it owns, and watches nothing for the rest', async () => {
    const read = async (_: unknown, { get }: ControllerContext) => void (await get(config));
    await using bench = await startBench({ ownership: new Owned('a'), reconcile: read }, [
      widget('a'),
      widget('b'),
    ]);
    expect(bench.calls).toEqual(['a']);
    expect(bench.controller.watcher.getWatchCount()).toBe(2); // the list, and what a has read
    bench.fake.put(widget('a', { size: 2 }));
    bench.fake.put(widget('b', { size: 2 }));
    await bench.settle(1000);
    expect(bench.calls).toEqual(['a', 'a']);
  });

  test('tells whose its objects are from nobody’s', async () => {
    const figures: Record<string, () => number> = {};
    const gauge: Metrics['gauge'] = (name, value, labels) => {
      figures[`${name} ${labels?.['owner']}`] = () => (typeof value === 'number' ? value : value());
    };
    const owned = new Owned('a');
    owned.ownerOf = (key) => (key === keyOf('b') ? 'another' : undefined);
    await using bench = await startBench(
      { ownership: owned, metrics: { gauge, count: () => {}, observe: () => {} } },
      [widget('a'), widget('b'), widget('c')],
    );
    await bench.settle(10_000);
    expect(figures['depwatch_watchers this']?.()).toBe(1);
    expect(figures['depwatch_watchers another']?.()).toBe(1);
    expect(figures['depwatch_watchers nobody']?.()).toBe(1);
  });

  test('that owns nothing holds its list alone, and is ready', async () => {
    await using bench = await startBench({ ownership: new Owned() }, [widget('a')]);
    expect(bench.controller.watcher.getWatchCount()).toBe(1);
    expect(bench.calls).toEqual([]);
    await bench.controller.ready;
  });

  test('reconciles what it takes over, with that cause and the epoch', async () => {
    const { told, reconcile } = causes();
    const epochs: (number | undefined)[] = [];
    const owned = new Owned('a');
    await using bench = await startBench(
      {
        ownership: owned,
        reconcile: (object, context) => {
          epochs.push(context.epoch);
          reconcile(object, context);
        },
      },
      [widget('a')],
    );
    bench.fake.put(widget('b')); // another replica's, at first
    await bench.settle(1000);
    await owned.give('a', 'b');
    await bench.settle(1000);
    expect(told).toEqual(['a: initial', 'b: acquired']);
    expect(epochs).toEqual([1, 2]);
  });

  test('lets go of what it loses, and of what that has read', async () => {
    const owned = new Owned('a');
    const { told, reconcile } = causes();
    await using bench = await startBench(
      {
        ownership: owned,
        reconcile: async (object, context) => {
          reconcile(object, context);
          await context.get(config);
          await context.get(widgetId('b'));
          return { requeueAfterMs: 60_000 };
        },
      },
      [widget('a'), widget('b')],
    );
    await owned.give();
    await bench.settle(1000);
    expect(bench.controller.watcher.getWatchCount()).toBe(1);
    owned.asked.clear();
    bench.fake.put(configMap('config'));
    bench.fake.put(widget('b', { size: 2 }));
    await bench.settle(120_000);
    expect(told).toEqual(['a: initial']);
    expect(owned.asked.has(keyOf('a'))).toBe(false); // it isn't even woken
    await owned.give('a');
    await bench.settle(1000);
    expect(told).toEqual(['a: initial', 'a: acquired']);
    expect(bench.controller.watcher.getWatchCount()).toBe(2);
  });

  test('holds up the hand-over until a run has settled, and aborts it when that is overdue', async () => {
    const owned = new Owned('a');
    let signal: AbortSignal | undefined;
    await using bench = await startBench(
      {
        ownership: owned,
        reconcile: (_, context) => {
          ({ signal } = context);
          return new Promise((_resolve, reject) =>
            context.signal.addEventListener('abort', () => reject(new Error('aborted'))),
          );
        },
      },
      [widget('a')],
    );
    let handedOver = false;
    const hand = owned.give().then(() => (handedOver = true));
    await bench.settle(3000);
    expect([handedOver, signal!.aborted]).toEqual([false, false]);
    owned.overdue.abort();
    await hand;
    expect(signal!.aborted).toBe(true);
    await bench.settle(60_000);
    expect(bench.calls).toEqual(['a']);
  });

  test('hears of its kind that comes later, whoever owns what', async () => {
    const { told, reconcile } = causes();
    const owned = new Owned('a');
    const fake = createFakeTransport();
    await using bench = await startBench({ ownership: owned, reconcile }, [], fake);
    bench.fake.put(widgetDefinition);
    bench.fake.put(widget('a'));
    bench.fake.put(widget('b'));
    await bench.settle(60_000);
    await bench.controller.ready;
    expect(told).toEqual(['a: available']);
    bench.fake.remove(widgetId('a'));
    await bench.settle(1000);
    expect(bench.calls).toEqual(['a', 'removed a']);
  });

  test('listens no more once it has stopped', async () => {
    const owned = new Owned('a');
    await using bench = await startBench({ ownership: owned }, [widget('a')]);
    await bench.controller.stop();
    expect(owned.listeners).toBe(0);
    expect(bench.fake.clock.pending).toBe(0);
  });
});

describe('what is ready of a replica', () => {
  const isReady = async ({ controller, settle }: Bench): Promise<boolean> => {
    let ready = false;
    void controller.ready.then(() => (ready = true));
    await settle();
    return ready;
  };
  const hang = (_: unknown, { signal }: ControllerContext) =>
    new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));

  test('is all that it owns, without what others own', async () => {
    await using bench = await startBench({ ownership: new Owned('a', 'b') }, [
      widget('a'),
      widget('b'),
      widget('c'),
    ]);
    expect([bench.calls, await isReady(bench)]).toEqual([['a', 'b'], true]);
  });

  test('does not wait for what is lost meanwhile, but for what is gained', async () => {
    const owned = new Owned('a', 'b');
    const fake = createFakeTransport({
      objects: [widgetDefinition, widget('a'), widget('b'), widget('c')],
    });
    const after = (ms: number) =>
      new Promise<void>((resolve) => fake.clock.setTimeout(resolve, ms));
    await using bench = await startBench(
      { ownership: owned, reconcile: () => after(10_000) },
      [],
      fake,
    );
    expect(bench.calls).toEqual(['a']);
    void owned.give('c'); // a runs still, b never began
    await bench.settle(5000);
    expect(await isReady(bench)).toBe(false);
    await bench.settle(10_000); // a has ended, and so c began
    expect([bench.calls, await isReady(bench)]).toEqual([['a', 'c'], false]);
    await bench.settle(10_000);
    expect(await isReady(bench)).toBe(true);
  });

  test('is there when all that it waited for was lost', async () => {
    const owned = new Owned('a');
    await using bench = await startBench({ ownership: owned, reconcile: hang }, [widget('a')]);
    expect(await isReady(bench)).toBe(false);
    void owned.give();
    expect(await isReady(bench)).toBe(true);
  });
});

describe('the end of an object among replicas', () => {
  const finalizer = { name: 'example.com/widgets', run: () => {} };

  test('its owner alone adds the finalizer, and runs it', async () => {
    const [one, two] = await startTwo({ finalizer }, [widget('a')]);
    await two.owned.give('a');
    await one.settle(1000);
    expect(one.fake.stored<Widget>(widgetId('a'))?.metadata?.finalizers).toEqual([finalizer.name]);
    await one.fake.delete(widgetId('a'));
    await one.settle(1000);
    expect([one.calls, two.calls]).toEqual([[], ['a', 'finalize a', 'removed a']]);
    expect(one.fake.stored(widgetId('a'))).toBeUndefined();
    await stop(one, two);
  });

  test('a finalizer that isn’t through when its object is handed over runs on there', async () => {
    let through = false;
    const run = () => (through ? undefined : { requeueAfterMs: 1000 });
    const [one, two] = await startTwo({ finalizer: { ...finalizer, run } }, [widget('a')]);
    await one.owned.give('a');
    await one.settle(1000);
    await one.fake.delete(widgetId('a'));
    await one.settle(10);
    await one.owned.give();
    await two.owned.give('a');
    await one.settle(500);
    expect([one.calls, two.calls]).toEqual([['a', 'finalize a'], ['finalize a']]);
    through = true;
    await one.settle(2000);
    expect(one.fake.stored(widgetId('a'))).toBeUndefined();
    expect([one.calls, two.calls]).toEqual([
      ['a', 'finalize a'],
      ['finalize a', 'finalize a', 'removed a'],
    ]);
    await stop(one, two);
  });

  test('the owner at that moment is told that it is gone, and nobody else, before or after', async () => {
    const [one, two] = await startTwo({}, [widget('a')]);
    await one.owned.give('a');
    await one.settle(1000);
    await one.owned.give();
    await two.owned.give('a');
    await one.settle(1000);
    one.fake.remove(widgetId('a'));
    await one.settle(1000);
    await two.owned.give();
    await one.owned.give('a');
    await one.settle(1000);
    one.fake.put(widget('a')); // another one of that name
    await one.settle(1000);
    expect([one.calls, two.calls]).toEqual([
      ['a', 'a'],
      ['a', 'removed a'],
    ]);
    await stop(one, two);
  });

  test('the owner is told though it had not come to reconcile what it took over', async () => {
    const [one, two] = await startTwo({}, [widget('a'), widget('b')]);
    await one.owned.give('a', 'b');
    await one.settle(1000);
    await one.owned.give('a');
    await two.owned.give('b');
    one.fake.remove(widgetId('b'));
    await one.settle(1000);
    expect(two.calls).toEqual(['removed b']);
    expect(one.calls).toEqual(['a', 'b']);
    await stop(one, two);
  });

  test('what is gone is not remembered, whoever had owned it', async () => {
    const [one, two] = await startTwo({}, [widget('a'), widget('b')]);
    await one.owned.give('a');
    await one.settle(1000);
    await one.owned.give();
    await one.settle(1000);
    one.fake.remove(widgetId('a')); // was its own once
    one.fake.remove(widgetId('b')); // never was
    await one.settle(1000);
    one.owned.asked.clear();
    await one.owned.give('a', 'b');
    await one.settle(1000);
    expect(one.calls).toEqual(['a']);
    expect([...one.owned.asked].filter((key) => [keyOf('a'), keyOf('b')].includes(key))).toEqual(
      [],
    );
    await stop(one, two);
  });

  test('an object that loses its labels is finalized by its owner', async () => {
    const metadata = { name: 'a', namespace: 'default', labels: { on: '' } };
    const [one, two] = await startTwo({ finalizer, selector: 'on' }, [
      { ...widget('a'), metadata },
    ]);
    await one.owned.give('a');
    await one.settle(1000);
    await one.owned.give();
    await two.owned.give('a');
    await one.settle(1000);
    await one.fake.patch(widgetId('a'), { metadata: { labels: { on: null } } });
    await one.settle(1000);
    expect([one.calls, two.calls]).toEqual([['a'], ['a', 'finalize a', 'removed a']]);
    expect(one.fake.stored<Widget>(widgetId('a'))?.metadata?.finalizers ?? []).toEqual([]);
    await stop(one, two);
  });
});
