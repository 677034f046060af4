import { setTimeout as sleep } from 'node:timers/promises';

import type { Contestant } from '../contestants/contestant.ts';
import { now, peakRssMb as readPeakRssMb, startCpu } from '../meter.ts';
import type { Place } from '../objects.ts';
import { type AnyScenario, type Case, defineScenario, peakRssMb } from './scenario.ts';
import { serverCost, startServerCost } from './server-cost.ts';
import { lastVersions, Sightings } from './sightings.ts';

/** How large a collection is, how much of it is demanded by name, and how often its objects are written to. */
export interface Collection {
  readonly objects: number;
  readonly demanded: number;
  /** Writes, to all objects in turn; 0 for none. */
  readonly perSecond: number;
  readonly seconds: number;
  /** How long that has gone on before it is measured. @default 0 */
  readonly settleSeconds?: number;
}

/** So that what `auto` comes to choose is measured, and not how it begins. */
const unshareAfterMs = 20_000;

/**
 * Some of a collection's objects are watched by name, in each plan, while all of them are written to, again and again. What
 * it takes to come there is measured, and then what each second costs. Cache on, since that is where sharing is dearest: the
 * content of what nobody asked for comes, too.
 */
export function busyCollection(
  scenario: Pick<AnyScenario, 'id' | 'title' | 'onlyByName' | 'inOneTable'> & {
    sizes(full: boolean): readonly Collection[];
  },
): AnyScenario {
  const { sizes, ...rest } = scenario;
  return defineScenario({
    ...rest,
    server: 'real',
    measures: [
      { key: 'cpuMsPerSecond', label: 'CPU', unit: 'ms/s' },
      { key: 'serverCpuMsPerSecond', label: "server's CPU, with the writes", unit: 'ms/s' },
      { key: 'kbPerSecond', label: 'received', unit: 'KB/s' },
      { key: 'watches', label: 'watches', unit: '' },
      { key: 'openMs', label: 'until all are live', unit: 'ms' },
      { key: 'openCpuMs', label: 'CPU until then', unit: 'ms' },
      { key: 'openKb', label: 'received until then', unit: 'KB' },
      ...serverCost.map(({ label, ...measure }) => ({ ...measure, label: `${label}, until then` })),
      peakRssMb,
    ],
    cases: (full): readonly Case<Collection>[] =>
      sizes(full).map((params) => ({
        label: labelOf(params),
        params,
        contestants: ['depwatch', 'per-object', 'shared'],
        rights: { name: 'everywhere', everywhere: true },
      })),
    steps({ params, wire, start }) {
      const sightings = new Sightings();
      let contestant: Contestant;
      let readCpu: () => number;
      let bytes = 0;
      return {
        async open() {
          let open = false;
          contestant = await start({
            cache: true,
            place: placeOf(params),
            ...(params.settleSeconds && { bounds: { unshareAfterMs } }),
            changed(watcher) {
              if (open) sightings.note(watcher, contestant.version(watcher));
            },
          });
          const readOpenCpu = startCpu();
          const startedAt = now();
          const adds = Array.from({ length: params.demanded }, (_, n) => contestant.add(n, n));
          await Promise.all(adds);
          open = true;
          return {
            openMs: now() - startedAt,
            openCpuMs: readOpenCpu(),
            openKb: wire.bytes / 1000,
          };
        },
        infos: () => contestant.infos ?? [],
        begin() {
          bytes = wire.bytes;
          readCpu = startCpu();
        },
        /** Resolves when all of these have been seen. */
        async until(versions: [index: number, version: number][]) {
          await sightings.until(versions);
          return { cpuMs: readCpu(), kb: (wire.bytes - bytes) / 1000, rssMb: readPeakRssMb() };
        },
      };
    },
    async run({ params, server, steps, log }) {
      const { objects, demanded, perSecond, seconds, settleSeconds = 0 } = params;
      const place = placeOf(params);
      await server.load.create(objects, place);
      const readServerCost = await startServerCost(server);
      const figures = await steps.open();
      const cost = await readServerCost();
      const write = (during: number) =>
        perSecond === 0
          ? []
          : server.load.write({ count: perSecond * during, among: objects, perSecond, place });
      await write(settleSeconds);
      (await steps.infos()).forEach(log);
      const watches = await server.openWatches();
      const { cpuMs: before } = await server.usage();
      await steps.begin();
      const startedAt = now();
      const writes = await write(seconds);
      await sleep(Math.max(0, startedAt + seconds * 1000 - now()));
      const seen = lastVersions(writes).filter(([index]) => index < demanded);
      const { cpuMs, kb, rssMb } = await steps.until(seen);
      const took = (now() - startedAt) / 1000;
      // A server that can't take so many writes has not been measured at that rate.
      if (took > seconds * 1.25)
        throw new Error(`the writes of ${seconds} s took ${took.toFixed(1)} s`);
      const { cpuMs: after } = await server.usage();
      return {
        cpuMsPerSecond: cpuMs / took,
        serverCpuMsPerSecond: (after - before) / took,
        kbPerSecond: kb / took,
        watches,
        ...figures,
        ...cost,
        rssMb,
      };
    },
  });
}

/** A namespace for each size, since all that is in one comes with a watch of it. */
function placeOf({ objects }: Collection): Place {
  return { namespace: `bench-${objects}` };
}

function labelOf({ objects, demanded, perSecond }: Collection): string {
  return `${demanded} of ${objects} objects, ${perSecond} writes/s`;
}
