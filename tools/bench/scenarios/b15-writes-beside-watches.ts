import type { WatchEvent } from '@depwatch/core';
import type { K8sTransport } from '@depwatch/k8s-transport';
import { KubeConfig } from '@kubernetes/client-node';

import type { ContestantName } from '../contestants/contestant.ts';
import { now, startCpu } from '../meter.ts';
import { nameOf, namespace } from '../objects.ts';
import { pace } from '../servers/load.ts';
import { quantile } from '../statistics.ts';
import { checkOpenWatches, defineScenario } from './scenario.ts';

/** Writes before anything is measured: without them a run would measure the compiler. */
const warmUp = 500;
const writes = 1_000;
const writesAtOnce = 4;
const watchesAtOnce = 200;

const gvk = { version: 'v1', kind: 'ConfigMap' };
const gvr = { group: '', version: 'v1', resource: 'configmaps', namespaced: true };

/**
 * Patches of objects, a few at once, by a transport that has nothing else to do, then beside watches by name on the same
 * transport, which get an event for each patch, and then alone again: so that a machine whose load changes, changes both.
 */
export const b15 = defineScenario({
  id: 'B15',
  title: 'Writes beside watches',
  server: 'real',
  measures: [
    { key: 'besideP99Ms', label: 'p99 beside watches', unit: 'ms' },
    { key: 'aloneP99Ms', label: 'p99 alone', unit: 'ms' },
    { key: 'besideP50Ms', label: 'p50 beside watches', unit: 'ms' },
    { key: 'aloneP50Ms', label: 'p50 alone', unit: 'ms' },
    { key: 'ratio', label: 'p99 beside ÷ alone', unit: '' },
    { key: 'besideCpuUs', label: 'CPU per write beside', unit: 'µs' },
    { key: 'aloneCpuUs', label: 'CPU per write alone', unit: 'µs' },
  ],
  // The others have no writes, or open a connection for each watch.
  cases: (full) => [sized(full ? 10_000 : 2_000)],
  steps({ params: { watches }, kubeConfig, load }) {
    const config = new KubeConfig();
    config.loadFromString(kubeConfig);
    let transport: K8sTransport | undefined;
    const ending = new AbortController();
    let events = 0;
    let revision = 0;
    const write = async (count: number): Promise<Written> => {
      const times: number[] = [];
      const readCpu = startCpu();
      await pace(count, undefined, writesAtOnce, async (n) => {
        const id = { ...gvk, namespace, name: nameOf(n % watches) };
        const sentMs = now();
        await transport!.patch(id, { data: { revision: `of writes ${++revision}` } });
        times.push(now() - sentMs);
      });
      return { times, cpuMs: readCpu() };
    };
    return {
      async alone() {
        const { createK8sTransport } = await load('k8s-transport');
        transport ??= createK8sTransport({ kubeConfig: config });
        await write(warmUp);
        return write(writes);
      },
      async watch() {
        const { signal } = ending;
        await pace(watches, undefined, watchesAtOnce, async (n) => {
          const query = { gvr, gvk, namespace, name: nameOf(n) };
          const options = { initialEvents: true, signal };
          const watch = transport!.watch(query, options)[Symbol.asyncIterator]();
          // The first burst says that it is accepted, the second one holds the object.
          await watch.next();
          await watch.next();
          void drain(watch, (seen) => (events += seen));
        });
      },
      async beside() {
        await write(warmUp);
        const before = events;
        const written = await write(writes);
        return { ...written, events: events - before };
      },
      endWatches() {
        ending.abort();
      },
      async end() {
        await transport!.close();
      },
    };
  },
  async run({ params: { watches }, server, steps }) {
    await server.load.create(watches);
    const alone = await steps.alone();
    await steps.watch();
    await checkOpenWatches(server, watches);
    const beside = await steps.beside();
    await checkOpenWatches(server, watches);
    // The last ones may be on their way.
    if (beside.events < writes * 0.9)
      throw new Error(`${beside.events} events were seen of ${writes} writes`);
    await steps.endWatches();
    await checkOpenWatches(server, 0);
    const again = await steps.alone();
    await steps.end();
    const times = [...alone.times, ...again.times];
    const [aloneP99Ms, besideP99Ms] = [quantile(times, 0.99), quantile(beside.times, 0.99)];
    return {
      ...{ besideP99Ms, aloneP99Ms, ratio: besideP99Ms / aloneP99Ms },
      ...{ besideP50Ms: quantile(beside.times, 0.5), aloneP50Ms: quantile(times, 0.5) },
      besideCpuUs: (beside.cpuMs / writes) * 1000,
      aloneCpuUs: ((alone.cpuMs + again.cpuMs) / (2 * writes)) * 1000,
    };
  },
});

/** How long each write took, in milliseconds, and the CPU that all did. */
interface Written {
  readonly times: number[];
  readonly cpuMs: number;
}

/** Counts the events of a watch until it ends with its transport. */
async function drain(
  watch: AsyncIterator<readonly WatchEvent[]>,
  counted: (events: number) => void,
): Promise<void> {
  try {
    for (let burst = await watch.next(); !burst.done; burst = await watch.next())
      counted(burst.value.length);
  } catch {
    // That all are open is checked at the end.
  }
}

function sized(watches: number) {
  const contestants: readonly ContestantName[] = ['depwatch'];
  return { label: `${writes} writes, ${watches} watches`, params: { watches }, contestants };
}
