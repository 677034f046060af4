import { once, EventEmitter } from 'node:events';

import type { KubernetesObject } from '@depwatch/core';
import { createController } from '@depwatch/controller';
import { createK8sTransport } from '@depwatch/k8s-transport';
import { createReplicas } from '@depwatch/replicas';
import { startApiServer } from '@depwatch/testing';
import { KubeConfig } from '@kubernetes/client-node';
import { Registry } from 'prom-client';
import { createPrometheusMetrics } from '../src/index.ts';

const namespace = 'default';

/** What a registry shows of a controller that works, fails, waits, loses its watches and has replicas, on a server of this process. */
export async function realRun(): Promise<string> {
  const registry = new Registry();
  const metrics = createPrometheusMetrics({ registry });
  await using server = await startApiServer();
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(server.kubeConfig);
  await using transport = createK8sTransport({ kubeConfig, metrics });
  const configMap = (name: string) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
  });
  for (const name of ['works', 'fails', 'again', 'hangs']) await transport.create(configMap(name));
  const replicas = { client: transport, namespace, metrics };
  await using shards = createReplicas({ ...replicas, name: 'apps', identity: 'a' });
  await using leader = createReplicas({ ...replicas, name: 'one', identity: 'a', mode: 'leader' });
  await Promise.all([shards.start(), leader.start()]);
  const tries: Record<string, number> = {};
  /** Emits the type of the Secret as a reconcile has read it. */
  const read = new EventEmitter();
  await using controller = createController({
    kind: { version: 'v1', kind: 'ConfigMap' },
    namespaces: [namespace],
    transport,
    metrics,
    watchPlan: 'shared',
    maxConcurrentReconciles: 4,
    reconcileTimeoutMs: 500,
    async reconcile({ metadata: { name } = {} }, context) {
      tries[name!] = (tries[name!] ?? 0) + 1;
      const id = { version: 'v1', kind: 'Secret', namespace, name: `of-${name}` };
      const secret = await context.get<KubernetesObject & { metadata: { labels?: object } }>(id);
      const missing = { group: 'a.example', version: 'v1', kind: 'Missing', namespace, name: 'a' };
      await context.get(missing);
      if (secret) read.emit(secret.metadata.labels ? 'labelled' : 'plain');
      if (name === 'fails' && tries[name] === 1) throw new Error('not yet');
      if (name === 'again') return { requeueAfterMs: 60_000 };
      if (name === 'hangs' && tries[name] === 1)
        await new Promise((resolve) => context.signal.addEventListener('abort', resolve));
      return undefined;
    },
  });
  await controller.start();
  await controller.ready;
  server.faults.cutConnections();
  const metadata = { name: 'of-works', namespace };
  const [created, changed] = [once(read, 'plain'), once(read, 'labelled')];
  await transport.create({ apiVersion: 'v1', kind: 'Secret', metadata });
  await created;
  // What is new may have come with a list; what is changed then comes as an event.
  const id = { version: 'v1', kind: 'Secret', ...metadata };
  await transport.patch(id, { metadata: { labels: { a: 'b' } } });
  await changed;
  return registry.metrics();
}
