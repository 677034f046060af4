import type { ObjectIdentifier, Reconciler } from '@depwatch/core';
import {
  createFakeTransport,
  createVirtualClock,
  type FakeTransport,
  type VirtualClock,
} from '@depwatch/testing';
import {
  createDynamicWatcher,
  createReconcileGroup,
  type DynamicWatcher,
  type ReconcileGroup,
  type ReconcileSettings,
} from '../../src/index.ts';
import { configMap, configMapId, Recorder } from '../harness.ts';

/** Who depends on what, in each of the clusters. */
export const app = configMapId('app');
export const watched = configMapId('config');

/** Dynamic watchers of as many clusters, in one group, in virtual time. */
export interface Clusters extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly group: ReconcileGroup;
  readonly fakes: readonly FakeTransport[];
  readonly watchers: readonly DynamicWatcher[];
  /** Lets everything happen that is due within `ms`. */
  settle(ms?: number): Promise<void>;
  /** Lets a second pass, and returns what the promise comes to. */
  wait<T>(promise: Promise<T>): Promise<T>;
}

export async function start(
  clusters: readonly string[],
  settings: Partial<ReconcileSettings> & { disableInitialReconcile?: boolean } = {},
  reconciler: Reconciler = new Recorder(),
): Promise<Clusters> {
  const { disableInitialReconcile = true, ...grouped } = settings;
  const clock = createVirtualClock();
  const group = createReconcileGroup({ reconciler, clock, ...grouped });
  const fakes = clusters.map(() =>
    createFakeTransport({ clock, objects: [configMap('config', { value: 'before' })] }),
  );
  const watchers = clusters.map((cluster, index) =>
    createDynamicWatcher({
      transport: fakes[index]!,
      clock,
      cluster,
      enableCache: true,
      disableInitialReconcile,
      reconcileGroup: group,
    }),
  );
  for (const watcher of watchers) await watcher.start();
  const settle = (ms = 10): Promise<void> => clock.advance(ms);
  return {
    clock,
    group,
    fakes,
    watchers,
    settle,
    wait: async (promise) => {
      promise.catch(() => {});
      await settle(1000);
      return promise;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(watchers.map((watcher) => watcher.stop()));
      await group.stop();
    },
  };
}

/** A recorder whose reconciles last until their signal is aborted, with the signals by the watcher's name. */
export function hanging(): { recorder: Recorder; signals: Map<string, AbortSignal> } {
  const recorder = new Recorder();
  const signals = new Map<string, AbortSignal>();
  recorder.act = ({ name }: ObjectIdentifier, { signal }) => {
    signals.set(name!, signal);
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
  };
  return { recorder, signals };
}
