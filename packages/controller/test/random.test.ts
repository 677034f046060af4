import { createVirtualClock } from '@depwatch/testing';
import { expect, test } from 'vitest';
import { seeds } from '../../../tools/random-tests.ts';
import {
  configMap,
  configMapId,
  startBench,
  widget,
  widgetDefinition,
  widgetId,
  widgetKind,
  type ConfigMap,
  type Widget,
} from './harness.ts';

const widgets = ['a', 'b', 'c', 'd'];
const configs = ['x', 'y', 'z'];
const finalizer = 'example.com/widgets';

/** What the last reconcile of an object that succeeded has seen; undefined after its removal. */
interface Seen {
  readonly size: number | undefined;
  readonly config: string | undefined;
  /** How many of its kind there were. */
  readonly peers: number;
}

/** Whatever happens, at rest each object was reconciled as things are, and what has gone was removed. */
test.each(seeds(30))(
  'random writes and faults come to rest (DEPWATCH_SEED=%i replays it)',
  async (seed) => {
    const { random } = createVirtualClock({ seed });
    const below = (count: number): number => Math.floor(random() * count);
    const one = <T>(of: readonly T[]): T => of[below(of.length)]!;
    const seen = new Map<string, Seen>();
    let failing = true;
    const fails = (): void => {
      if (failing && random() < 0.15) throw new Error('of the caller');
    };
    const finalizes = seed % 2 === 0;
    const bench = await startBench({
      maxConcurrentReconciles: 1 + below(3),
      authGraceMs: 1000,
      owns: seed % 3 === 0 ? [{ version: 'v1', kind: 'ConfigMap' }] : [],
      async reconcile({ metadata, spec }, { get, list, patchStatus }) {
        const peers = await list({ ...widgetKind, namespace: 'default' });
        fails();
        const config = await get<ConfigMap>(configMapId(spec!.config!));
        fails();
        seen.set(metadata!.name!, {
          size: spec?.size,
          config: config?.data['v'],
          peers: peers.length,
        });
        await patchStatus({ size: peers.length });
        return random() < 0.05 ? { requeueAfterMs: 1000 } : undefined;
      },
      async removed({ name }) {
        fails();
        seen.delete(name!);
      },
      ...(finalizes && { finalizer: { name: finalizer, run: fails } }),
    });
    await using _ = bench;
    const { fake, controller } = bench;
    const undo: (() => void)[] = [];
    const acts: readonly (() => unknown)[] = [
      () => fake.create(widget(one(widgets), { size: below(9), config: one(configs) })),
      () => fake.patch(widgetId(one(widgets)), { spec: { size: below(9) } }),
      () => fake.patch(widgetId(one(widgets)), { spec: { config: one(configs) } }),
      () => fake.delete(widgetId(one(widgets))),
      () => fake.put(configMap(one(configs), { v: `${below(99)}` })),
      () => fake.remove(configMapId(one(configs))),
      () => fake.breakWatches(),
      () => fake.closeWatches(),
      () => fake.compact(),
      () => undo.push(fake.hold({ operation: 'watch', at: 'answer' })),
      () => undo.push(fake.fail({ operation: 'patch', error: { code: 500 }, times: 1 + below(3) })),
      () =>
        undo.push(
          fake.deny({ resource: one(['widgets', 'configmaps']), verbs: ['list', 'watch'] }),
        ),
      () => (fake.down(), undo.push(() => fake.up())),
      () => undo.splice(0).forEach((end) => end()),
      () => undo.splice(0).forEach((end) => end()),
      () => controller.enqueue(widgetId(one(widgets))),
      () => (fake.remove(widgetDefinition), undo.push(() => fake.put(widgetDefinition))),
    ];
    for (let step = 0; step < 60; step += 1) {
      // What is refused (a widget that is there, or isn't) is no matter.
      const result = (async () => one(acts)())();
      result.catch(() => {});
      await bench.settle(one([0, 1, 10, 1000, 20_000]));
    }
    failing = false;
    undo.splice(0).forEach((end) => end());
    await bench.settle(4 * 3_600_000);

    const names = widgets.filter((name) => fake.stored(widgetId(name)));
    const wanted = names.map((name): [string, Seen] => {
      const { spec } = fake.stored<Widget>(widgetId(name))!;
      const config = fake.stored<ConfigMap>(configMapId(spec!.config!))?.data['v'];
      return [name, { size: spec?.size, config, peers: names.length }];
    });
    expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(wanted));
    for (const name of names) {
      const { metadata, status } = fake.stored<Widget>(widgetId(name))!;
      expect(metadata?.deletionTimestamp).toBeUndefined();
      if (finalizes) expect(metadata?.finalizers).toEqual([finalizer]);
      expect(status?.size).toBe(names.length);
    }
    const read = new Set(names.map((name) => fake.stored<Widget>(widgetId(name))!.spec!.config));
    expect(controller.watcher.getWatchCount()).toBe(seed % 3 === 0 ? 2 : 1 + read.size);
  },
);
