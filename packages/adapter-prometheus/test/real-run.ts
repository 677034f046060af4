import { once, EventEmitter } from 'node:events';

import type { KubernetesObject } from '@depwatch/core';
import { createController } from '@depwatch/controller';
import { createK8sTransport } from '@depwatch/k8s-transport';
import { createReplicas } from '@depwatch/replicas';
import { createFakeTransport, startApiServer } from '@depwatch/testing';
import { KubeConfig } from '@kubernetes/client-node';
import { Registry } from 'prom-client';
import { createPrometheusMetrics } from '../src/index.ts';

const namespace = 'default';

/** What a registry shows of a controller that works, fails, waits and loses its watches, on a server of this process. */
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

/** What a registry shows of replicas, of which others come and go, in virtual time. */
export async function replicasRun(): Promise<string> {
  const registry = new Registry();
  const metrics = createPrometheusMetrics({ registry });
  const fake = createFakeTransport();
  const { clock } = fake;
  const common = { client: fake, clock, namespace };
  for (let index = 0; index < 20; index += 1)
    fake.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `${index}`, namespace } });
  const a = createReplicas({ ...common, metrics, name: 'apps', identity: 'a' });
  // It counts for itself.
  const b = createReplicas({ ...common, name: 'apps', identity: 'b' });
  await using leader = createReplicas({
    ...common,
    metrics,
    name: 'one',
    identity: 'a',
    mode: 'leader',
  });
  await using controller = createController({
    kind: { version: 'v1', kind: 'ConfigMap' },
    transport: fake,
    clock,
    metrics,
    ownership: a,
    reconcile() {},
  });
  const started = [leader, b, a, controller].map((one) => one.start());
  await clock.advance(60_000);
  await Promise.all(started);
  const stopped = b.stop();
  await clock.advance(60_000);
  await stopped;
  const text = await registry.metrics();
  const ended = a.stop();
  await clock.advance(60_000);
  await ended;
  return text;
}
