// Run by leaks.test.ts in a process of its own, whose handles are nobody else's: prints what adds and removes over
// HTTP/2 leave behind. That it ends shows that nothing keeps the process alive.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { startApiServer } from '@depwatch/testing';
import { KubeConfig } from '@kubernetes/client-node';
import { createDynamicWatcher, type ObjectIdentifier } from '../../src/index.ts';

const cycles = 2_000;
const atOnce = 50;
const kind = { version: 'v1', kind: 'ConfigMap', namespace: 'default' };
const id = (name: string): ObjectIdentifier => ({ ...kind, name });

/** How many handles and requests keep this process alive, by kind. */
async function activeResources(): Promise<Record<string, number>> {
  // Callbacks that are due anyway are no leak.
  for (let turn = 0; turn < 10; turn += 1) await nextTurn();
  const counts: Record<string, number> = {};
  for (const resource of process.getActiveResourcesInfo()) {
    counts[resource] = (counts[resource] ?? 0) + 1;
  }
  return counts;
}

const server = await startApiServer();
const kubeConfig = new KubeConfig();
kubeConfig.loadFromString(server.kubeConfig);
const before = await activeResources();
const watcher = createDynamicWatcher({
  watchPlan: 'per-object',
  kubeConfig,
  reconciler: () => {},
  enableCache: true,
});
await watcher.start();

const sockets: number[] = [];
for (let start = 0; start < cycles; start += atOnce) {
  await Promise.all(
    Array.from({ length: atOnce }, async (_, index) => {
      const n = start + index;
      const by = id(`w${n}`);
      const add = watcher.addWatcher(by, n % 3 ? id(`o${n}`) : { ...kind, selector: `n=${n}` });
      // Some are removed before they are live.
      if (n % 5 === 0) add.catch(() => {});
      else await add;
      await watcher.removeWatcher(by);
    }),
  );
  sockets.push(server.requests.openConnections);
}
// The server hears of the end of the last streams a little later than this process has asked for it.
while (server.requests.openWatches() > 0) await nextTurn();
const asked = server.requests.count({ verb: 'watch' });
const { edges, watchers } = watcher.graph();
const statusEntries = watcher.watchStatus().length;
const openWatches = server.requests.openWatches();
await watcher.stop();
await watcher.stopped;
while (server.requests.openConnections > 0) await nextTurn();
const after = await activeResources();
const [first, last] = [sockets[0], sockets.at(-1)];
const held = { openWatches, graph: edges.length + watchers.length, statusEntries };
console.log(JSON.stringify({ cycles, asked, held, sockets: { first, last }, before, after }));
await server.stop();
