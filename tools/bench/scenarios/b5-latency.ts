import type { ContestantName } from '../contestants/contestant.ts';
import { startCpu } from '../meter.ts';
import { defineScenario } from './scenario.ts';
import { lastVersions, latencies, Sightings } from './sightings.ts';
import { watchEach } from './watch-each.ts';

/** Writes before anything is measured, as fast as they come: without them a run would measure the compiler. */
const warmUp = 1_500;

interface Params {
  readonly objects: number;
  readonly writes: number;
  /** Undefined: as many as the server takes. */
  readonly perSecond?: number;
}

/** Objects that are each watched by name by one watcher, and written to; cache on. */
export const b5 = defineScenario({
  id: 'B5',
  title: 'From write to reconcile',
  server: 'real',
  measures: [
    { key: 'p50Ms', label: 'p50', unit: 'ms' },
    { key: 'p99Ms', label: 'p99', unit: 'ms' },
    { key: 'cpuUs', label: 'CPU per write', unit: 'µs' },
  ],
  cases: (full) => [
    ...(full
      ? [sized('100 objects, 10 writes/s', { objects: 100, writes: 50, perSecond: 10 })]
      : []),
    sized('100 objects, 200 writes/s', {
      objects: 100,
      writes: full ? 2_000 : 400,
      perSecond: 200,
    }),
    ...(full ? [sized('1000 objects, saturated', { objects: 1_000, writes: 6_000 })] : []),
  ],
  steps({ params: { objects }, start }) {
    const sightings = new Sightings();
    let readCpu = startCpu();
    return {
      async open() {
        await watchEach(start, objects, sightings);
      },
      async warm(versions: [index: number, version: number][]) {
        await sightings.until(versions);
        readCpu = startCpu();
      },
      async until(versions: [index: number, version: number][]) {
        const all = await sightings.until(versions);
        return { cpuMs: readCpu(), sightings: all };
      },
    };
  },
  async run({ params: { objects, writes: count, perSecond }, server, steps }) {
    await server.load.create(objects);
    await steps.open();
    await steps.warm(lastVersions(await server.load.write({ count: warmUp, among: objects })));
    const writes = await server.load.write({
      count,
      among: objects,
      ...(perSecond !== undefined && { perSecond }),
    });
    const { cpuMs, sightings } = await steps.until(lastVersions(writes));
    return { ...latencies(writes, sightings), cpuUs: (cpuMs / count) * 1000 };
  },
});

function sized(label: string, params: Params) {
  const contestants: readonly ContestantName[] = ['depwatch', 'client-node', 'undici', 'http2'];
  return { label, params, contestants };
}
