// The same as program.mjs, configured by client-node.
import { KubeConfig } from '@kubernetes/client-node';
import { createDynamicWatcher } from '@depwatch/dynamic-watcher';

const config = { version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'config' };
const reconciled = Promise.withResolvers();

const kubeConfig = new KubeConfig();
kubeConfig.loadFromCluster();
const watcher = createDynamicWatcher({
  kubeConfig,
  enableCache: true,
  reconciler: () => reconciled.resolve(watcher.getFromCache(config)?.data),
});
await watcher.start();
await watcher.addWatcher(config, config);
const data = await reconciled.promise;
const firstEventMs = performance.now();
const rssMb = process.memoryUsage.rss() / 1e6;
await watcher.stop();

console.log(JSON.stringify({ data, firstEventMs, rssMb }));
