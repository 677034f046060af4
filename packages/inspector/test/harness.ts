import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubernetesObject, ObjectIdentifier, Reconciler } from '@depwatch/core';
import { createDynamicWatcher, type DynamicWatcher } from '@depwatch/dynamic-watcher';
import { createFakeTransport, type FakeTransport } from '@depwatch/testing';
import { createInspector, type Inspector, type InspectorOptions } from '../src/index.ts';
import type { Greeting, Update } from '../src/protocol.ts';

/** A dynamic watcher in virtual time, and its inspector behind a server. */
export interface Bench extends AsyncDisposable {
  readonly fake: FakeTransport;
  readonly watcher: DynamicWatcher;
  readonly inspector: Inspector;
  readonly port: number;
  /** Whose `reconcile` may be replaced. */
  readonly reconciler: Reconciler;
  add(watcher: ObjectIdentifier, watched: ObjectIdentifier): Promise<void>;
  /** Sends a request as it is said. */
  ask(path: string, options?: Asked): Promise<Answer>;
  /** Looks on as the page does. */
  look(path?: string): Promise<Looker>;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** One who looks on: everything heard so far. */
export interface Looker {
  readonly greeting: Greeting;
  readonly updates: readonly Update[];
  readonly response: IncomingMessage;
  /** Resolves once an update fits. */
  until(fits: (update: Update) => boolean): Promise<Update>;
  leave(): Promise<void>;
}

export async function startBench(
  options: InspectorOptions = {},
  objects: readonly KubernetesObject[] = [],
): Promise<Bench> {
  const fake = createFakeTransport({ objects });
  const reconciler: Reconciler = { reconcile() {} };
  const watcher = createDynamicWatcher({
    transport: fake,
    clock: fake.clock,
    unavailable: 'wait',
    reconciler: (id, context) => reconciler.reconcile(id, context),
  });
  const inspector = createInspector(watcher, { clock: fake.clock, ...options });
  const server = await serve(inspector.handler);
  const { port, ask } = server;
  await watcher.start();
  return {
    fake,
    watcher,
    inspector,
    port,
    reconciler,
    async add(by, what) {
      const added = watcher.addWatcher(by, what);
      await fake.clock.advance(1000);
      await added;
    },
    ask,
    look: (path) => look(port, path),
    async [Symbol.asyncDispose]() {
      inspector.close();
      await watcher[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** A server on loopback. */
export async function serve(
  handler: Inspector['handler'],
): Promise<AsyncDisposable & Pick<Bench, 'port' | 'ask'>> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    ask: (path, asked) => request(port, path, asked),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A request of node:http, which sends any header that it is told to, where `fetch` keeps some for itself. */
function request(
  port: number,
  path: string,
  { method = 'GET', headers = {} }: Asked = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { port, path, method, headers: { host: `localhost:${port}`, ...headers } };
    const sent = httpRequest(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, text }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** Looks on as the page does. */
export function look(port: number, path = '/?format=events'): Promise<Looker> {
  const updates: Update[] = [];
  const waiting = new Set<() => void>();
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ port, path, headers: { host: `localhost:${port}` } }, (response) => {
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        const messages = (rest + chunk).split('\n\n');
        rest = messages.pop()!;
        for (const message of messages) {
          const [, event, data] = /^event: (\w+)\ndata: (.*)$/s.exec(message) ?? [];
          if (event === 'greeting') resolve(lookerOf(JSON.parse(data!) as Greeting, response));
          if (event === 'update') updates.push(JSON.parse(data!) as Update);
        }
        for (const check of waiting) check();
      });
      response.on('error', () => {});
    });
    const lookerOf = (greeting: Greeting, response: IncomingMessage): Looker => ({
      greeting,
      updates,
      response,
      until: (fits) =>
        new Promise((found) => {
          const check = (): void => {
            const update = updates.find(fits);
            if (!update) return;
            waiting.delete(check);
            found(update);
          };
          waiting.add(check);
          check();
        }),
      async leave() {
        const closed = new Promise((done) => response.on('close', done));
        sent.destroy();
        await closed;
      },
    });
    sent.on('error', reject);
    sent.end();
  });
}

export function configMap(name: string, namespace = 'default') {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data: { password: 'hunter2' },
  };
}

export function configMapId(name: string, namespace = 'default'): ObjectIdentifier {
  return { version: 'v1', kind: 'ConfigMap', namespace, name };
}
