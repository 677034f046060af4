import { createK8sTransport, type K8sTransportOptions } from '@depwatch/k8s-transport';
import { startApiServer, type ApiServer } from '@depwatch/testing';
import { KubeConfig } from '@kubernetes/client-node';
import { expect, vi } from 'vitest';
import {
  startControlPlane,
  type ControlPlane,
} from '../../../../tools/kube-apiserver/control-plane.ts';
import { binaries } from '../servers.ts';
import { Account } from './account.ts';
import { ApiClient } from './api-client.ts';
import { definitionOf } from './definition.ts';
import type { Ground } from './ground.ts';
import { Relay } from './relay.ts';

/**
 * Who watches: an administrator; or a user, or a service account of the namespace, who may do with its ConfigMaps what a
 * Role says.
 */
export type User = 'admin' | 'viewer' | 'account';
export type TransportOptions = Omit<K8sTransportOptions, 'kubeConfig'>;

const rbac = 'rbac.authorization.k8s.io';
const until = (check: () => unknown): Promise<void> =>
  vi.waitFor(async () => void (await check()), { timeout: 20_000, interval: 20 });

let namespaces = 0;

/** A server on a socket, with a relay before it and a namespace for one case. */
async function serverGround<Server extends ApiServer | ControlPlane>(
  server: Server,
  user: User,
  options: TransportOptions,
): Promise<Omit<Ground, 'control'> & { control: Server }> {
  const admin = new ApiClient(server.kubeConfig);
  const namespace = `faults-${(namespaces += 1)}`;
  await admin.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const relay = await Relay.to(server.url);
  const account = user === 'account' ? await Account.in(namespace, server.kubeConfig) : undefined;
  const text =
    account?.kubeConfig ?? (user === 'admin' ? server.kubeConfig : server.kubeConfigFor(user));
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(text.replaceAll(server.url, relay.url));
  const transport = createK8sTransport({ kubeConfig, ...options });
  const plurals = new Map<string, string>();

  const binding = {
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata: { name: 'reads-config-maps', namespace },
    roleRef: { apiGroup: rbac, kind: 'Role', name: 'config-maps' },
    subjects: [account?.subject ?? { apiGroup: rbac, kind: 'User', name: user }],
  };
  // RBAC is read from watches of the server's own, so a change counts a little later.
  const counts = (status: number): Promise<void> =>
    until(async () => {
      const asUser = account?.client ?? new ApiClient(text);
      const answer = await asUser.ask('GET', `/api/v1/namespaces/${namespace}/configmaps`);
      expect(answer.status).toBe(status);
    });
  const grant = async (): Promise<void> => {
    await admin.put(binding);
    await counts(200);
  };
  if (user !== 'admin') {
    const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'] }];
    const metadata = { name: 'config-maps', namespace };
    const role = { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules };
    await admin.put(role);
    await grant();
  }

  /** Resolves once discovery and the definition agree. */
  const served = (group: string, plural: string, expected: boolean): Promise<void> =>
    until(async () => {
      const definition = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.${group}`;
      const { body } = await admin.ask('GET', `/apis/${group}/v1`);
      const resources = (body['resources'] ?? []) as { name: string }[];
      expect(resources.some(({ name }) => name === plural)).toBe(expected);
      // Discovery knows of a kind before there is anything to list it from.
      const objects = await admin.ask('GET', `/apis/${group}/v1/${plural}`);
      expect(objects.status).toBe(expected ? 200 : 404);
      if (!expected) expect((await admin.ask('GET', definition)).status).toBe(404);
    });
  return {
    control: server,
    transport,
    namespace,
    get connections() {
      return relay.accepted;
    },
    until,
    put: (object) => admin.put(object, plurals.get(object.apiVersion!)),
    remove: (object) => admin.remove(object, plurals.get(object.apiVersion!)),
    async registerKind(group, shape) {
      plurals.set(`${group}/v1`, shape.plural);
      await admin.put(definitionOf(group, shape));
      await served(group, shape.plural, true);
    },
    async unregisterKind(group) {
      const plural = plurals.get(`${group}/v1`)!;
      await admin.remove(definitionOf(group, { plural, namespaced: true }));
      await served(group, plural, false);
    },
    cut: () => relay.cut(),
    disconnect: () => relay.down(),
    blackHole() {
      relay.blackHole();
      // New connections work, as after a machine was swapped for another.
      return () => {};
    },
    async revoke() {
      await admin.remove(binding);
      await counts(403);
      return grant;
    },
    ...(account && {
      async expel() {
        await account.remove();
        await counts(401);
        return async () => {
          await account.signIn();
          await counts(200);
        };
      },
    }),
    async [Symbol.asyncDispose]() {
      await transport.close();
      await relay[Symbol.asyncDispose]();
      await account?.[Symbol.asyncDispose]();
    },
  };
}

/** An in-process API server of its own. */
export async function inProcessGround(
  user: User,
  options: TransportOptions,
): Promise<Ground<'inProcess'>> {
  const server = await startApiServer();
  const ground = await serverGround(server, user, options);
  const end = ground[Symbol.asyncDispose];
  // Not spread: `connections` counts on.
  ground[Symbol.asyncDispose] = async () => {
    await end();
    await server.stop();
  };
  return ground;
}

/** A kube-apiserver for all cases that want the same of it; undefined where there is none. */
export function startRealServer({
  streamingLists,
}: {
  readonly streamingLists: boolean;
}): Promise<ControlPlane> | undefined {
  return (
    binaries &&
    startControlPlane({
      binaries,
      users: ['viewer'],
      // So few streams that a case need not open hundreds, and a GOAWAY after one in fifty requests.
      apiServerFlags: [
        '--http2-max-streams-per-connection=20',
        '--goaway-chance=0.02',
        `--feature-gates=WatchList=${streamingLists}`,
      ],
    })
  );
}

/** The kube-apiserver, for one case. */
export function realGround(
  server: ControlPlane,
  user: User,
  options: TransportOptions,
): Promise<Ground<'real'>> {
  return serverGround(server, user, options);
}
