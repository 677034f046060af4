import type { Cause, GroupVersionKind } from '@depwatch/core';
import type { WatchSettings } from '../src/index.ts';
import { startBench, type Bench } from './harness.ts';
import { widgetKind } from './server-bench.ts';

/** The kind of what defines others. */
export const crdKind = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
};
/** The definition of widgets. */
export const crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
};

/** A bench whose dynamic watcher waits, and what it told. */
export interface World extends Bench {
  /** The causes of each reconcile. */
  readonly told: (readonly Cause[])[];
  types(): string[][];
}

/** A bench whose dynamic watcher waits for what is not to be had; `notices`: definitions may be watched. */
export async function start(settings: Partial<WatchSettings> = {}, notices = true): Promise<World> {
  const bench = await startBench({ enableCache: true, unavailable: 'wait', ...settings });
  if (notices) {
    bench.fake.registerKind({ ...crdKind, namespaced: false });
    bench.fake.registerKind({
      group: 'apiregistration.k8s.io',
      version: 'v1',
      kind: 'APIService',
      namespaced: false,
    });
  } else {
    bench.fake.unregisterKind(crdKind);
  }
  const told: (readonly Cause[])[] = [];
  bench.recorder.act = (_watcher, { causes }) => void told.push(causes);
  const types = (): string[][] => told.map((causes) => causes.map(({ type }) => type));
  return { ...bench, told, types };
}

/** As `kubectl apply -f` does it: the definition is there before its kind is. */
export async function install(world: World, kind: GroupVersionKind = widgetKind): Promise<void> {
  world.fake.put(crd);
  await world.settle(300);
  world.fake.registerKind(kind);
}

/** The definition goes, and its kind with it. */
export function uninstall({ fake }: World): void {
  fake.unregisterKind(widgetKind);
  fake.remove({ ...crdKind, name: crd.metadata.name });
}
