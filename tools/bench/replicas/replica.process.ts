/**
 * One replica of a controller whose watchers depend on a ConfigMap of their own name each. Writes when its reconciles begin
 * and end, and what it owns, into a file of its own, which outlives it.
 */
import { openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { objectIdentifierKey, type ObjectIdentifier } from '@depwatch/core';
import { createDynamicWatcher } from '@depwatch/dynamic-watcher';
import { createK8sTransport } from '@depwatch/k8s-transport';
import { createReplicas } from '@depwatch/replicas';
import { KubeConfig } from '@kubernetes/client-node';

import type { LogLine } from '../../replicas/reconcile-log.ts';
import { now } from '../meter.ts';
import { nameOf, type Place } from '../objects.ts';
import { kubeConfigVariable, serve } from '../remote.ts';

/** What a replica is told when it is started. */
export interface ReplicaOrder {
  readonly identity: string;
  readonly watchers: number;
  readonly place: Place;
  /** The file. */
  readonly log: string;
  readonly times: {
    readonly leaseDurationMs: number;
    readonly renewDeadlineMs: number;
    readonly retryPeriodMs: number;
  };
}

/** What the process offers. */
export type ReplicaHandlers = {
  readonly pid: () => number;
  /** Resolves when it owns something. */
  join(): Promise<void>;
  /** Hands over, and stops. */
  leave(): Promise<void>;
};

const order = JSON.parse(process.argv[2]!) as ReplicaOrder;
const { identity, watchers, place, times } = order;
const { namespace } = place;
const file = openSync(order.log, 'a');
const write = (line: object): void => {
  writeSync(
    file,
    JSON.stringify({ at: now(), identity, ...line } satisfies Partial<LogLine>) + '\n',
  );
};
const kubeConfig = new KubeConfig();
kubeConfig.loadFromString(process.env[kubeConfigVariable]!);
const transport = createK8sTransport({ kubeConfig });
const replicas = createReplicas({
  client: transport,
  namespace,
  name: 'bench',
  identity,
  ...times,
});
const configOf = (name: string): ObjectIdentifier => ({
  version: 'v1',
  kind: 'ConfigMap',
  namespace,
  name,
});
const watcherOf = (name: string): ObjectIdentifier => ({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  namespace,
  name,
});

const dynamicWatcher = createDynamicWatcher({
  transport,
  enableCache: true,
  ownership: replicas,
  maxConcurrentReconciles: 20,
  reconciler: async (id, { epoch, signal }) => {
    const name = id.name!;
    const saw = Number(dynamicWatcher.getFromCache(configOf(name))?.metadata?.resourceVersion ?? 0);
    write({ type: 'begin', key: name, epoch, saw });
    await sleep(Math.random() * 10);
    const isOwner = replicas.owns(objectIdentifierKey(id)) && !signal.aborted;
    write({ type: 'end', key: name, isOwner });
  },
});
await dynamicWatcher.start();
const keys = new Map<string, string>();
for (let index = 0; index < watchers; index++) {
  const name = nameOf(index);
  keys.set(name, objectIdentifierKey(watcherOf(name)));
  await dynamicWatcher.addWatcher(watcherOf(name), configOf(name));
}
let owned = new Set<string>();
const look = (): void => {
  const before = owned;
  owned = new Set([...keys.keys()].filter((name) => replicas.owns(keys.get(name)!)));
  const gained = [...owned].filter((name) => !before.has(name));
  const lost = [...before].filter((name) => !owned.has(name));
  if (gained.length + lost.length > 0) write({ type: 'owns', gained, lost });
};
replicas.onChange(look);

serve({
  pid: () => process.pid,
  async join() {
    await replicas.start();
    while (owned.size === 0) await sleep(20);
    write({ type: 'joined' });
  },
  async leave() {
    await replicas.stop();
    await dynamicWatcher.stop();
    await transport.close();
  },
} satisfies ReplicaHandlers);
