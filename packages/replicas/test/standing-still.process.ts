/**
 * One replica, as a process of its own, whose only reconcile writes, waits for a line on stdin, and writes again. Tells on
 * stdout what becomes of it.
 */
import { once } from 'node:events';

import { fencedClient, type ObjectIdentifier } from '@depwatch/core';
import { createDynamicWatcher } from '@depwatch/dynamic-watcher';
import { createK8sTransport } from '@depwatch/k8s-transport';
import { KubeConfig } from '@kubernetes/client-node';

import { createReplicas } from '../src/index.ts';

const kubeConfig = new KubeConfig();
kubeConfig.loadFromString(process.env['KUBECONFIG_TEXT'] ?? '');
const transport = createK8sTransport({ kubeConfig });
const replicas = createReplicas({
  client: transport,
  namespace: 'default',
  name: 'standing',
  identity: process.env['IDENTITY'] ?? '',
  leaseDurationMs: 3000,
  renewDeadlineMs: 2000,
  retryPeriodMs: 400,
});
const config: ObjectIdentifier = {
  version: 'v1',
  kind: 'ConfigMap',
  namespace: 'default',
  name: 'one',
};
const tell = (event: object): void => void process.stdout.write(JSON.stringify(event) + '\n');

const watcher = createDynamicWatcher({
  transport,
  ownership: replicas,
  reconciler: async (_, { signal }) => {
    const client = fencedClient(transport, { ownership: replicas, signal });
    await client.patch(config, { data: { by: 'the first write' } });
    tell({ type: 'written' });
    await once(process.stdin, 'data');
    const isAborted = signal.aborted;
    const outcome = await client.patch(config, { data: { by: 'the second write' } }).then(
      () => 'written',
      (error: { code: string }) => error.code,
    );
    tell({ type: 'went on', isAborted, outcome });
  },
});
await watcher.start();
await replicas.start();
watcher.enqueue(config);
