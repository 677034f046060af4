import {
  createDynamicWatcher,
  objectIdentifierKey,
  type Clock,
  type DynamicWatcher,
  type KubeConfigLike,
  type KubernetesObject,
  type Transport,
} from '@depwatch/dynamic-watcher';

interface Deployment extends KubernetesObject {
  spec?: { selector?: { matchLabels?: Record<string, string> } };
}

/** What a pod counter needs: a way to the API server, and somebody to tell. */
export type PodCounterOptions = ({ kubeConfig: KubeConfigLike } | { transport: Transport }) & {
  clock?: Clock;
  /** Stands for what a controller does to the world; what it rejects with is tried again. */
  report(deployment: string, pods: number): Promise<void>;
};

/**
 * Reports how many pods each Deployment has that it is told of with `addWatcher(deployment, deployment)`; those that are
 * being deleted don't count.
 */
export function createPodCounter({ report, ...way }: PodCounterOptions): DynamicWatcher {
  const reported = new Map<string, number>();
  const dynamicWatcher = createDynamicWatcher({
    ...way,
    enableCache: true,
    reconciler: async (id) => {
      const count = await dynamicWatcher.queryBatch(id, async (batch) => {
        const labels = (await batch.get<Deployment>(id))?.spec?.selector?.matchLabels;
        if (!labels) return 0;
        const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
        const pods = { version: 'v1', kind: 'Pod', selector: selector.join() };
        const found = await batch.list({
          ...pods,
          ...(id.namespace && { namespace: id.namespace }),
        });
        return found.filter(({ metadata }) => !metadata?.deletionTimestamp).length;
      });
      const key = objectIdentifierKey(id);
      if (reported.get(key) === count) return;
      await report(id.name!, count);
      reported.set(key, count);
    },
  });
  return dynamicWatcher;
}
