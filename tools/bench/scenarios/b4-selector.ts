import { setTimeout as sleep } from 'node:timers/promises';

import type { Contestant } from '../contestants/contestant.ts';
import { peakRssMb as readPeakRssMb, startAllocations, startCpu } from '../meter.ts';
import { type Case, defineScenario, peakRssMb } from './scenario.ts';
import { latencies, Sightings } from './sightings.ts';

/**
 * Updates before anything is measured, without which a run would measure the compiler: as fast as they come, and then one
 * by one, since what comes in bursts takes other paths.
 */
const warmUp = { inBursts: 5_000, oneByOne: 2_000 };
/** The lag is taken of so many updates at most. */
const mostLookedAt = 2_000;

interface Params {
  readonly objects: number;
  readonly updates: number;
  /** Undefined: as many as the server takes. */
  readonly perSecond?: number;
}

/**
 * One watcher of a label selector that matches 10,000 objects, which are updated at a steady rate; cache on. First the
 * CPU is measured, with a reconciler that does nothing, then the lag, with one that asks what is seen.
 */
export const b4 = defineScenario({
  id: 'B4',
  title: 'Updates under a selector',
  server: 'in-process',
  measures: [
    { key: 'cpuUs', label: 'CPU per event', unit: 'µs' },
    { key: 'p50Ms', label: 'lag p50', unit: 'ms' },
    { key: 'p99Ms', label: 'lag p99', unit: 'ms' },
    { key: 'bytes', label: 'heap allocated per event', unit: 'bytes' },
    peakRssMb,
  ],
  cases: (full): Case<Params>[] => [
    {
      label: '10000 objects, 1000 updates/s',
      params: { objects: 10_000, perSecond: 1_000, updates: full ? 10_000 : 1_500 },
      contestants: ['depwatch', 'with-metrics', 'with-inspector', 'client-node', 'undici', 'http2'],
    },
  ],
  steps({ start }) {
    const sightings = new Sightings();
    let looks = false;
    let contestant: Contestant;
    let readCpu = startCpu();
    let readAllocations: () => number;
    const reached = async (version: number): Promise<void> => {
      while (contestant.seen() < version) await sleep(5);
    };
    return {
      async open() {
        contestant = await start({
          cache: true,
          changed() {
            if (looks) sightings.note(0, contestant.seen());
          },
        });
        await contestant.add(0, 'all');
      },
      async begin(version: number) {
        await reached(version);
        readAllocations = startAllocations();
        readCpu = startCpu();
      },
      /** Resolves to what it took to see that version; from then on what is seen is noted. */
      async taken(version: number) {
        await reached(version);
        looks = true;
        return { cpuMs: readCpu(), bytes: readAllocations(), rssMb: readPeakRssMb() };
      },
      async until(version: number) {
        return sightings.until([[0, version]]);
      },
    };
  },
  async run({ params: { objects, perSecond, updates }, server, steps }) {
    await server.load.create(objects);
    await steps.open();
    const update = (count: number) =>
      server.load.write({
        count,
        among: objects,
        ...(perSecond !== undefined && { perSecond }),
      });
    await server.load.write({ count: warmUp.inBursts, among: objects });
    const warm = await update(warmUp.oneByOne);
    await steps.begin(warm.at(-1)!.version);
    const last = (await update(updates)).at(-1)!;
    const { cpuMs, bytes, rssMb } = await steps.taken(last.version);
    const looked = await update(Math.min(updates, mostLookedAt));
    const writes = looked.map((write) => ({ ...write, index: 0 }));
    const sightings = await steps.until(writes.at(-1)!.version);
    return {
      cpuUs: (cpuMs / updates) * 1000,
      ...latencies(writes, sightings),
      bytes: bytes / updates,
      rssMb,
    };
  },
});
