import { CoreV1Api, KubeConfig, ListWatch, type V1ConfigMap, Watch } from '@kubernetes/client-node';

import { nameOf, namespace, selector, type Watched } from '../objects.ts';
import type { Contestant, ContestantOptions } from './contestant.ts';

const restartAfterMs = 1_000;

interface Shared {
  readonly informer: ListWatch<V1ConfigMap>;
  readonly live: Promise<void>;
  readonly listeners: Map<number, () => void>;
}

/** Informers, one for each watched thing however many watch it, restarted after errors as its README says. */
export async function start({ kubeConfig, changed }: ContestantOptions): Promise<Contestant> {
  const config = new KubeConfig();
  config.loadFromString(kubeConfig);
  const api = config.makeApiClient(CoreV1Api);
  const informers = new Map<Watched, Shared>();
  let logLines = 0;
  let seen = 0;
  let closed = false;

  const open = (watched: Watched): Shared => {
    const labelSelector = watched === 'all' ? selector : undefined;
    const fieldSelector = watched === 'all' ? undefined : `metadata.name=${nameOf(watched)}`;
    const query = {
      namespace,
      ...(labelSelector !== undefined && { labelSelector }),
      ...(fieldSelector !== undefined && { fieldSelector }),
    };
    const informer = new ListWatch<V1ConfigMap>(
      `/api/v1/namespaces/${namespace}/configmaps`,
      new Watch(config),
      () => api.listNamespacedConfigMap(query),
      false,
      labelSelector,
      fieldSelector,
    );
    informer.on('error', () => {
      logLines += 1;
      if (!closed) setTimeout(() => void informer.start(), restartAfterMs);
    });
    // The informer's own version is still the one before while it calls. Lists come in no order.
    informer.on('change', ({ metadata }) => {
      seen = Math.max(seen, Number(metadata?.resourceVersion));
    });
    const shared = { informer, live: informer.start(), listeners: new Map<number, () => void>() };
    informers.set(watched, shared);
    return shared;
  };

  return {
    async add(watcher, watched) {
      const { informer, live, listeners } = informers.get(watched) ?? open(watched);
      const listener = (): void => changed(watcher);
      listeners.set(watcher, listener);
      informer.on('change', listener);
      await live;
    },
    async remove(watcher) {
      for (const [watched, { informer, listeners }] of informers) {
        const listener = listeners.get(watcher);
        if (!listener) continue;
        informer.off('change', listener);
        listeners.delete(watcher);
        if (listeners.size > 0) continue;
        informers.delete(watched);
        await informer.stop();
      }
    },
    version: (index) =>
      Number(
        informers.get(index)?.informer.get(nameOf(index), namespace)?.metadata?.resourceVersion,
      ),
    seen: () => seen,
    get logLines() {
      return logLines;
    },
    async close() {
      closed = true;
      await Promise.all([...informers.values()].map(({ informer }) => informer.stop()));
    },
  };
}
