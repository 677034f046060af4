import type { Cause, KubernetesObject, ObjectIdentifier, Reconciler } from '@depwatch/core';
import { createFakeTransport, type FakeTransport } from '@depwatch/testing';
import {
  createDynamicWatcher,
  type DynamicWatcher,
  type DynamicWatcherSettings,
} from '../src/index.ts';

/** One reconcile, as a recorder saw it. */
export interface Recorded {
  readonly watcher: string | undefined;
  readonly causes: readonly string[];
}

/** A reconciler that notes what it was called with, and can be told what to do. */
export class Recorder implements Reconciler {
  readonly calls: Recorded[] = [];
  stops = 0;
  #waiting: { count: number; resolve: () => void }[] = [];
  act: Reconciler['reconcile'] = () => {};

  async reconcile(watcher: ObjectIdentifier, context: Parameters<Reconciler['reconcile']>[1]) {
    this.calls.push({
      watcher: watcher.name,
      causes: context.causes.map(({ type }: Cause) => type),
    });
    this.#waiting = this.#waiting.filter(({ count, resolve }) => {
      if (this.calls.length < count) return true;
      resolve();
      return false;
    });
    return this.act(watcher, context);
  }

  stopped(): void {
    this.stops += 1;
  }

  /** Resolves at the nth call ever. */
  reached(count: number): Promise<void> {
    if (this.calls.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }
}

/** A started dynamic watcher on a fake transport, in virtual time. */
export interface Bench extends AsyncDisposable {
  readonly fake: FakeTransport;
  readonly recorder: Recorder;
  readonly watcher: DynamicWatcher;
  /** Lets everything happen that is due within `ms`. */
  settle(ms?: number): Promise<void>;
  /** Lets a second pass, and returns what the promise comes to. */
  wait<T>(promise: Promise<T>): Promise<T>;
}

export async function startBench(
  settings: Partial<DynamicWatcherSettings> = {},
  objects: readonly KubernetesObject[] = [],
): Promise<Bench> {
  const fake = createFakeTransport({ objects });
  const recorder = new Recorder();
  const watcher = createDynamicWatcher({
    transport: fake,
    clock: fake.clock,
    reconciler: recorder,
    ...settings,
  });
  await watcher.start();
  return {
    fake,
    recorder,
    watcher,
    settle: (ms = 1) => fake.clock.advance(ms),
    wait: async (promise) => {
      promise.catch(() => {});
      await fake.clock.advance(1000);
      return promise;
    },
    [Symbol.asyncDispose]: () => watcher[Symbol.asyncDispose](),
  };
}

export function configMap(name: string, data: Record<string, string> = {}, namespace = 'default') {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels: data }, data };
}

export function configMapId(name: string, namespace = 'default'): ObjectIdentifier {
  return { version: 'v1', kind: 'ConfigMap', namespace, name };
}
