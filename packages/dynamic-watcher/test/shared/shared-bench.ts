import type { KubernetesObject } from '@depwatch/core';
import { createFakeTransport, type FakeTransport } from '@depwatch/testing';
import {
  createDynamicWatcher,
  createSharedWatches,
  type DemandSettings,
  type DynamicWatcher,
  type ReconcileGroup,
  type SharedWatches,
  type SharedWatchSettings,
} from '../../src/index.ts';
import { Recorder } from '../harness.ts';

/** One of the dynamic watchers, and what it was called with. */
export interface Sharer {
  readonly watcher: DynamicWatcher;
  readonly recorder: Recorder;
}

/** Dynamic watchers on one fake transport, in virtual time, that share their watches. */
export interface SharedBench extends AsyncDisposable {
  readonly fake: FakeTransport;
  readonly shared: SharedWatches;
  readonly sharers: readonly Sharer[];
  /** One more, started. */
  join(settings?: DemandSettings, group?: ReconcileGroup): Promise<Sharer>;
  settle(ms?: number): Promise<void>;
  wait<R>(promise: Promise<R>): Promise<R>;
}

/** @param each the settings of each dynamic watcher */
export async function startSharing(
  each: readonly DemandSettings[] = [{}, {}],
  objects: readonly KubernetesObject[] = [],
  settings: SharedWatchSettings = {},
): Promise<SharedBench> {
  const fake = createFakeTransport({ objects });
  const { clock } = fake;
  const shared = createSharedWatches({ transport: fake, clock, enableCache: true, ...settings });
  const sharers: Sharer[] = [];
  const join: SharedBench['join'] = async (own = {}, reconcileGroup?) => {
    const recorder = new Recorder();
    const watcher = createDynamicWatcher({
      sharedWatches: shared,
      clock,
      ...own,
      ...(reconcileGroup ? { reconcileGroup } : { reconciler: recorder }),
    });
    await watcher.start();
    const sharer = { watcher, recorder };
    sharers.push(sharer);
    return sharer;
  };
  for (const own of each) await join(own);
  return {
    fake,
    shared,
    sharers,
    join,
    settle: (ms = 1) => clock.advance(ms),
    wait: async (promise) => {
      promise.catch(() => {});
      await clock.advance(1000);
      return promise;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(sharers.map(({ watcher }) => watcher[Symbol.asyncDispose]()));
    },
  };
}
