import type { KubernetesObject, ObjectIdentifier } from '@depwatch/core';
import { createFakeTransport, type FakeTransport } from '@depwatch/testing';
import { createDynamicWatcher, type DynamicWatcher } from '../../src/index.ts';

const kind = { version: 'v1', kind: 'ConfigMap', namespace: 'default' };
const id = (name: string): ObjectIdentifier => ({ ...kind, name });
const object = (name: string, n: number): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', labels: { n: `${n}` } },
});

/** What a dynamic watcher and its server still hold; all zero when it has nothing to do. */
export interface Held {
  readonly watches: number;
  readonly openStreams: number;
  readonly timers: number;
  readonly graphNodes: number;
  readonly edges: number;
  readonly statusEntries: number;
}

/** Nothing held. */
export const nothing: Held = {
  watches: 0,
  openStreams: 0,
  timers: 0,
  graphNodes: 0,
  edges: 0,
  statusEntries: 0,
};

type Cycle = (index: number) => Promise<unknown>;

/** Adds and removes, in all the ways there are, of watchers and objects that never come again. */
export class Churn implements AsyncDisposable {
  readonly fake: FakeTransport = createFakeTransport();
  readonly watcher: DynamicWatcher;
  /** How many calls rejected; some have to. */
  rejected = 0;
  reconciled = 0;
  readonly #cycles: readonly Cycle[];

  constructor() {
    const { fake } = this;
    this.watcher = createDynamicWatcher({
      transport: fake,
      clock: fake.clock,
      enableCache: true,
      authGraceMs: 1000,
      reconciler: ({ name }) => {
        this.reconciled += 1;
        if (name?.endsWith('3')) throw new Error('not today');
        return name?.endsWith('5') ? { requeueAfterMs: 60_000 } : undefined;
      },
    });
    fake.deny({ resource: 'secrets' });
    fake.put(object('there', 0));
    const { watcher } = this;
    this.#cycles = [
      (n) => watcher.addWatcher(id(`w${n}`), id(`o${n}`)),
      (n) => watcher.addWatcher(id(`w${n}`), { ...kind, selector: `n=${n}` }),
      (n) => Promise.all(['w', 'v'].map((by) => watcher.addWatcher(id(`${by}${n}`), id(`o${n}`)))),
      (n) => watcher.addWatcher(id(`w${n}`), id('there')),
      (n) => this.#batch(n),
      (n) => watcher.addOrUpdateWatcher(id(`w${n}`), [id(`o${n}`), id('there'), id(`p${n}`)]),
      (n) => this.#failing(n),
      (n) => this.#removedMeanwhile(n),
      (n) => (n % 80 === 8 ? this.#inAnOutage(n) : watcher.addWatcher(id(`w${n}`), id(`o${n}`))),
      (n) => (n % 190 === 9 ? this.#refusedLater(n) : this.#woken(n)),
    ];
  }

  /** Runs the cycles from one number to before another. */
  async run(from: number, to: number): Promise<void> {
    for (let n = from; n < to; n += 1) {
      await this.#cycles[n % this.#cycles.length]!(n);
      if (n % 7 === 0) await this.fake.clock.advance(1);
      for (const by of ['w', 'v']) {
        await this.watcher.removeWatcher(id(`${by}${n}`), { abortBatch: true });
      }
    }
    // What waits to find out whether the server can be reached again has nobody to find it out for.
    await this.fake.clock.advance(60_000);
    this.fake.compact();
  }

  held(): Held {
    const { watchers, watched, edges } = this.watcher.graph();
    return {
      watches: this.watcher.getWatchCount(),
      openStreams: this.fake.openWatches.length,
      timers: this.fake.clock.pending,
      graphNodes: watchers.length + watched.length,
      edges: edges.length,
      statusEntries: this.watcher.watchStatus().length,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.watcher[Symbol.asyncDispose]();
  }

  async #batch(n: number): Promise<void> {
    const { watcher } = this;
    const by = id(`w${n}`);
    await watcher.addWatcher(by, id(`o${n}`));
    const batch = await watcher.startQueryBatch(by);
    await Promise.all([batch.get(id(`p${n}`)), batch.list({ ...kind, selector: `n=${n}` })]);
    const ends = [
      () => batch.end(),
      () => batch.abort(),
      // Left open: the remove ends it.
      async () => {},
    ];
    await ends[n % ends.length]!();
  }

  async #failing(n: number): Promise<void> {
    const by = id(`w${n}`);
    const refused: readonly ObjectIdentifier[] = [
      { ...id(`o${n}`), kind: 'Secret' },
      { ...id(`o${n}`), group: 'example.com', kind: 'Widget' },
      { version: 'v1', kind: 'ConfigMap', name: `o${n}` },
    ];
    for (const what of refused) {
      await this.#rejects(this.watcher.addWatcher(by, what));
      await this.#rejects(this.watcher.addOrUpdateWatcher(by, [id(`o${n}`), what]));
    }
  }

  async #removedMeanwhile(n: number): Promise<void> {
    const by = id(`w${n}`);
    const controller = new AbortController();
    const { signal } = controller;
    const adds = [
      this.watcher.addWatcher(by, id(`o${n}`)),
      this.watcher.addWatcher(by, id(`p${n}`)),
      this.watcher.addWatcher(id(`v${n}`), id(`o${n}`), { signal }),
    ].map((add) => this.#rejects(add));
    controller.abort();
    await this.watcher.removeWatcher(by);
    await Promise.all(adds);
  }

  async #inAnOutage(n: number): Promise<void> {
    const { fake, watcher } = this;
    const by = id(`w${n}`);
    await watcher.addWatcher(by, id(`o${n}`));
    fake.down();
    const late = this.#rejects(watcher.addWatcher(id(`v${n}`), id(`p${n}`)));
    const removed = this.#rejects(watcher.addWatcher(by, id(`p${n}`)));
    await fake.clock.advance(5_000);
    await watcher.removeWatcher(by);
    await fake.clock.advance(6_000);
    await Promise.all([late, removed]);
    fake.up();
    await fake.clock.advance(6_000);
  }

  async #refusedLater(n: number): Promise<void> {
    const { fake, watcher } = this;
    await watcher.addWatcher(id(`w${n}`), id(`o${n}`));
    const undo = fake.deny({ resource: 'configmaps' });
    fake.closeWatches();
    await fake.clock.advance(10_000);
    undo();
  }

  async #woken(n: number): Promise<void> {
    await this.watcher.addWatcher(id(`w${n}`), id('there'));
    this.watcher.enqueue(id(`w${n}`), { afterMs: 60_000 });
    this.fake.put(object('there', n));
    await this.fake.clock.advance(1);
  }

  async #rejects(call: Promise<unknown>): Promise<void> {
    await call.then(
      () => {
        throw new Error('it was to be rejected');
      },
      () => (this.rejected += 1),
    );
  }
}
