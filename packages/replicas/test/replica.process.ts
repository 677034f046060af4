/**
 * One replica of a small controller, as a process of its own: reconciles its share of Deployments, each of which depends on
 * a ConfigMap of its name, and tells on stdout when it begins and ends. Ends cleanly at SIGTERM.
 */
import { setTimeout as delay } from 'node:timers/promises';

import { objectIdentifierKey, type ObjectIdentifier } from '@depwatch/core';
import { createDynamicWatcher } from '@depwatch/dynamic-watcher';
import { createK8sTransport } from '@depwatch/k8s-transport';
import { KubeConfig } from '@kubernetes/client-node';

import { createReplicas } from '../src/index.ts';

const { KUBECONFIG_TEXT = '', IDENTITY = '', WATCHERS = '' } = process.env;
const kubeConfig = new KubeConfig();
kubeConfig.loadFromString(KUBECONFIG_TEXT);
const client = createK8sTransport({ kubeConfig });
const replicas = createReplicas({
  client,
  namespace: 'default',
  name: 'processes',
  identity: IDENTITY,
  leaseDurationMs: 3000,
  renewDeadlineMs: 2000,
  retryPeriodMs: 400,
});

/** The clock of the machine, which all processes share. */
const now = (): number => Number(process.hrtime.bigint() / 1_000n) / 1000;
const tell = (event: object): void => {
  process.stdout.write(JSON.stringify({ at: now(), identity: IDENTITY, ...event }) + '\n');
};
const configOf = ({ name }: ObjectIdentifier): ObjectIdentifier => ({
  version: 'v1',
  kind: 'ConfigMap',
  namespace: 'default',
  name: name!,
});

const watcher = createDynamicWatcher({
  transport: client,
  enableCache: true,
  ownership: replicas,
  maxConcurrentReconciles: 20,
  reconciler: async (id, { epoch, signal }) => {
    const key = objectIdentifierKey(id);
    const config = watcher.getFromCache<{ data: { text: string } }>(configOf(id));
    tell({ type: 'begin', key: id.name, epoch, saw: config?.data.text });
    await delay(Math.random() * 60);
    // Whoever stood still finds out here, if nowhere else, that it is no longer the owner.
    tell({ type: 'end', key: id.name, epoch, isOwner: replicas.owns(key) && !signal.aborted });
  },
});
await watcher.start();
for (let index = 0; index < Number(WATCHERS); index++) {
  const id = {
    group: 'apps',
    version: 'v1',
    kind: 'Deployment',
    namespace: 'default',
    name: `app-${index}`,
  };
  await watcher.addWatcher(id, configOf(id));
}
process.on('SIGTERM', () => {
  void (async () => {
    await replicas.stop();
    await watcher.stop();
    await client.close();
  })();
});
await replicas.start();
tell({ type: 'joined' });
