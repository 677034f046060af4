/** What both floors do with the bytes: split lines, JSON.parse, keep in a Map, call. */
import { StringDecoder } from 'node:string_decoder';

import { nameOf, namespace, selector, type Watched } from '../objects.ts';
import type { Contestant, ContestantOptions } from './contestant.ts';

/** How a floor talks to the server. */
export interface FloorClient {
  /** Sends a request; the result cancels it. */
  get(
    path: string,
    headers: Readonly<Record<string, string>>,
    receive: { data(chunk: Buffer): void; ended(error: Error): void },
  ): () => void;
  close(): Promise<void>;
}

/** Where a kubeconfig leads to. */
export interface Target {
  readonly origin: string;
  readonly ca: Buffer;
}

interface ConfigMapEvent {
  readonly type: string;
  readonly object: {
    readonly message?: string;
    readonly metadata: {
      readonly name: string;
      readonly resourceVersion: string;
      readonly annotations?: Readonly<Record<string, string>>;
    };
  };
}

interface FloorWatch {
  readonly watchers: Set<number>;
  readonly objects: Map<string, ConfigMapEvent['object']>;
  readonly live: Promise<void>;
  readonly cancel: () => void;
}

/** A contestant that watches through `connect`'s client. */
export function startFloor(
  { kubeConfig, cache, changed }: ContestantOptions,
  connect: (target: Target) => FloorClient,
): Contestant {
  const { clusters, users } = JSON.parse(kubeConfig) as {
    clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }];
    users: [{ user: { token: string } }];
  };
  const { server, 'certificate-authority-data': ca } = clusters[0].cluster;
  const client = connect({ origin: server, ca: Buffer.from(ca, 'base64') });
  const headers = {
    authorization: `Bearer ${users[0].user.token}`,
    accept: cache
      ? 'application/json'
      : 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
  };
  const watches = new Map<Watched, FloorWatch>();
  let seen = 0;

  const open = (watched: Watched): FloorWatch => {
    const live = Promise.withResolvers<void>();
    const watchers = new Set<number>();
    const objects: FloorWatch['objects'] = new Map();
    const take = ({ type, object }: ConfigMapEvent): void => {
      if (type === 'ERROR') return live.reject(new Error(object.message));
      const { metadata } = object;
      seen = Number(metadata.resourceVersion);
      if (type === 'BOOKMARK') {
        if (metadata.annotations?.['k8s.io/initial-events-end']) live.resolve();
        return;
      }
      if (cache) objects.set(metadata.name, object);
      for (const watcher of watchers) changed(watcher);
    };
    const decoder = new StringDecoder();
    let rest = '';
    const cancel = client.get(pathOf(watched), headers, {
      data(chunk) {
        const lines = (rest + decoder.write(chunk)).split('\n');
        rest = lines.pop()!;
        for (const line of lines) take(JSON.parse(line) as ConfigMapEvent);
      },
      ended: (error) => live.reject(error),
    });
    const watch = { watchers, objects, live: live.promise, cancel };
    watches.set(watched, watch);
    return watch;
  };

  return {
    async add(watcher, watched) {
      const watch = watches.get(watched) ?? open(watched);
      watch.watchers.add(watcher);
      await watch.live;
    },
    async remove(watcher) {
      for (const [watched, { watchers, cancel }] of watches) {
        if (!watchers.delete(watcher) || watchers.size > 0) continue;
        watches.delete(watched);
        cancel();
      }
    },
    version: (index) =>
      Number(watches.get(index)?.objects.get(nameOf(index))?.metadata.resourceVersion),
    seen: () => seen,
    logLines: 0,
    async close() {
      for (const { cancel } of watches.values()) cancel();
      await client.close();
    },
  };
}

/** The requests that depwatch sends. */
function pathOf(watched: Watched): string {
  const what =
    watched === 'all'
      ? `labelSelector=${encodeURIComponent(selector)}`
      : `fieldSelector=${encodeURIComponent(`metadata.name=${nameOf(watched)}`)}`;
  return `/api/v1/namespaces/${namespace}/configmaps?${what}&watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`;
}
