import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import {
  connect,
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from 'node:net';

import type { DepwatchError, ResourceQuery, WatchEvent } from '@depwatch/core';
import { KubeConfig } from '@kubernetes/client-node';
import { onTestFinished } from 'vitest';

import { createK8sTransport, type K8sTransport, type K8sTransportOptions } from '../src/index.ts';

export const configMaps: ResourceQuery = {
  gvr: { group: '', version: 'v1', resource: 'configmaps', namespaced: true },
  gvk: { version: 'v1', kind: 'ConfigMap' },
  namespace: 'default',
};

/** A ConfigMap of the namespace that {@link configMaps} asks for. */
export function configMap(name: string, data: Record<string, string> = {}) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
}

/** A kubeconfig from a file's text. */
export function kubeConfigFrom(text: string): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(text);
  return kubeConfig;
}

/** A kubeconfig with one cluster and one user, changed from the one that `text` holds. */
export function changedKubeConfig(
  text: string,
  changes: { cluster?: object; user?: object },
): KubeConfig {
  const file = JSON.parse(text) as { clusters: [{ cluster: object }]; users: [{ user: object }] };
  Object.assign(file.clusters[0].cluster, changes.cluster);
  if (changes.user) file.users[0].user = changes.user;
  return kubeConfigFrom(JSON.stringify(file));
}

/** A transport that is closed when the test ends. */
export function transportFor(
  kubeConfig: K8sTransportOptions['kubeConfig'] | string,
  options: Partial<K8sTransportOptions> = {},
): K8sTransport {
  const transport = createK8sTransport({
    kubeConfig: typeof kubeConfig === 'string' ? kubeConfigFrom(kubeConfig) : kubeConfig,
    ...options,
  });
  onTestFinished(() => transport.close());
  return transport;
}

/** What a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<DepwatchError> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome) return outcome.error as DepwatchError;
  throw new Error(`expected a failure, got ${JSON.stringify(outcome.value)}`);
}

type Burst = readonly WatchEvent[];

/** Reads a watch to its end, or until it has so many events. */
export async function eventsOf(
  watch: AsyncIterable<Burst>,
  count = Infinity,
): Promise<WatchEvent[]> {
  const events: WatchEvent[] = [];
  if (count === 0) return events;
  for await (const burst of watch) {
    events.push(...burst);
    if (events.length >= count) break;
  }
  return events;
}

/** Starts a watch and waits for the server to accept it. */
export async function opened(watch: AsyncIterable<Burst>): Promise<AsyncIterator<Burst>> {
  const iterator = watch[Symbol.asyncIterator]();
  await iterator.next();
  return iterator;
}

/** An API server's part in a test, in words of HTTP/1.1 without TLS. It is stopped when the test ends. */
export interface PlainServer {
  readonly url: string;
  readonly kubeConfig: KubeConfig;
  readonly requests: IncomingMessage[];
  readonly connections: () => number;
}

export async function plainServer(listener: RequestListener, basePath = ''): Promise<PlainServer> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    listener(request, response);
  });
  let connections = 0;
  server.on('connection', () => connections++);
  const url = `http://127.0.0.1:${await listen(server)}${basePath}`;
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    { name: 'plain', server: url, skipTLSVerify: false },
    { name: 'someone', token: 'secret-token' },
  );
  return { url, kubeConfig, requests, connections: () => connections };
}

/** Listens on a free port of the loopback address until the test ends. */
export async function listen(server: Server | TcpServer): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** Answers with JSON. */
export function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** A network between a client and a server that can stop to carry anything. */
export interface Relay {
  readonly port: number;
  /** From now on bytes are swallowed in both directions, and nobody is told. */
  swallow(): void;
  /** The same for the connections there are, and for no later ones. */
  swallowPresent(): void;
}

/** Relays connections to a port of the loopback address until the test ends. */
export async function relayTo(port: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  const dead = new Set<Socket>();
  let swallowing = false;
  const server = createTcpServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      const swallowed = () => swallowing || dead.has(from);
      from.on('data', (bytes) => void (swallowed() || to.write(bytes)));
      from.on('close', () => void (swallowed() || to.destroy()));
      from.on('error', () => {});
    }
  });
  const own = await listen(server);
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
  return {
    port: own,
    swallow: () => void (swallowing = true),
    swallowPresent: () => sockets.forEach((socket) => dead.add(socket)),
  };
}
