import type { GroupVersionKind, ObjectIdentifier } from '@depwatch/core';
import { describe, expect, test } from 'vitest';
import { configMapId } from './harness.ts';
import { secretId, widget, widgetId, widgetKind } from './server-bench.ts';
import { crdKind, start, type World } from './waiting-world.ts';

/** Mulberry32: the same schedule for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const watchers = ['patient', 'strict', 'both'].map((name) => configMapId(name));
const watched: readonly ObjectIdentifier[] = [
  widgetId('w'),
  { ...widgetKind, name: 'w' },
  { ...widgetKind, namespace: 'default', selector: 'of=all' },
  secretId('s'),
  configMapId('config'),
];
const shapes = [{}, { namespaced: false }, { verbs: ['get', 'list'] }];

/** What flaps, and who depends on it meanwhile. */
class Schedule {
  readonly world: World;
  readonly calls: Promise<unknown>[] = [];
  readonly #next: () => number;
  readonly #grants = new Map<string, () => void>();
  #isInstalled = false;
  #isNamespaced = true;
  #value = 0;

  constructor(world: World, seed: number) {
    this.world = world;
    this.#next = random(seed);
  }

  #pick<T>(of: readonly T[]): T {
    return of[Math.floor(this.#next() * of.length)]!;
  }

  install(shape: object): void {
    const { fake } = this.world;
    this.uninstall();
    fake.put({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.example.com' },
    });
    fake.registerKind({ ...widgetKind, ...shape } as GroupVersionKind);
    this.#isInstalled = true;
    this.#isNamespaced = !('namespaced' in shape);
    this.put();
  }

  uninstall(): void {
    const { fake } = this.world;
    if (!this.#isInstalled) return;
    fake.unregisterKind(widgetKind);
    fake.remove({ ...crdKind, name: 'widgets.example.com' });
    this.#isInstalled = false;
  }

  put(): void {
    const { fake } = this.world;
    this.#value += 1;
    if (this.#isInstalled) {
      fake.put(widget('w', `${this.#value}`, this.#isNamespaced ? 'default' : undefined));
    }
    fake.put({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace: 'default', labels: { value: `${this.#value}` } },
    });
  }

  deny(resource: string): void {
    if (this.#grants.has(resource)) return;
    this.#grants.set(resource, this.world.fake.deny({ resource }));
    this.world.fake.breakWatches();
  }

  grant(resource: string): void {
    this.#grants.get(resource)?.();
    this.#grants.delete(resource);
  }

  #call(call: Promise<unknown>): void {
    this.calls.push(
      call.then(
        () => {},
        () => {},
      ),
    );
  }

  /** One thing that happens. */
  step(): void {
    const { watcher, fake } = this.world;
    const by = this.#pick(watchers);
    const unavailable =
      by.name === 'patient'
        ? 'wait'
        : by.name === 'strict'
          ? 'reject'
          : this.#pick(['wait', 'reject'] as const);
    const select = this.#next() < 0.3 ? () => 'the same' : undefined;
    const options = { unavailable, ...(select && { select }) };
    const abort = new AbortController();
    const doing: (() => void)[] = [
      () => this.install(this.#pick(shapes)),
      () => this.uninstall(),
      () => this.deny(this.#pick(['widgets', 'secrets'])),
      () => this.grant(this.#pick(['widgets', 'secrets'])),
      () => this.put(),
      () => fake.breakWatches(),
      () => this.#call(watcher.addWatcher(by, this.#pick(watched), options)),
      () => this.#call(watcher.addWatcher(by, this.#pick(watched), options)),
      () => {
        const some = watched.filter(() => this.#next() < 0.5);
        if (some.length === 0) return;
        this.#call(watcher.addOrUpdateWatcher(by, some, { ...options, signal: abort.signal }));
        if (this.#next() < 0.5) fake.clock.setTimeout(() => abort.abort(), this.#next() * 3000);
      },
      () => this.#call(watcher.removeWatcher(by, { abortBatch: true })),
      () => this.#call(this.#batch(by, unavailable)),
      () => {
        const object = fake.put({
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 's', namespace: 'default' },
        });
        this.#call(watcher.caughtUp(object));
      },
    ];
    this.#pick(doing)();
  }

  async #batch(by: ObjectIdentifier, unavailable: 'wait' | 'reject'): Promise<void> {
    const { watcher, fake } = this.world;
    const batch = await watcher.startQueryBatch(by);
    const reads = [this.#pick(watched), this.#pick(watched)].map((id) =>
      id.name ? batch.get(id, { unavailable }) : batch.list(id, { unavailable }),
    );
    const settled = Promise.allSettled(reads);
    const how = this.#next();
    if (how < 0.3) {
      const { promise, resolve } = Promise.withResolvers<void>();
      fake.clock.setTimeout(resolve, this.#next() * 2000);
      await promise;
    }
    if (how < 0.6) await batch.abort();
    await settled;
    await batch.end();
  }

  get next(): () => number {
    return this.#next;
  }
}

const seeds = Number(process.env['FLAPPING_SEEDS'] ?? 40);
const first = Number(process.env['FLAPPING_FIRST'] ?? 1);

describe('whatever flaps while somebody waits and somebody does not', () => {
  test.each(Array.from({ length: seeds }, (_, index) => first + index))(
    'all calls settle, and at rest all that is depended on is seen as it is: seed %i',
    async (seed) => {
      await using world = await start({
        unavailable: 'reject',
        pollIntervalMs: 5000,
        authGraceMs: 2000,
      });
      const { fake, watcher } = world;
      const schedule = new Schedule(world, seed);
      for (let steps = 0; steps < 60; steps += 1) {
        schedule.step();
        if (schedule.next() < 0.7) await world.settle(schedule.next() ** 4 * 40_000);
      }
      // All comes true at last.
      schedule.grant('widgets');
      schedule.grant('secrets');
      const isNamespaced = schedule.next() < 0.5;
      schedule.install(isNamespaced ? {} : { namespaced: false });
      await world.settle(700_000);
      schedule.put();
      await world.settle(60_000);
      console.log(
        isNamespaced,
        JSON.stringify(
          watcher
            .watchStatus()
            .map(({ watched, state, servedBy, lastError, watchers }) => [
              watched,
              state,
              servedBy,
              lastError?.code,
              watchers.map(({ name }) => name),
            ]),
          null,
          0,
        ),
      );
      let open = schedule.calls.length;
      for (const call of schedule.calls) void call.then(() => (open -= 1));
      await world.settle(1);
      expect(open).toBe(0);
      for (const status of watcher.watchStatus()) {
        if (status.state === 'ended') continue;
        expect(status).toMatchObject({ state: 'live' });
        expect(status.watchers).not.toEqual([]);
      }
      for (const { watched: id } of watcher
        .watchStatus()
        .filter(({ state }) => state !== 'ended')) {
        if (!id.name) continue;
        const there = await world.wait(fake.get(id));
        expect(watcher.getFromCache(id)?.metadata?.resourceVersion).toBe(
          there?.metadata?.resourceVersion,
        );
      }
      // Whoever depends on what changes, and selects nothing of it, is woken once more.
      const edges = watcher
        .watchStatus()
        .filter(({ state, watched: of }) => state === 'live' && of.kind !== 'ConfigMap' && of.name)
        .flatMap(({ watched: what, watchers: all }) => all.map((by) => ({ watcher: by, what })));
      for (const { watcher: by, what } of edges) await world.wait(watcher.addWatcher(by, what));
      const woken = new Set<string | undefined>();
      world.recorder.act = ({ name }) => void woken.add(name);
      schedule.put();
      await world.settle(1000);
      expect(woken).toEqual(new Set(edges.map(({ watcher: { name } }) => name)));
      for (const by of watchers) await watcher.removeWatcher(by, { abortBatch: true });
      await world.settle(1);
      expect([fake.openWatches.length, watcher.getWatchCount(), fake.clock.pending]).toEqual([
        0, 0, 0,
      ]);
    },
  );
});
