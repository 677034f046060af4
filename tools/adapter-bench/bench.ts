import {
  silentLogger,
  type ObjectIdentifier,
  type Reconciler,
} from '../../packages/core/src/index.ts';
import {
  createDynamicWatcher,
  type DynamicWatcher,
  type DynamicWatcherSettings,
} from '../../packages/dynamic-watcher/src/index.ts';
import { createFakeTransport, type FakeTransport } from '../../packages/testing/src/index.ts';

/** A dynamic watcher on a fake transport in virtual time, with an adapter as its reconciler. */
export interface Bench extends AsyncDisposable {
  readonly fake: FakeTransport;
  readonly watcher: DynamicWatcher;
  /** What reconciles ended with, in that order: the watcher's name, and the error's message if there was one. */
  readonly ended: string[];
  /** How many reconciles were called. */
  readonly called: number;
  /** How many reconciles the adapter holds, now and at most. */
  readonly held: number;
  readonly mostHeld: number;
  /** Has watchers reconciled, and lets happen what happens then. */
  enqueue(...names: string[]): Promise<void>;
  /** Lets everything happen that is due within `ms`. */
  settle(ms?: number): Promise<void>;
}

export async function startBench(
  adapter: Reconciler,
  settings: Partial<DynamicWatcherSettings> = {},
): Promise<Bench> {
  const fake = createFakeTransport();
  const counts = { called: 0, held: 0, mostHeld: 0 };
  const ended: string[] = [];
  const watcher = createDynamicWatcher({
    transport: fake,
    clock: fake.clock,
    logger: silentLogger,
    reconciler: {
      async reconcile(id, context) {
        counts.called += 1;
        counts.held += 1;
        counts.mostHeld = Math.max(counts.mostHeld, counts.held);
        try {
          const result = await adapter.reconcile(id, context);
          ended.push(id.name!);
          return result;
        } catch (error) {
          ended.push(`${id.name}: ${String(error)}`);
          throw error;
        } finally {
          counts.held -= 1;
        }
      },
      stopped: () => adapter.stopped?.(),
    },
    ...settings,
  });
  await watcher.start();
  const settle = (ms = 0): Promise<void> => fake.clock.advance(ms);
  return {
    fake,
    watcher,
    ended,
    get called() {
      return counts.called;
    },
    get held() {
      return counts.held;
    },
    get mostHeld() {
      return counts.mostHeld;
    },
    settle,
    enqueue(...names) {
      for (const name of names) watcher.enqueue(configMapId(name));
      return settle();
    },
    async [Symbol.asyncDispose]() {
      await watcher.stop();
      // For those who never acknowledge what they have in hand.
      await settle(30_000);
      await watcher.stopped;
    },
  };
}

export function configMapId(name: string): ObjectIdentifier {
  return { version: 'v1', kind: 'ConfigMap', namespace: 'default', name };
}

export function configMap(name: string, data: Record<string, string> = {}) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
}
