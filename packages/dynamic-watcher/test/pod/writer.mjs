// A controller that writes, in a pod: the watcher and its client share the transport. Prints when its first event was
// there and when its first write was done, in milliseconds since the process began, and what it takes of the memory then.
import { createDynamicWatcher } from '@depwatch/dynamic-watcher';
import { createK8sTransport, inClusterNamespace, loadKubeConfig } from '@depwatch/k8s-transport';

const namespace = inClusterNamespace();
const config = { version: 'v1', kind: 'ConfigMap', namespace, name: 'config' };
const wrote = Promise.withResolvers();
let firstEventMs;

const transport = createK8sTransport({ kubeConfig: await loadKubeConfig() });
const watcher = createDynamicWatcher({
  transport,
  enableCache: true,
  async reconciler() {
    firstEventMs ??= performance.now();
    const { data } = watcher.getFromCache(config);
    const copy = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace, name: 'copy' },
      data,
    };
    wrote.resolve(await transport.create(copy));
  },
});
await watcher.start();
await watcher.addWatcher(config, config);
const { data } = await wrote.promise;
const firstWriteMs = performance.now();
const rssMb = process.memoryUsage.rss() / 1e6;
await watcher.stop();
await transport.close();

console.log(JSON.stringify({ data, firstEventMs, firstWriteMs, rssMb }));
