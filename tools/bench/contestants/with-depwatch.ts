import { KubeConfig } from '@kubernetes/client-node';
import type { createDynamicWatcher } from '@depwatch/dynamic-watcher';

import { indexOf, nameOf, namespace, selector, type Watched } from '../objects.ts';
import type { Contestant, ContestantOptions } from './contestant.ts';

const kind = { version: 'v1', kind: 'ConfigMap', namespace };

function identify(watched: Watched) {
  return watched === 'all' ? { ...kind, selector } : { ...kind, name: nameOf(watched) };
}

/** depwatch as its users have it: a KubeConfig of client-node, and defaults but for the cache. */
export async function startWith(
  create: typeof createDynamicWatcher,
  { kubeConfig, cache, changed }: ContestantOptions,
): Promise<Contestant> {
  const config = new KubeConfig();
  config.loadFromString(kubeConfig);
  let logLines = 0;
  const ignore = (): void => {};
  const count = (): void => void (logLines += 1);
  const watcher = create({
    kubeConfig: config,
    enableCache: cache,
    logger: { debug: ignore, info: ignore, warn: count, error: count },
    reconciler: ({ name }) => changed(indexOf(name!)),
  });
  await watcher.start();
  return {
    add: (index, watched) => watcher.addWatcher(identify(index), identify(watched)),
    remove: (index) => watcher.removeWatcher(identify(index)),
    version: (index) => Number(watcher.getFromCache(identify(index))?.metadata?.resourceVersion),
    seen: () => Number(watcher.watchStatus()[0]?.resourceVersion),
    get logLines() {
      return logLines;
    },
    async close() {
      await watcher.stop();
      await watcher.stopped;
    },
  };
}
