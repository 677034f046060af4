import {
  DepwatchError,
  type KubernetesObject,
  type ObjectIdentifier,
  type Transport,
} from '@depwatch/core';
import { createFakeTransport } from '@depwatch/testing';
import { ApiException, KubeConfig, KubernetesObjectApi } from '@kubernetes/client-node';
import { vi } from 'vitest';
import type { DynamicWatcherOptions } from '../../src/index.ts';
import { servers, type TestServer } from '../servers.ts';

/** How a dynamic watcher reaches a server, and on which clock it lives. */
export type Connection = (
  | { kubeConfig: KubeConfig; transport?: never }
  | { transport: Transport; kubeConfig?: never }
) &
  Pick<DynamicWatcherOptions, 'clock'>;

/** What scenarios need of an API server. */
export interface ScenarioServer extends AsyncDisposable {
  /** Creates the object, or replaces the one of its name. */
  put(object: KubernetesObject): Promise<void>;
  remove(object: ObjectIdentifier): Promise<void>;
  /** As an administrator, or as a user who may do only what was granted. */
  connection(user?: 'viewer'): Connection;
  /** Lets the viewer list and watch these ConfigMaps, by their names. */
  grant(namespace: string, names: readonly string[]): Promise<void>;
  /** Lets time pass until the assertion holds. */
  until(assertion: () => void | Promise<void>): Promise<void>;
}

const waitMs = 10_000;

function fake(): ScenarioServer {
  const server = createFakeTransport();
  const { clock } = server;
  const granted = new Set<string>();
  const check = (what: { namespace?: string; name?: string }): void => {
    if (granted.has(`${what.namespace}/${what.name}`)) return;
    throw new DepwatchError('ERR_FORBIDDEN', 'the viewer may not', { status: { code: 403 } });
  };
  const asViewer: Transport = {
    discover: (gvk, options) => server.discover(gvk, options),
    list: async (query, options) => (check(query), server.list(query, options)),
    async *watch(query, options) {
      check(query);
      yield* server.watch(query, options);
    },
  };
  return {
    put: async (object) => void server.put(object),
    remove: async (object) => void server.remove(object),
    connection: (user) => ({ transport: user ? asViewer : server, clock }),
    grant: async (namespace, names) => {
      for (const name of names) granted.add(`${namespace}/${name}`);
    },
    async until(assertion) {
      const end = clock.now() + waitMs;
      for (;;) {
        await clock.advance(1);
        try {
          await assertion();
          return;
        } catch (error) {
          if (clock.now() > end) throw error;
        }
        await clock.advance(9);
      }
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

function kubeConfigFrom(text: string): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(text);
  return kubeConfig;
}

function overHttp(server: TestServer): ScenarioServer {
  const kubeConfig = kubeConfigFrom(server.kubeConfig);
  const api = KubernetesObjectApi.makeApiClient(kubeConfig);
  const namespaces = new Set<string>();
  const named = ({ metadata, ...rest }: KubernetesObject) => ({
    ...rest,
    metadata: { ...metadata, name: metadata!.name! },
  });
  const create = async (object: KubernetesObject): Promise<void> => {
    try {
      await api.create(named(object) as never);
    } catch (error) {
      if (!(error instanceof ApiException && error.code === 409)) throw error;
      await api.replace(named(object) as never);
    }
  };
  const put = async (object: KubernetesObject): Promise<void> => {
    const namespace = object.metadata?.namespace;
    if (namespace && !namespaces.has(namespace)) {
      namespaces.add(namespace);
      await create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    }
    await create(object);
  };
  return {
    put,
    remove: async ({ group, version, kind, namespace, name }) => {
      const apiVersion = group ? `${group}/${version}` : version;
      await api.delete({
        apiVersion,
        kind,
        metadata: { name: name!, ...(namespace && { namespace }) },
      });
    },
    connection: (user) => ({
      kubeConfig: user ? kubeConfigFrom(server.kubeConfigFor(user)) : kubeConfig,
    }),
    grant: async (namespace, names) => {
      const apiVersion = 'rbac.authorization.k8s.io/v1';
      const metadata = { namespace, name: 'viewer' };
      const rules = [
        {
          apiGroups: [''],
          resources: ['configmaps'],
          resourceNames: names,
          verbs: ['list', 'watch'],
        },
      ];
      const apiGroup = 'rbac.authorization.k8s.io';
      const binding = {
        subjects: [{ apiGroup, kind: 'User', name: 'viewer' }],
        roleRef: { apiGroup, kind: 'Role', name: 'viewer' },
      };
      await put({ apiVersion, kind: 'Role', metadata, rules } as KubernetesObject);
      await put({ apiVersion, kind: 'RoleBinding', metadata, ...binding } as KubernetesObject);
    },
    until: async (assertion) => {
      await vi.waitFor(assertion, { timeout: waitMs, interval: 5 });
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** The servers that every scenario runs on. */
export const scenarioServers: readonly {
  readonly name: string;
  readonly start: () => Promise<ScenarioServer>;
}[] = [
  { name: 'the fake transport', start: async () => fake() },
  ...servers.map(({ name, start }) => ({ name, start: async () => overHttp(await start()) })),
];
