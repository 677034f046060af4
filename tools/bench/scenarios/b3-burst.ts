import assert from 'node:assert/strict';

import type { Contestant, ContestantName } from '../contestants/contestant.ts';
import { now, startCpu } from '../meter.ts';
import { defineScenario } from './scenario.ts';
import { lastVersions } from './sightings.ts';

const writesPerObject = 10;

/** One watcher of many objects by name, all of which change in a burst, several times; cache on. */
export const b3 = defineScenario({
  id: 'B3',
  title: 'Many watched by one, in a burst',
  server: 'in-process',
  measures: [
    { key: 'eventMs', label: 'time per event', unit: 'ms' },
    { key: 'eventsPerSecond', label: 'events per second', unit: '' },
    { key: 'cpuUs', label: 'CPU per event', unit: 'µs' },
  ],
  cases: (full) => [
    sized(1_000, ['depwatch', ...(full ? (['client-node'] as const) : []), 'undici', 'http2']),
    ...(full ? [sized(10_000, ['depwatch', 'undici', 'http2'])] : []),
  ],
  steps({ params: { watched }, start }) {
    let contestant: Contestant;
    let readCpu = startCpu();
    let lastMs = 0;
    /** What is yet to be seen, the next one last. */
    let missing: [index: number, version: number][] | undefined;
    const done = Promise.withResolvers<void>();
    const look = (): void => {
      while (missing!.length > 0) {
        const [index, version] = missing!.at(-1)!;
        if (contestant.version(index) < version) return;
        missing!.pop();
      }
      done.resolve();
    };
    return {
      async open() {
        contestant = await start({
          apart: true,
          cache: true,
          changed() {
            lastMs = now();
            if (missing) look();
          },
        });
        await Promise.all(Array.from({ length: watched }, (_, index) => contestant.add(0, index)));
        readCpu = startCpu();
      },
      /** Resolves to the time of the last reconcile, when it could see all of these. */
      async until(versions: [index: number, version: number][]) {
        missing = versions;
        look();
        await done.promise;
        return { lastMs, cpuMs: readCpu() };
      },
    };
  },
  async run({ params: { watched }, server, steps }) {
    await server.load.create(watched);
    await steps.open();
    const count = watched * writesPerObject;
    const writes = await server.load.write({ count, among: watched });
    const { lastMs, cpuMs } = await steps.until(lastVersions(writes));
    const ms = lastMs - writes[0]!.sentMs;
    assert(lastMs > writes.at(-1)!.sentMs, 'the last reconcile comes after the last write');
    return {
      eventMs: ms / count,
      eventsPerSecond: (count / ms) * 1000,
      cpuUs: (cpuMs / count) * 1000,
    };
  },
});

function sized(watched: number, contestants: readonly ContestantName[]) {
  return { label: `${watched} watched`, params: { watched }, contestants };
}
