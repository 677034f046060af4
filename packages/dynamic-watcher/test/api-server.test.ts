import type { Logger } from '@depwatch/core';
import { createK8sTransport } from '@depwatch/k8s-transport';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createDynamicWatcher } from '../src/index.ts';
import { countingTransport } from './counting-transport.ts';
import { configMapId, Recorder } from './harness.ts';
import { connectionsTo, servers } from './servers.ts';

const timeout = 120_000;
const app = configMapId('app');

function kubeConfigFrom(text: string): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(text);
  return kubeConfig;
}

/** A logger that keeps its lines, and tells when the first one came: that the server can't be reached. */
function outageLog(): { logger: Logger; lines: string[]; noticed: Promise<void> } {
  const lines: string[] = [];
  const { promise: noticed, resolve } = Promise.withResolvers<void>();
  const note = (_fields: object, message: string): void => {
    lines.push(message);
    resolve();
  };
  return { logger: { debug: () => {}, info: note, warn: note, error: note }, lines, noticed };
}

describe.each(servers)('on $name', { timeout }, ({ start }) => {
  test('1,000 by-name watches added at once share at most 12 connections, and all work', async () => {
    await using server = await start();
    const kubeConfig = kubeConfigFrom(server.kubeConfig);
    const recorder = new Recorder();
    await using watcher = createDynamicWatcher({
      kubeConfig,
      reconciler: recorder,
      watchPlan: 'per-object',
    });
    await watcher.start();
    const names = Array.from({ length: 1000 }, (_, index) => `c${index}`);
    await Promise.all(
      names.map((name) => watcher.addWatcher(configMapId(`w-${name}`), configMapId(name))),
    );
    expect(watcher.getWatchCount()).toBe(1000);
    const connections = await connectionsTo(server.url);
    console.log(`1,000 watches: ${connections} connections`);
    expect(connections).toBeLessThanOrEqual(12);
    const api = kubeConfig.makeApiClient(CoreV1Api);
    for (const name of ['c0', 'c500', 'c999']) {
      await api.createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name } } });
    }
    await recorder.reached(3);
    expect(new Set(recorder.calls.map((call) => call.watcher))).toEqual(
      new Set(['w-c0', 'w-c500', 'w-c999']),
    );
  });

  test('killed and restarted: later changes arrive, and only a 410 makes it list anew', async () => {
    await using server = await start();
    const kubeConfig = kubeConfigFrom(server.kubeConfig);
    const recorder = new Recorder();
    const inner = createK8sTransport({ kubeConfig });
    onTestFinished(() => inner.close());
    const transport = countingTransport(inner);
    const { counts } = transport;
    const outage = outageLog();
    await using watcher = createDynamicWatcher({
      transport,
      reconciler: recorder,
      enableCache: true,
      watchPlan: 'per-object',
      logger: outage.logger,
    });
    await watcher.start();
    const watched = Array.from({ length: 200 }, (_, index) => configMapId(`c${index}`));
    await watcher.addOrUpdateWatcher(app, watched);
    expect(counts).toMatchObject({ lists: 200, resumes: 0 });
    // Moves the server beyond the versions that the watches have seen, so that it may forget those.
    const api = kubeConfig.makeApiClient(CoreV1Api);
    await api.createNamespacedConfigMap({
      namespace: 'default',
      body: { metadata: { name: 'unrelated' } },
    });
    await server.kill();
    await outage.noticed;
    await server.restart();
    await api.createNamespacedConfigMap({
      namespace: 'default',
      body: { metadata: { name: 'c7' }, data: { a: '1' } },
    });
    await recorder.reached(1);
    expect(recorder.calls).toEqual([{ watcher: 'app', causes: ['added'] }]);
    expect(watcher.getFromCache(watched[7]!)).toMatchObject({ data: { a: '1' } });
    await vi.waitFor(
      () => expect(watcher.watchStatus().filter(({ state }) => state === 'live')).toHaveLength(200),
      { timeout: 30_000 },
    );
    const relists = counts.lists - 200;
    const { expired, unanswered, resumes } = counts;
    console.log(
      `restart with 200 watches: ${relists} relists after ${expired} answers 410, ${resumes} resumes, ${unanswered} requests without an answer`,
    );
    // A version that was called expired is not tried again by the others, which then list at once.
    expect(relists).toBeGreaterThanOrEqual(expired);
    expect(resumes).toBe(200 + unanswered - (relists - expired));
    expect(counts.checks).toBe(1);
    expect(outage.lines).toHaveLength(2);
  });

  test('without the verb watch an add is refused, and the error names it', async () => {
    await using server = await start();
    const kubeConfig = kubeConfigFrom(server.kubeConfigFor('viewer'));
    await using watcher = createDynamicWatcher({ kubeConfig, reconciler: () => {} });
    await watcher.start();
    await expect(watcher.addWatcher(app, configMapId('config'))).rejects.toMatchObject({
      code: 'ERR_FORBIDDEN',
      message: expect.stringMatching(/^watch of v1 ConfigMap "config" in namespace "default"/),
    });
    expect(watcher.getWatchCount()).toBe(0);
  });
});
