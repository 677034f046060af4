import { createK8sTransport } from '@depwatch/k8s-transport';
import { createVirtualClock, startApiServer } from '@depwatch/testing';
import { KubeConfig } from '@kubernetes/client-node';
import { expect, test, vi } from 'vitest';

import { createDynamicWatcher } from '../src/index.ts';
import { definitionOf } from './fault-table/definition.ts';
import { configMapId, Recorder } from './harness.ts';

test('who may not watch definitions asks for all kinds, and is sent them only when they have changed', async () => {
  await using server = await startApiServer();
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(server.kubeConfigFor('viewer'));
  await using transport = createK8sTransport({ kubeConfig });
  const answers: ('kinds' | 'unchanged')[] = [];
  let asked = 0;
  const clock = createVirtualClock();
  await using watcher = createDynamicWatcher({
    transport: {
      ...transport,
      servedKinds: async (options) => {
        asked += 1;
        const served = await transport.servedKinds!(options);
        answers.push(served ? 'kinds' : 'unchanged');
        return served;
      },
    },
    reconciler: new Recorder(),
    clock,
    unavailable: 'wait',
    authGraceMs: 0,
  });
  await watcher.start();
  const group = 'example.com';
  const id = { group, version: 'v1', kind: 'Widget', namespace: 'default', name: 'w' };
  await watcher.addWatcher(configMapId('app'), id);
  expect(watcher.statusOf(id)?.state).toBe('pending');

  /** Lets time pass until all kinds have been asked for once more, and waits for the answer. */
  const askAgain = async () => {
    const before = asked;
    while (asked === before) await clock.advance(1000);
    await vi.waitFor(() => expect(answers.length).toBe(asked), { interval: 1 });
  };
  await askAgain();
  await askAgain();
  server.objects.create(definitionOf(group, { plural: 'widgets', namespaced: true }));
  await askAgain();
  expect(answers).toEqual(['kinds', 'unchanged', 'kinds']);
  await vi.waitFor(() => expect(watcher.statusOf(id)?.lastError?.code).toBe('ERR_FORBIDDEN'));
});
