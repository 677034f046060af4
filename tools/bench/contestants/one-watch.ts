import type { ObjectMeta, WatchEvent } from '@depwatch/core';
import { createK8sTransport } from '@depwatch/k8s-transport';
import { KubeConfig } from '@kubernetes/client-node';

import { indexOf, namespaceOf } from '../objects.ts';
import type { Contestant, ContestantOptions } from './contestant.ts';

const gvk = { version: 'v1', kind: 'ConfigMap' };
const gvr = { group: '', version: 'v1', resource: 'configmaps', namespaced: true };

/** The least that a shared watch costs: one of the namespace, or of all, which is told on by names and never made again. */
export async function start({
  kubeConfig,
  cache,
  place,
  changed,
}: ContestantOptions): Promise<Contestant> {
  const config = new KubeConfig();
  config.loadFromString(kubeConfig);
  const transport = createK8sTransport({ kubeConfig: config });
  const ending = new AbortController();
  const watchers = new Map<number, Set<number>>();
  const versions = new Map<number, number>();
  let live: Promise<void> | undefined;

  const take = ({ type, object }: Exclude<WatchEvent, { type: 'BOOKMARK' }>): void => {
    const { name, resourceVersion } = object.metadata!;
    const index = indexOf(name!);
    if (type === 'DELETED') versions.delete(index);
    else versions.set(index, Number(resourceVersion));
    for (const watcher of watchers.get(index) ?? []) changed(watcher);
  };
  const open = (): Promise<void> => {
    const query = {
      ...{ gvr, gvk, metadataOnly: !cache },
      ...((place?.over ?? 1) === 1 && { namespace: namespaceOf(0, place) }),
    };
    const wanted = ({ name }: ObjectMeta): boolean => watchers.has(indexOf(name!));
    const opened = Promise.withResolvers<void>();
    const read = async (): Promise<void> => {
      const { signal } = ending;
      for await (const burst of transport.watch(query, { initialEvents: true, wanted, signal }))
        for (const event of burst) {
          if (event.type !== 'BOOKMARK') take(event);
          else if (event.initialEventsEnd) opened.resolve();
        }
    };
    read().catch(opened.reject);
    return opened.promise;
  };

  return {
    async add(watcher, watched) {
      if (watched === 'all') throw new Error('it is told on by names');
      watchers.set(watched, (watchers.get(watched) ?? new Set()).add(watcher));
      await (live ??= open());
    },
    async remove(watcher) {
      for (const [watched, all] of watchers)
        if (all.delete(watcher) && all.size === 0) watchers.delete(watched);
    },
    version: (index) => versions.get(index) ?? Number.NaN,
    seen: () => Math.max(...versions.values()),
    logLines: 0,
    async close() {
      ending.abort();
      await transport.close();
    },
  };
}
