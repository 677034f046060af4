/** Replicas on API servers, the in-process one and a real one, each with connections of its own. */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

import { createK8sTransport, type K8sTransport } from '@depwatch/k8s-transport';
import { startApiServer } from '@depwatch/testing';
import { KubeConfig, loadAllYaml } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { findKubeApiServer } from '../../../tools/kube-apiserver/binaries.ts';
import { startControlPlane } from '../../../tools/kube-apiserver/control-plane.ts';
import { createReplicas, type Replicas, type ReplicasSettings } from '../src/index.ts';

const binaries = await findKubeApiServer();

interface Server extends AsyncDisposable {
  readonly kubeConfig: string;
  kubeConfigFor(user: string): string;
}

const servers: readonly { readonly name: string; readonly start: () => Promise<Server> }[] = [
  {
    name: 'the in-process API server',
    start: async () => {
      const server = await startApiServer();
      const { kubeConfig } = server;
      const kubeConfigFor = (user: string) => server.kubeConfigFor(user);
      return { kubeConfig, kubeConfigFor, [Symbol.asyncDispose]: () => server.stop() };
    },
  },
  ...(binaries
    ? [
        {
          name: 'a real kube-apiserver',
          start: () => startControlPlane({ binaries, users: ['greeter'] }),
        },
      ]
    : []),
];

const times = { leaseDurationMs: 3000, renewDeadlineMs: 2000, retryPeriodMs: 400 };
const keys = Array.from({ length: 30 }, (_, index) => `v1/ConfigMap/default/config-${index}`);
const owned = (one: Replicas) => keys.filter((key) => one.owns(key));
const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');

interface Role {
  kind: string;
  apiVersion: string;
  metadata: { name: string };
  rules: { apiGroups: string[]; resources: string[]; resourceNames?: string[]; verbs: string[] }[];
}

const roles = [...readme.matchAll(/^```yaml\n(.*?)^```$/gms)].flatMap(
  ([, text]) => loadAllYaml(text!) as Role[],
);

describe.each(servers)('on $name', { timeout: 60_000 }, ({ start }) => {
  let server: Server;
  let groups = 0;
  beforeAll(async () => {
    server = await start();
  }, 120_000);
  afterAll(() => server[Symbol.asyncDispose](), 120_000);

  const connect = (text: string): K8sTransport => {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(text);
    return createK8sTransport({ kubeConfig, requestTimeoutMs: 1000 });
  };

  /** A replica with connections of its own, whose `kill` lets it neither say nor hear anything more. */
  const replica = (name: string, identity: string, settings: Partial<ReplicasSettings> = {}) => {
    const client = connect(server.kubeConfig);
    const options = { namespace: 'default', name, identity, ...times, ...settings, client };
    const one = createReplicas(options);
    const stop = async () => {
      await one.stop();
      await client.close();
    };
    return { one, stop, kill: () => client.close() };
  };

  /** How long until it is so. */
  const until = async (isSo: () => boolean): Promise<number> => {
    const beganAt = performance.now();
    while (!isSo()) {
      if (performance.now() - beganAt > 20_000) throw new Error('it never is');
      await delay(10);
    }
    return performance.now() - beganAt;
  };
  const isShared = (...all: readonly Replicas[]) =>
    keys.every((key) => all.filter((one) => one.owns(key)).length === 1);

  test('three share all, one that stops hands over at once, and one that dies after the lease', async () => {
    const name = `group-${groups++}`;
    const [a, b, c] = [replica(name, 'a'), replica(name, 'b'), replica(name, 'c')];
    await Promise.all([a, b, c].map(({ one }) => one.start()));
    await until(() => isShared(a.one, b.one, c.one));
    await a.stop();
    const handedOverMs = await until(() => isShared(b.one, c.one));
    await b.kill();
    const lostMs = await until(() => owned(b.one).length === 0);
    const takenOverMs = await until(() => isShared(c.one));
    console.log({ handedOverMs, lostMs, takenOverMs });
    expect(handedOverMs).toBeLessThan(1000);
    expect(lostMs).toBeLessThan(2500);
    expect(lostMs + takenOverMs).toBeGreaterThan(2500);
    expect(lostMs + takenOverMs).toBeLessThan(8000);
    await Promise.all([b.stop(), c.stop()]);
  });

  test('a leader that stops is followed at once, and one that dies after the lease', async () => {
    const name = `group-${groups++}`;
    const mode = 'leader';
    const [a, b] = [replica(name, 'a', { mode }), replica(name, 'b', { mode })];
    await a.one.start();
    await until(() => a.one.owns('any'));
    await b.one.start();
    await a.stop();
    await until(() => b.one.owns('any'));
    const c = replica(name, 'c', { mode });
    await c.one.start();
    await b.kill();
    await until(() => c.one.owns('any'));
    expect(b.one.owns('any')).toBe(false);
    expect(c.one.epoch).toBe(3);
    await Promise.all([b.stop(), c.stop()]);
  });

  test.each(roles.map((role) => ({ role, name: role.metadata.name })))(
    'the Role $name of the README is enough',
    async ({ role, name }) => {
      const admin = connect(server.kubeConfig);
      const mode = name === 'greeter-leader' ? ('leader' as const) : ('shards' as const);
      const subject = { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'greeter' };
      await admin.create(role as object);
      await admin.create({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name, namespace: 'default' },
        subjects: [subject],
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      } as object);
      await admin.close();
      const client = connect(server.kubeConfigFor('greeter'));
      const names = { namespace: 'default', name: 'greeter', identity: 'r' };
      const one = createReplicas({ ...names, mode, client, ...times });
      // Authorizers learn of a Role a moment later.
      void one.start().catch(() => {});
      await until(() => one.owns('any'));
      // It has to be able to go on, too.
      await delay(times.leaseDurationMs);
      expect(one.owns('any')).toBe(true);
      await one.stop();
      await client.close();
    },
  );
});
