import { now, peakRssMb as readPeakRssMb, startCpu } from '../meter.ts';
import { nameOf, type Place } from '../objects.ts';
import type { Rights } from '../servers/access.ts';
import { RollCall } from './roll-call.ts';
import { type Case, cpuMs, defineScenario, peakRssMb } from './scenario.ts';
import { serverCost, startServerCost } from './server-cost.ts';

interface Params {
  readonly names: number;
  readonly place: Place;
}

/** As B1, in each plan, on a server that was just started and whose process is looked at, too. Cache off. */
export const b1s = defineScenario({
  id: 'B1s',
  title: 'Add names, apart or together',
  server: 'real',
  measures: [
    { key: 'wallMs', label: 'until all are live', unit: 'ms' },
    { key: 'watches', label: 'watches', unit: '' },
    { key: 'connections', label: 'connections', unit: '' },
    { key: 'requests', label: 'requests', unit: '' },
    cpuMs,
    peakRssMb,
    ...serverCost,
  ],
  cases: (full) => [
    // First, since a watch of the kind has what the others make, too.
    ...(full ? [overNamespaces(10_000, 100)] : []),
    inOneNamespace(full ? 10_000 : 1_000),
    byNames(full ? 10_000 : 1_000),
  ],
  steps({ params: { names, place }, wire, start }) {
    const told = new RollCall(names);
    return {
      async add() {
        const contestant = await start({
          cache: false,
          place,
          changed: (watcher) => told.mark(watcher),
        });
        const readCpu = startCpu();
        const startedAt = now();
        const adds = Array.from({ length: names }, (_, index) => contestant.add(index, index));
        await Promise.all(adds);
        const wallMs = now() - startedAt;
        await told.everybody;
        return {
          figures: {
            wallMs,
            cpuMs: readCpu(),
            requests: wire.requests,
            connections: wire.openSockets,
            rssMb: readPeakRssMb(),
          },
          infos: contestant.infos ?? [],
        };
      },
    };
  },
  async run({ params: { names, place }, server, steps, log }) {
    await server.load.create(names, place);
    const readServerCost = await startServerCost(server);
    const { figures, infos } = await steps.add();
    infos.forEach(log);
    const watches = await server.openWatches();
    return { ...figures, watches, ...(await readServerCost()) };
  },
});

const everywhere: Rights = { name: 'everywhere', everywhere: true };

function inOneNamespace(names: number): Case<Params> {
  const place = { namespace: 'bench-names' };
  return {
    label: `${names} names of one namespace`,
    params: { names, place },
    contestants: ['depwatch', 'per-object', 'shared', 'one-watch'],
    rights: everywhere,
  };
}

function overNamespaces(names: number, over: number): Case<Params> {
  return {
    label: `${names} names over ${over} namespaces`,
    params: { names, place: { namespace: 'bench-over', over } },
    contestants: ['depwatch', 'per-object', 'shared', 'one-watch'],
    rights: everywhere,
  };
}

/** By a user who may watch these names and nothing else. */
function byNames(names: number): Case<Params> {
  return {
    label: `${names} names, by resourceNames`,
    params: { names, place: { namespace: 'bench' } },
    contestants: ['depwatch', 'per-object'],
    rights: {
      name: `names-${names}`,
      verbs: ['list', 'watch'],
      resourceNames: Array.from({ length: names }, (_, index) => nameOf(index)),
    },
  };
}
