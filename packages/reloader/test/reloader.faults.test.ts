import { startApiServer, type ApiServer } from '@depwatch/testing';
import type { V1ConfigMap } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';

import { reloaderUser } from '../src/embedded/demo.ts';
import { loadKubeConfig, podFrom } from './support/cluster.ts';
import { bindRole, rulesWithout } from './support/manifests.ts';
import { useScenarioContext } from './support/scenario-context.ts';
import { limitedUser } from './support/users.ts';

const web = 'Deployment' as const;

/** What only an API server can be asked for that goes wrong on demand. */
describe('the reloader in trouble', { timeout: 30_000 }, () => {
  const context = useScenarioContext(startApiServer);
  const faults = () => (context.server as ApiServer).faults;

  it('a write that fails is told of once, tried again, and is still about the change', async () => {
    const namespace = await context.namespace();
    await namespace.configMap('a', { k: '1' });
    await namespace.workload(web, 'web', podFrom('a'));
    const { events } = await context.run(namespace);
    await events.decision('recorded', 'web');
    const { generation } = await namespace.state(web, 'web');

    faults().respond({ status: 500, times: 2, match: { verb: 'patch', resource: 'deployments' } });
    await namespace.patchConfigMap('a', { data: { k: '2' } });
    await events.failure('patch of apps/v1 Deployment', '500');
    const event = await events.decision('rolled', 'web');
    expect(event.causes).toStrictEqual(['configmap/a modified']);
    expect(events.all.filter(({ type }) => type === 'failed')).toHaveLength(1);
    expect((await namespace.state(web, 'web')).generation).toBe(generation + 1);
  });

  it('a read that fails rolls nothing until it succeeds', async () => {
    const namespace = await context.namespace();
    await namespace.configMap('a', { k: '1' });
    await namespace.workload(web, 'web', podFrom('a'));
    const { events } = await context.run(namespace);
    await events.decision('recorded', 'web');
    const before = await namespace.state(web, 'web');

    const undo = faults().respond({ status: 503, match: { verb: 'get', resource: 'configmaps' } });
    await namespace.patchConfigMap('a', { data: { k: '2' } });
    await events.failure('get of v1 ConfigMap', '503');
    expect(await namespace.state(web, 'web')).toStrictEqual(before);
    undo();
    await events.decision('rolled', 'web');
  });

  it('a change while the API server was away, history lost, rolls once it is back', async () => {
    const namespace = await context.namespace();
    await namespace.configMap('a', { k: '1' });
    await namespace.workload(web, 'web', podFrom('a'));
    const { events } = await context.run(namespace);
    await events.decision('recorded', 'web');

    await faults().down();
    const { objects } = context.server as ApiServer;
    const metadata = { namespace: namespace.name, name: 'a' };
    objects.apply<V1ConfigMap>({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { k: '2' } });
    await events.failure('the API server cannot be reached');
    await faults().up({ loseHistory: true });
    await events.decision('rolled', 'web');
    await events.has('notice');
    const told = events.all.filter(({ type }) => type === 'failed' || type === 'notice');
    expect(told.map(({ type }) => type)).toStrictEqual(['failed', 'notice']);
  });

  it('without streaming lists it needs the verb list, and says so without it', async () => {
    const namespace = await context.namespace();
    await namespace.configMap('a', { k: '1' });
    await namespace.workload(web, 'web', podFrom('a'));
    const undo = faults().refuseStreamingLists();
    const { events } = await context.run(namespace);
    await events.decision('recorded', 'web');

    const rules = await rulesWithout('list', '');
    const admin = loadKubeConfig(context.server.kubeConfig);
    await bindRole(admin, namespace.name, limitedUser, rules);
    const limited = await context.runAs(limitedUser, namespace);
    await limited.events.failure('list', 'configmap');
    undo();
  });

  it('a logger that throws does not stop it', async () => {
    const namespace = await context.namespace();
    await namespace.configMap('a', { k: '1' });
    await namespace.workload(web, 'web', podFrom('a'));
    const recorded = Promise.withResolvers<void>();
    const log = (fields: object): void => {
      if ('outcome' in fields) recorded.resolve();
      throw new Error('the disk is full');
    };
    const logger = { debug: log, info: log, warn: log, error: log };
    await context.runAs(reloaderUser, namespace, { logger });
    await recorded.promise;
    await expect
      .poll(async () => (await namespace.state(web, 'web')).record)
      .toContain('configmap/a');
  });

  it('a signal stops it, and no event comes after that', async () => {
    const namespace = await context.namespace();
    await namespace.configMap('a', { k: '1' });
    await namespace.workload(web, 'web', podFrom('a'));
    const { events, stop } = await context.run(namespace);
    await events.decision('recorded', 'web');
    await stop();
    const { length } = events.all;
    await namespace.patchConfigMap('a', { data: { k: '2' } });
    await expect.poll(() => (context.server as ApiServer).requests.openWatches()).toBe(0);
    expect(events.all).toHaveLength(length);
  });
});
