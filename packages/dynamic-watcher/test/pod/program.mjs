// A controller as it runs in a pod: nothing but the pod says where its API server is. Prints when its first event was
// there, in milliseconds since the process began, and what it takes of the memory then.
import { createDynamicWatcher } from '@depwatch/dynamic-watcher';

const config = { version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'config' };
const reconciled = Promise.withResolvers();

const watcher = createDynamicWatcher({
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
