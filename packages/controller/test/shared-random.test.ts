import { createFakeTransport, createVirtualClock } from '@depwatch/testing';
import { expect, test } from 'vitest';
import { seeds } from '../../../tools/random-tests.ts';
import { createController, run, type Controller } from '../src/index.ts';
import {
  configMap,
  configMapId,
  widget,
  widgetDefinition,
  widgetId,
  widgetKind,
  type ConfigMap,
  type Widget,
} from './harness.ts';

const widgets = ['a', 'b', 'c'];
const configs = ['x', 'y', 'z'];

/** Whatever happens, each controller comes to know things as they are, and together they watch what they read, once. */
test.each(seeds(30))(
  'controllers that share their watches come to rest, and one by one they stop (DEPWATCH_SEED=%i)',
  async (seed) => {
    const { random } = createVirtualClock({ seed });
    const below = (count: number): number => Math.floor(random() * count);
    const one = <T>(of: readonly T[]): T => of[below(of.length)]!;
    const fake = createFakeTransport({ objects: [widgetDefinition] });
    let failing = true;
    const fails = (): void => {
      if (failing && random() < 0.15) throw new Error('of the caller');
    };
    // The first reads what its objects name, the second the one after; and the first two are of one kind.
    const seen: Map<string, string | undefined>[] = [new Map(), new Map(), new Map()];
    const configOf = ({ spec }: Pick<Widget, 'spec'>, which: number): string =>
      configs[(configs.indexOf(spec!.config!) + which) % configs.length]!;
    const common = { transport: fake, clock: fake.clock, authGraceMs: 1000 };
    const ofWidgets = [0, 1].map((which) =>
      createController<Widget>({
        ...common,
        kind: widgetKind,
        fieldManager: `c${which}`,
        maxConcurrentReconciles: 1 + below(3),
        async reconcile(object, { get }) {
          fails();
          const config = await get<ConfigMap>(configMapId(configOf(object as Widget, which)));
          fails();
          seen[which]!.set(object.metadata!.name!, config?.data['v']);
        },
        removed: ({ name }) => void seen[which]!.delete(name!),
      }),
    );
    const ofConfigs = createController<ConfigMap>({
      ...common,
      kind: { version: 'v1', kind: 'ConfigMap' },
      reconcile({ metadata, data }) {
        fails();
        seen[2]!.set(metadata.name, data['v']);
      },
      removed: ({ name }) => void seen[2]!.delete(name!),
    });
    const controllers: readonly Controller[] =
      seed % 3 === 0 ? [...ofWidgets, ofConfigs] : ofWidgets;
    const stop = new AbortController();
    const running = run(controllers, { signal: stop.signal });
    const undo: (() => void)[] = [];
    const acts: readonly (() => unknown)[] = [
      () => fake.create(widget(one(widgets), { config: one(configs) })),
      () => fake.patch(widgetId(one(widgets)), { spec: { config: one(configs) } }),
      () => fake.delete(widgetId(one(widgets))),
      () => fake.put(configMap(one(configs), { v: `${below(99)}` })),
      () => fake.put(configMap(one(configs), { v: `${below(99)}` })),
      () => fake.remove(configMapId(one(configs))),
      () => fake.breakWatches(),
      () => fake.closeWatches(),
      () => fake.compact(),
      () => undo.push(fake.hold({ operation: 'watch', at: 'answer' })),
      () =>
        undo.push(
          fake.deny({ resource: one(['widgets', 'configmaps']), verbs: ['list', 'watch'] }),
        ),
      () => (fake.down(), undo.push(() => fake.up())),
      () => undo.splice(0).forEach((end) => end()),
      () => undo.splice(0).forEach((end) => end()),
      () => (fake.remove(widgetDefinition), undo.push(() => fake.put(widgetDefinition))),
    ];
    for (let step = 0; step < 60; step += 1) {
      // What is refused (a widget that is there, or isn't) is no matter.
      const result = (async () => one(acts)())();
      result.catch(() => {});
      await fake.clock.advance(one([0, 1, 10, 1000, 20_000]));
    }
    failing = false;
    undo.splice(0).forEach((end) => end());
    await fake.clock.advance(4 * 3_600_000);

    const there = widgets.flatMap((name) => fake.stored<Widget>(widgetId(name)) ?? []);
    const read = new Set<string>();
    for (const which of [0, 1]) {
      const wanted = there.map((object) => {
        const config = configOf(object, which);
        read.add(config);
        return [object.metadata!.name, fake.stored<ConfigMap>(configMapId(config))?.data['v']];
      });
      expect(Object.fromEntries(seen[which]!)).toEqual(Object.fromEntries(wanted));
    }
    const watches = fake.openWatches.filter(({ gvk }) => gvk.kind !== 'CustomResourceDefinition');
    const ofAll = controllers.length > 2 ? 1 : 0;
    if (ofAll) {
      const all = configs.flatMap((name) => fake.stored<ConfigMap>(configMapId(name)) ?? []);
      const wanted = all.map(({ metadata, data }) => [metadata.name, data['v']]);
      expect(Object.fromEntries(seen[2]!)).toEqual(Object.fromEntries(wanted));
    }
    expect(watches).toHaveLength(1 + ofAll + read.size);
    stop.abort();
    expect(await running.done).toBe(0);
    expect(fake.openWatches).toEqual([]);
    expect(fake.clock.pending).toBe(0);
  },
);
