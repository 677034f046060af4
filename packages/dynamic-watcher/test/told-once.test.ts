import { describe, expect, test } from 'vitest';
import { configMap, configMapId } from './harness.ts';
import { configMaps, ids, ofCollection, PlanBench, sorted } from './supply/plans/plan-bench.ts';
import { ServerBench } from './server-bench.ts';
import { crdKind } from './waiting-world.ts';

const app = configMapId('app');
const [a, b] = [configMapId('a'), configMapId('b')];

describe('that something is refused is told of once, at once, and once when it is over', () => {
  test('when a right that was there is revoked', async () => {
    await using bench = await ServerBench.start([], { unavailable: 'wait' });
    await bench.watch(a, b);
    const undo = bench.fake.deny({ resource: 'configmaps' });
    bench.fake.breakWatches();
    await bench.settle(2000);
    const told = 'ConfigMap objects in namespace default may not be watched';
    expect(bench.lines).toMatchObject([{ level: 'warn', message: expect.stringContaining(told) }]);
    expect(bench.lines[0]!.text).toMatch(/configmaps/);
    await bench.settle(600_000);
    expect(bench.lines).toHaveLength(1);
    undo();
    await bench.settle(30_000);
    expect(bench.lines.slice(1)).toMatchObject([
      { level: 'info', message: 'ConfigMap objects in namespace default may be watched again' },
    ]);
  });

  test('when it was never there, and not where nobody waits for it any more', async () => {
    await using bench = await ServerBench.start([], { unavailable: 'wait' });
    const undo = bench.fake.deny({ resource: 'configmaps' });
    await bench.watch(a);
    expect(bench.lines.map(({ level }) => level)).toEqual(['warn']);
    await bench.watcher.removeWatcher(app);
    undo();
    await bench.settle(60_000);
    expect(bench.lines).toHaveLength(1);
  });

  test('where nobody waits, by the error alone', async () => {
    await using bench = await ServerBench.start();
    bench.fake.deny({ resource: 'configmaps' });
    const added = await bench.within(2000, bench.watcher.addWatcher(app, a));
    expect(added).toMatchObject({ code: 'ERR_FORBIDDEN' });
    expect(bench.lines).toEqual([]);
  });
});

describe('that a watch is refused which serves many', () => {
  const spaces = ['one', 'two', 'three', 'four'];
  const many = spaces.flatMap((space) => ids(20, 0, space));

  async function shared(): Promise<PlanBench> {
    const objects = spaces.flatMap((space) => configMaps(20, space));
    const bench = await PlanBench.start(objects, { unavailable: 'wait' });
    await bench.live(...many);
    expect(bench.servedBy()).toEqual({ kind: 80 });
    bench.said();
    return bench;
  }

  test('is no refusal of what may be watched by name', async () => {
    await using bench = await shared();
    bench.fake.fail({ match: ofCollection, error: { code: 403 } });
    bench.fake.breakWatches();
    await bench.settle(120_000);
    expect(bench.servedBy()).toEqual({ object: 80 });
    expect(bench.said()).toEqual(['a watch of a kind ends: the server refuses to have it watched']);
  });

  test('is told once of each namespace where nothing may be watched by name either', async () => {
    await using bench = await shared();
    const undo = bench.fake.deny({ resource: 'configmaps' });
    bench.fake.breakWatches();
    await bench.settle(120_000);
    const what = (space: string) => `ConfigMap objects in namespace ${space} may`;
    expect(bench.said()).toEqual([
      'a watch of a kind ends: the server refuses to have it watched',
      ...spaces.map((space) => `${what(space)} not be watched; they are tried until they may`),
    ]);
    undo();
    await bench.settle(120_000);
    const again = bench.said().filter((line) => !line.startsWith('one watch'));
    expect(sorted(again)).toEqual(sorted(spaces.map((space) => `${what(space)} be watched again`)));
  });
});

describe('that a reconcile fails is told of', () => {
  test('once, until it is another failure, or over', async () => {
    await using bench = await ServerBench.start([configMap('a')]);
    let failure: string | undefined = 'one';
    bench.recorder.act = () => {
      if (failure) throw new Error(failure);
    };
    await bench.watcher.addWatcher(app, a);
    await bench.settle(60_000);
    expect(bench.lines.map(({ level }) => level)).toEqual(['error']);
    failure = 'two';
    await bench.settle(600_000);
    expect(bench.lines).toHaveLength(2);
    failure = undefined;
    await bench.settle(2_000_000);
    failure = 'two';
    bench.fake.put(configMap('a', { value: '2' }));
    await bench.settle(60_000);
    expect(bench.lines).toHaveLength(3);
  });

  test('not where an API server that is away is all there is to it', async () => {
    await using bench = await ServerBench.start([configMap('a')]);
    await bench.watch(a);
    bench.recorder.act = async () => void (await bench.fake.get(a));
    bench.fake.down();
    await bench.settle(1000);
    bench.watcher.enqueue(app);
    await bench.settle(60_000);
    expect(bench.lines.map(({ message }) => message)).toEqual([
      expect.stringContaining('its watches wait until it answers'),
    ]);
    expect(bench.recorder.calls.length).toBeGreaterThan(1);
  });
});

describe('that a kind is not installed is told of once, at once, and once when it is', () => {
  const widget = { group: 'example.com', version: 'v1', kind: 'Widget' };
  const [one, two] = ['one', 'two'].map((name) => ({ ...widget, namespace: 'default', name }));
  const start = async (): Promise<ServerBench> => {
    const bench = new ServerBench([], { unavailable: 'wait' });
    bench.fake.unregisterKind(crdKind); // so kinds are asked for every 30 s
    await bench.watcher.start();
    return bench;
  };
  const said = ({ lines }: ServerBench) =>
    lines.filter(({ message }) => message.startsWith('Widget'));
  const missing = 'Widget of example.com/v1 is not installed; it is waited for';
  const there = 'Widget of example.com/v1 is installed by now';

  test('when it comes later, however many wait for it', async () => {
    await using bench = await start();
    await bench.watch(one!, two!);
    expect(said(bench)).toMatchObject([{ level: 'info', message: missing }]);
    await bench.settle(600_000);
    expect(said(bench)).toHaveLength(1);
    bench.fake.registerKind({ ...widget, namespaced: true });
    await bench.settle(60_000);
    expect(said(bench).slice(1)).toMatchObject([{ level: 'info', message: there }]);
  });

  test('when it goes, and comes back', async () => {
    await using bench = await start();
    bench.fake.registerKind({ ...widget, namespaced: true });
    await bench.watch(one!);
    expect(said(bench)).toEqual([]);
    bench.fake.unregisterKind(widget);
    await bench.settle(60_000);
    expect(said(bench)).toMatchObject([{ level: 'info', message: missing }]);
    bench.fake.registerKind({ ...widget, namespaced: true });
    await bench.settle(60_000);
    expect(said(bench).slice(1)).toMatchObject([{ level: 'info', message: there }]);
  });

  test('and not of one that is refused once it is, which is told of instead', async () => {
    await using bench = await start();
    await bench.watch(one!);
    bench.fake.deny({ resource: 'widgets' });
    bench.fake.registerKind({ ...widget, namespaced: true });
    await bench.settle(60_000);
    expect(said(bench).slice(1)).toMatchObject([
      { level: 'warn', message: expect.stringContaining('may not be watched') },
    ]);
  });
});
