import type { KubernetesObject } from '@depwatch/core';
import { createK8sTransport } from '@depwatch/k8s-transport';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDynamicWatcher } from '../../src/index.ts';
import { configMap, configMapId } from '../harness.ts';
import { servers, type TestServer } from '../servers.ts';

/** So many by default; DEPWATCH_ROUNDS=10000 for a measurement. */
const rounds = Number(process.env['DEPWATCH_ROUNDS'] ?? 300);

type Counter = KubernetesObject & { data: { count: string } };

describe.each(servers)('own writes on $name', { timeout: 600_000 }, ({ start }) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  /** Each reconcile counts up what it reads in the cache. @returns how often it read less than it had written */
  async function count(name: string, waits: boolean): Promise<number> {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(server.kubeConfig);
    await using transport = createK8sTransport({ kubeConfig });
    const id = configMapId(name);
    await transport.create(configMap(name, { count: '0' }));
    const done = Promise.withResolvers<void>();
    let written = 0;
    let stale = 0;
    await using watcher = createDynamicWatcher({
      transport,
      enableCache: true,
      async reconciler() {
        const { data } = watcher.getFromCache<Counter>(id)!;
        if (Number(data.count) < written) stale += 1;
        written += 1;
        const patched = await transport.patch<Counter>(id, { data: { count: `${written}` } });
        if (waits) await watcher.caughtUp(patched);
        if (written < rounds) return { requeueAfterMs: 0 };
        done.resolve();
        return undefined;
      },
    });
    await watcher.start();
    await watcher.addWatcher(id, id);
    await done.promise;
    return stale;
  }

  test('are never read older than they are by who waits to have caught up', async () => {
    expect(await count('waits', true)).toBe(0);
    const stale = await count('hurries', false);
    console.log(`${rounds} rounds: 0 stale reads; without waiting ${stale}`);
  });
});
