// A controller as it runs in a pod: nothing but the pod says where its API server is. Its one object depends on a hundred
// others. Prints when its first reconcile began and when that had read them all, in milliseconds since the process began, and
// what it takes of the memory then.
import { createController } from '@depwatch/controller';

const namespace = 'default';
const reconciled = Promise.withResolvers();
let firstEventMs;

const controller = createController({
  kind: { group: 'example.com', version: 'v1', kind: 'Widget' },
  namespaces: [namespace],
  async reconcile(_, { get }) {
    firstEventMs ??= performance.now();
    const ids = Array.from({ length: 100 }, (_, index) => `dependency-${index}`);
    const objects = await Promise.all(
      ids.map((name) => get({ version: 'v1', kind: 'ConfigMap', namespace, name })),
    );
    reconciled.resolve(objects.filter((object) => object).length);
  },
});
await controller.start();
const data = await reconciled.promise;
const allReadMs = performance.now();
const rssMb = process.memoryUsage.rss() / 1e6;
const watches = controller.watcher.getWatchCount();
await controller.stop();

console.log(JSON.stringify({ data, firstEventMs, allReadMs, rssMb, watches }));
