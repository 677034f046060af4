import { describe, expect, test } from 'vitest';
import { configMap, configMapId } from '../../harness.ts';
import { configMaps, ids, ofCollection, PlanBench, sorted } from './plan-bench.ts';

const minute = 60_000;
const bounds = { shareAt: 8, shareOverNamespacesAt: 12, maxSizeFactor: 3 };

describe('a namespace, and the kind', () => {
  test('a namespace that is shared goes over to the kind, and its own watch ends', async () => {
    await using bench = await PlanBench.start(
      [...configMaps(10, 'a'), ...configMaps(6, 'b'), ...configMaps(6, 'c')],
      { watchPlanBounds: bounds },
    );
    await bench.live(...ids(10, 0, 'a'));
    expect(bench.servedBy()).toEqual({ namespace: 10 });
    bench.asked();
    await bench.live(...ids(6, 0, 'b'), ...ids(6, 0, 'c'));
    // A watch of the kind may be behind that of the namespace until something happens.
    bench.fake.put(configMap('c1', { a: 'b' }, 'a'));
    await bench.settle();
    expect(bench.servedBy()).toEqual({ kind: 22 });
    expect(bench.watcher.getWatchCount()).toBe(1);
    expect(bench.woken()).toEqual(['c1']);
    expect(bench.said()).toEqual([
      'one watch of a namespace serves all: so many are demanded that one watch costs less',
      'one watch of a kind serves all: so many are demanded that one watch costs less',
      'a watch of a namespace ends: the watch of the kind serves it',
    ]);
    bench.fake.put(configMap('c2', { a: 'b' }, 'a'));
    bench.fake.remove(configMapId('c3', 'c'));
    await bench.settle();
    expect(bench.woken()).toEqual(['c2', 'c3']);
  });

  test('where the kind is refused, namespaces share, and the rest goes by name', async () => {
    await using bench = await PlanBench.start([], { watchPlanBounds: bounds });
    const ofKind = (request: Parameters<typeof ofCollection>[0]): boolean =>
      ofCollection(request) && !request.query!.namespace;
    bench.fake.fail({ match: ofKind, error: { code: 403, reason: 'Forbidden' } });
    await bench.live(...ids(10, 0, 'a'), ...ids(9, 0, 'b'), ...ids(3, 0, 'c'));
    expect(bench.servedBy()).toEqual({ namespace: 19, object: 3 });
    expect(bench.asked().filter((one) => one.includes(' */'))).toEqual(['size */*']);
  });

  test('a namespace that does not answer any more is left, and then the kind serves all', async () => {
    await using bench = await PlanBench.start([...configMaps(10, 'a'), ...configMaps(4, 'b')], {
      watchPlanBounds: bounds,
    });
    await bench.live(...ids(10, 0, 'a'));
    await bench.live(...ids(4, 0, 'b'));
    expect(bench.servedBy()).toEqual({ namespace: 10, object: 4 });
    bench.fake.hold({ match: (one) => ofCollection(one) && one.query!.namespace === 'a' });
    bench.fake.cutConnections();
    await bench.settle(7 * minute);
    bench.fake.put(configMap('c1', { a: 'b' }, 'a'));
    await bench.settle();
    expect(bench.servedBy()).toEqual({ kind: 14 });
    expect(bench.woken()).toEqual(['c1']);
  });

  test('a kind that has grown is left: to namespaces that are worth it, else to watches by name', async () => {
    await using bench = await PlanBench.start([...configMaps(10, 'a'), ...configMaps(6, 'b')], {
      watchPlanBounds: bounds,
    });
    await bench.live(...ids(10, 0, 'a'), ...ids(6, 0, 'b'));
    expect(bench.servedBy()).toEqual({ kind: 16 });
    for (const object of configMaps(100, 'x')) bench.fake.put(object);
    await bench.settle(7 * minute);
    // They go as soon as the watch of the kind shows a version that is fresh.
    bench.fake.put(configMap('c0', { a: 'b' }, 'x'));
    await bench.settle(minute);
    expect(bench.servedBy()).toEqual({ namespace: 10, object: 6 });
    expect(bench.watcher.getWatchCount()).toBe(7);
    expect(bench.woken()).toEqual([]);
    bench.fake.put(configMap('c1', { a: 'b' }, 'a'));
    bench.fake.remove(configMapId('c2', 'b'));
    await bench.settle();
    expect(bench.woken()).toEqual(['c1', 'c2']);
  });

  test('selectors over all namespaces are served by the kind, those of a namespace by either', async () => {
    await using bench = await PlanBench.start(
      [...configMaps(6, 'a'), ...configMaps(6, 'b'), configMap('x', { app: 'x' }, 'b')],
      { watchPlanBounds: bounds },
    );
    const all = { version: 'v1', kind: 'ConfigMap', selector: 'app=x' };
    const one = { ...all, namespace: 'a' };
    await bench.live(...ids(6, 0, 'a'), ...ids(6, 0, 'b'), all, one);
    expect(bench.servedBy()).toEqual({ kind: 14 });
    bench.fake.put(configMap('y', { app: 'x' }, 'a'));
    await bench.settle();
    const shown = (query: typeof all): readonly string[] =>
      sorted(bench.watcher.listFromCache(query).map(({ metadata }) => metadata!.name!));
    expect(shown(all)).toEqual(['x', 'y']);
    expect(shown(one)).toEqual(['y']);
  });

  test('a kind without namespaces is shared as a namespace is', async () => {
    await using bench = await PlanBench.start([], { watchPlanBounds: bounds });
    const nodeId = (index: number) => ({ version: 'v1', kind: 'Node', name: `n${index}` });
    await bench.live(...Array.from({ length: 8 }, (_, index) => nodeId(index)));
    expect(bench.servedBy()).toEqual({ kind: 8 });
    bench.fake.put({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n3' } });
    await bench.settle();
    expect(bench.woken()).toEqual(['n3']);
  });
});
