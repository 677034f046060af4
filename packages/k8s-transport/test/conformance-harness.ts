import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

import type { KubernetesObject, Transport } from '@depwatch/core';
import type { ConformanceHarness, CustomKind } from '@depwatch/testing';
import { KubeConfig } from '@kubernetes/client-node';

import { createK8sTransport, type K8sTransport } from '../src/index.ts';

/** An API server that the conformance cases are run on. */
export interface ConformanceServer {
  /** A kubeconfig file's text, of an administrator. */
  readonly kubeConfig: string;
  /** The same of a user who may do nothing. */
  readonly nobody: string;
}

/** What a harness for an HTTP server needs beside the server itself. */
export interface HttpHarnessOptions extends Pick<
  ConformanceHarness,
  'waitMs' | 'compact' | 'closeWatches' | 'breakWatches' | 'unwatchable'
> {
  /** Asked for on first use, so that the cases can be known before the server has started. */
  server(): ConformanceServer;
}

/** The conformance harness of this package's transport, and how to tidy up after it. */
export function httpHarness({ server, ...options }: HttpHarnessOptions): {
  readonly harness: ConformanceHarness;
  close(): Promise<void>;
} {
  const transports: K8sTransport[] = [];
  const namespaces: string[] = [];
  const run = randomBytes(3).toString('hex');
  let raw: RawClient | undefined;
  let shared: K8sTransport | undefined;
  const client = (): RawClient => (raw ??= new RawClient(server().kubeConfig));
  const transportFor = (text: string): K8sTransport => {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(text);
    const transport = createK8sTransport({ kubeConfig });
    transports.push(transport);
    return transport;
  };

  /** Connections that are kept for later don't survive what disturbs the server. */
  const reconnect = (): void => {
    raw?.close();
    raw = undefined;
  };
  const disturbing = (disturb: () => void | Promise<void>) => async (): Promise<void> => {
    await disturb();
    reconnect();
  };
  const { compact, breakWatches } = options;

  const harness: ConformanceHarness = {
    ...options,
    ...(compact && { compact: disturbing(compact) }),
    ...(breakWatches && { breakWatches: disturbing(breakWatches) }),
    transport: (): Transport => (shared ??= transportFor(server().kubeConfig)),
    client: () => (shared ??= transportFor(server().kubeConfig)),
    async namespace() {
      const name = `conformance-${run}-${namespaces.length}`;
      namespaces.push(name);
      await client().put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
      return name;
    },
    put: (object) => client().put(object),
    async remove({ group, version, kind, namespace, name }) {
      const apiVersion = group ? `${group}/${version}` : version;
      await client().remove({
        apiVersion,
        kind,
        metadata: { name: name!, ...(namespace && { namespace }) },
      });
    },
    async registerKind({ group, version, kind, plural, namespaced }) {
      await client().put({
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: `${plural}.${group}` },
        spec: {
          group,
          names: { kind, plural },
          scope: namespaced ? 'Namespaced' : 'Cluster',
          versions: [
            {
              name: version,
              served: true,
              storage: true,
              schema: {
                openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
              },
            },
          ],
        },
      } as KubernetesObject);
      await client().untilServed({ group, version, plural }, true);
    },
    async unregisterKind(kind: CustomKind) {
      await client().remove({
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: `${kind.plural}.${kind.group}` },
      });
      await client().untilServed(kind, false);
    },
    forbidden: () => transportFor(server().nobody),
    unauthorized() {
      const config = JSON.parse(server().kubeConfig) as KubeConfigFile;
      config.users[0]!.user.token = 'unknown';
      return transportFor(JSON.stringify(config));
    },
    closable: () => transportFor(server().kubeConfig),
  };

  return {
    harness,
    async close() {
      for (const name of namespaces) {
        await client().remove({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
      }
      reconnect();
      await Promise.all(transports.map((transport) => transport.close()));
    },
  };
}

interface KubeConfigFile {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  users: { user: { token: string } }[];
}

interface Answer {
  readonly status: number;
  readonly body: KubernetesObject;
}

/** Writes objects by plain requests, with none of the code under test. */
class RawClient {
  readonly #server: string;
  readonly #headers: { readonly authorization: string };
  readonly #agent: Agent;

  constructor(kubeConfig: string) {
    const { clusters, users } = JSON.parse(kubeConfig) as KubeConfigFile;
    const { server, 'certificate-authority-data': ca } = clusters[0]!.cluster;
    this.#server = server;
    this.#headers = { authorization: `Bearer ${users[0]!.user.token}` };
    this.#agent = new Agent({ keepAlive: true, maxSockets: 16, ca: Buffer.from(ca, 'base64') });
  }

  async put(object: KubernetesObject): Promise<KubernetesObject> {
    const created = await this.#send('POST', collectionOf(object), object);
    if (created.status === 201) return created.body;
    if (created.status !== 409) throw unexpected(created);
    const path = `${collectionOf(object)}/${object.metadata?.name}`;
    // Another writer may come between the two; the cases have none.
    const { body } = await this.#send('GET', path);
    const { uid, resourceVersion } = body.metadata ?? {};
    const metadata = { ...object.metadata, uid, resourceVersion };
    const replaced = await this.#send('PUT', path, { ...object, metadata });
    if (replaced.status !== 200) throw unexpected(replaced);
    return replaced.body;
  }

  async remove(object: KubernetesObject): Promise<void> {
    const path = `${collectionOf(object)}/${object.metadata?.name}`;
    const answer = await this.#send('DELETE', `${path}?gracePeriodSeconds=0`);
    if (![200, 202, 404].includes(answer.status)) throw unexpected(answer);
  }

  /** There is no event to wait for: discovery follows a definition some time after its condition says so. */
  async untilServed(
    { group, version, plural }: { group: string; version: string; plural: string },
    served: boolean,
  ): Promise<void> {
    for (;;) {
      const discovery = await this.#send('GET', `/apis/${group}/${version}`);
      const list = await this.#send('GET', `/apis/${group}/${version}/${plural}`);
      if ([discovery, list].every(({ status }) => (status === 200) === served)) return;
      await sleep(20);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(method: string, path: string, body?: object): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = request(
        `${this.#server}${path}`,
        {
          method,
          agent: this.#agent,
          headers: { ...this.#headers, ...(body && { 'content-type': 'application/json' }) },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            const isJson = response.headers['content-type']?.includes('json');
            resolve({
              status: response.statusCode ?? 0,
              body: (isJson ? JSON.parse(text) : { message: text }) as KubernetesObject,
            });
          });
        },
      );
      sent.on('error', reject);
      sent.end(body && JSON.stringify(body));
    });
  }
}

function collectionOf({ apiVersion, kind, metadata }: KubernetesObject): string {
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const scope = metadata?.namespace ? `/namespaces/${metadata.namespace}` : '';
  return `${root}${scope}/${kind?.toLowerCase()}s`;
}

function unexpected({ status, body }: Answer): Error {
  return new Error(`the API server answered ${status}: ${JSON.stringify(body)}`);
}
