import type { ObjectIdentifier } from '@depwatch/core';
import {
  createDynamicWatcher,
  type DynamicWatcher,
  type DynamicWatcherSettings,
} from '@depwatch/dynamic-watcher';
import { createFakeTransport, type FakeTransport } from '@depwatch/testing';

import { ReconcileObservable, type ReconcileObservableOptions } from '../src/index.ts';

/** A dynamic watcher with an observable for its reconciler, on a fake transport in virtual time. */
export interface Bench extends AsyncDisposable {
  readonly fake: FakeTransport;
  readonly observable: ReconcileObservable;
  readonly watcher: DynamicWatcher;
  /** Lets everything happen that is due within `ms`. */
  settle(ms?: number): Promise<void>;
  /** Has a virtual clock's `ms` go by. */
  sleep(ms: number): Promise<void>;
  /** Writes `watched` anew. */
  change(watched: ObjectIdentifier, value: string): void;
}

/** The dependent object of that name, and what it depends on. */
export function pair(name: string): [watcher: ObjectIdentifier, watched: ObjectIdentifier] {
  return [configMapId(name), configMapId(`${name}-config`)];
}

export async function startBench(
  options: ReconcileObservableOptions = {},
  settings: Partial<DynamicWatcherSettings> = {},
): Promise<Bench> {
  const fake = createFakeTransport();
  const observable = new ReconcileObservable(options);
  const watcher = createDynamicWatcher({
    transport: fake,
    clock: fake.clock,
    reconciler: observable,
    ...settings,
  });
  await watcher.start();
  return {
    fake,
    observable,
    watcher,
    settle: (ms = 1) => fake.clock.advance(ms),
    sleep: (ms) => new Promise((resolve) => void fake.clock.setTimeout(resolve, ms)),
    change: ({ name, namespace }, value) => {
      const metadata = { name: name!, namespace: namespace! };
      fake.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { value } });
    },
    [Symbol.asyncDispose]: () => watcher[Symbol.asyncDispose](),
  };
}

function configMapId(name: string): ObjectIdentifier {
  return { version: 'v1', kind: 'ConfigMap', namespace: 'default', name };
}
