import { KubeConfig } from '@kubernetes/client-node';
import type { createDynamicWatcher } from '@depwatch/dynamic-watcher';

import { indexOf, nameOf, namespaceOf, selector, type Watched } from '../objects.ts';
import type { Contestant, ContestantOptions } from './contestant.ts';

const kind = { version: 'v1', kind: 'ConfigMap' };

/** depwatch as its users have it: a KubeConfig of client-node, and defaults but for the cache. */
export async function startWith(
  create: typeof createDynamicWatcher,
  { kubeConfig, cache, place, apart, bounds, changed }: ContestantOptions,
  settings: object = apart ? { watchPlan: 'per-object' } : {},
): Promise<Contestant> {
  const identify = (watched: Watched) =>
    watched === 'all'
      ? { ...kind, namespace: namespaceOf(0, place), selector }
      : { ...kind, namespace: namespaceOf(watched, place), name: nameOf(watched) };
  const config = new KubeConfig();
  config.loadFromString(kubeConfig);
  let logLines = 0;
  const infos: string[] = [];
  const ignore = (): void => {};
  const keep = (fields: object, message: string): void =>
    void infos.push(`${message} ${JSON.stringify(fields)}`);
  const count = (): void => void (logLines += 1);
  const watcher = create({
    kubeConfig: config,
    enableCache: cache,
    logger: { debug: ignore, info: keep, warn: count, error: count },
    reconciler: ({ name }) => changed(indexOf(name!)),
    ...(bounds && { watchPlanBounds: bounds }),
    ...settings,
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
    infos,
    async close() {
      await watcher.stop();
      await watcher.stopped;
    },
  };
}
