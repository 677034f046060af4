import assert from 'node:assert/strict';

import {
  type DepwatchError,
  type ErrorCode,
  type GroupVersionKind,
  type KubernetesObject,
  type ListPage,
  type ObjectClient,
  type ObjectIdentifier,
  objectIdentifierFrom,
  type ResourceQuery,
  type ScopedGVR,
  type Transport,
} from '@depwatch/core';

import { within } from './deadline.ts';
import { checkError, checkObject, checkVersion, namesOf } from './expectations.ts';
import type { ConformanceHarness } from '../harness.ts';
import { WatchReader } from './watch-reader.ts';

/** What the cases fill ConfigMaps with. */
export interface ConfigMapContent {
  namespace?: string;
  labels?: { [key: string]: string };
  annotations?: { [key: string]: string };
  finalizers?: string[];
  data?: { [key: string]: string };
}

/** As an API server hands it out; checked. */
export interface ConfigMap extends KubernetesObject {
  data?: { [key: string]: string };
}

export const configMapKind: GroupVersionKind = { version: 'v1', kind: 'ConfigMap' };
export const clusterRoleKind: GroupVersionKind = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
};

const configMapResource: ScopedGVR = {
  group: '',
  version: 'v1',
  resource: 'configmaps',
  namespaced: true,
};
const clusterRoleResource: ScopedGVR = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  resource: 'clusterroles',
  namespaced: false,
};

/** What one case works with: the transport, a namespace of its own, and whatever it must tidy up. */
export class Lab {
  readonly harness: ConformanceHarness;
  readonly transport: Transport;
  readonly namespace: string;
  readonly waitMs: number;
  readonly #readers: WatchReader[] = [];
  #client: ObjectClient | undefined;
  readonly #clusterScoped = new Map<string, KubernetesObject>();

  private constructor(harness: ConformanceHarness, transport: Transport, namespace: string) {
    this.harness = harness;
    this.transport = transport;
    this.namespace = namespace;
    this.waitMs = harness.waitMs ?? 10_000;
  }

  static async open(harness: ConformanceHarness): Promise<Lab> {
    return new Lab(harness, await harness.transport(), await harness.namespace());
  }

  async close(): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.return()));
    for (const object of this.#clusterScoped.values()) {
      await this.harness.remove(objectIdentifierFrom(object));
    }
  }

  /** A query for ConfigMaps, in this case's namespace unless `rest` says otherwise. */
  configMaps(rest: Partial<ResourceQuery> = {}): ResourceQuery {
    return { gvr: configMapResource, gvk: configMapKind, namespace: this.namespace, ...rest };
  }

  /** A query for ClusterRoles. */
  clusterRoles(rest: Partial<ResourceQuery> = {}): ResourceQuery {
    return { gvr: clusterRoleResource, gvk: clusterRoleKind, ...rest };
  }

  /** Creates or replaces a ConfigMap. */
  async put(name: string, content: ConfigMapContent = {}): Promise<ConfigMap> {
    return this.harness.put(this.configMap(name, content));
  }

  /** A ConfigMap that nobody has written yet. */
  configMap(name: string, content: ConfigMapContent = {}): ConfigMap {
    const { namespace = this.namespace, data, ...metadata } = content;
    return {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace, ...metadata },
      ...(data && { data }),
    };
  }

  /** The identifier of a ConfigMap in this case's namespace. */
  configMapId(name: string): ObjectIdentifier {
    return { ...configMapKind, namespace: this.namespace, name };
  }

  /** The client under test: for cases that require `client`. */
  async client(): Promise<ObjectClient> {
    return (this.#client ??= await this.harness.client!());
  }

  /** What is stored under a name, read by the client under test. */
  async stored(name: string): Promise<ConfigMap | undefined> {
    const client = await this.client();
    return this.within(client.get<ConfigMap>(this.configMapId(name)), `get of ${name}`);
  }

  /** Creates or replaces a ClusterRole, whose name no other case uses and which goes when the case ends. */
  async putClusterRole(
    suffix: string,
    labels: { [key: string]: string },
  ): Promise<KubernetesObject> {
    const object = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: this.clusterName(suffix), labels },
      rules: [],
    };
    this.#clusterScoped.set(suffix, object);
    return this.harness.put(object);
  }

  /** A name that is unique in the cluster. */
  clusterName(suffix: string): string {
    return `${this.namespace}-${suffix}`;
  }

  /** Deletes a ConfigMap. */
  async remove(name: string): Promise<void> {
    await this.harness.remove(this.configMapId(name));
  }

  /** Deletes a ClusterRole. */
  async removeClusterRole(suffix: string): Promise<void> {
    this.#clusterScoped.delete(suffix);
    await this.harness.remove({ ...clusterRoleKind, name: this.clusterName(suffix) });
  }

  /** One page, checked. */
  async list(
    query: ResourceQuery,
    options: Omit<Parameters<Transport['list']>[1], 'signal'> = {},
    transport = this.transport,
  ): Promise<ListPage> {
    const page = await this.within(transport.list(query, options), 'a list');
    assert.ok(Array.isArray(page.items), 'items is an array');
    checkVersion(page.resourceVersion);
    for (const item of page.items) checkObject(item, query);
    if (page.continue !== undefined) assert.equal(typeof page.continue, 'string');
    return page;
  }

  /** The names of what a list without pages shows, sorted. */
  async names(query: ResourceQuery): Promise<string[]> {
    return namesOf((await this.list(query)).items);
  }

  /** A watch that is closed when the case ends. */
  watch(
    query: ResourceQuery,
    options: Parameters<Transport['watch']>[1] = {},
    transport = this.transport,
  ): WatchReader {
    const reader = new WatchReader(transport.watch(query, options), query, this.waitMs);
    this.#readers.push(reader);
    return reader;
  }

  /** A watch that the server has accepted. */
  async openWatch(
    query: ResourceQuery,
    options: Parameters<Transport['watch']>[1] = {},
  ): Promise<WatchReader> {
    const reader = this.watch(query, options);
    await reader.accepted();
    return reader;
  }

  /** A watch for what happens from now on. */
  async watchFromNow(query: ResourceQuery): Promise<WatchReader> {
    const { resourceVersion } = await this.list(query);
    return this.openWatch(query, { resourceVersion });
  }

  /** Starts to wait for something: should the case fail before it comes back to it, nobody else hears of it. */
  begin<T>(promise: Promise<T>): Promise<T> {
    promise.catch(() => {});
    return promise;
  }

  within<T>(promise: Promise<T>, what: string): Promise<T> {
    return within(promise, this.waitMs, () => what);
  }

  /** What a call rejects with: one of these codes. */
  async rejection(
    call: () => Promise<unknown>,
    ...codes: readonly ErrorCode[]
  ): Promise<DepwatchError> {
    let promise: Promise<unknown>;
    try {
      promise = call();
    } catch (error) {
      assert.fail(`an async method must reject, not throw: ${String(error)}`);
    }
    const [outcome] = await Promise.allSettled([this.within(promise, codes.join(' or '))]);
    assert.equal(outcome.status, 'rejected', `expected ${codes.join(' or ')}, but it succeeded`);
    return checkError(outcome.reason, ...codes);
  }
}
