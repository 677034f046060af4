import assert from 'node:assert/strict';

import type { ContestantName } from '../contestants/contestant.ts';
import { now, peakRssMb as readPeakRssMb, startCpu, startStalls } from '../meter.ts';
import { RollCall } from './roll-call.ts';
import { cpuMs, defineScenario, peakRssMb } from './scenario.ts';

const objects = 50_000;

/** One watcher begins to watch a label selector that matches 50,000 objects, in whole or their metadata alone. */
export const b6 = defineScenario({
  id: 'B6',
  title: 'Cold start of 50,000 objects',
  server: 'in-process',
  measures: [
    { key: 'wallMs', label: 'until live', unit: 'ms' },
    { key: 'stallMs', label: 'longest loop stall', unit: 'ms' },
    { key: 'stallCpuMs', label: 'longest by CPU', unit: 'ms' },
    peakRssMb,
    cpuMs,
  ],
  cases: () => [
    sized('full, cache on', true, ['depwatch', 'client-node', 'undici', 'http2']),
    // client-node's informers know whole objects only.
    sized('metadata, cache off', false, ['depwatch', 'undici', 'http2']),
  ],
  steps({ params: { cache }, start }) {
    const told = new RollCall(1);
    return {
      async open() {
        const contestant = await start({ cache, changed: () => told.mark(0) });
        const readCpu = startCpu();
        const readStalls = startStalls();
        const startedAt = now();
        await contestant.add(0, 'all');
        const wallMs = now() - startedAt;
        await told.everybody;
        const stall = readStalls();
        const figures = {
          wallMs,
          cpuMs: readCpu(),
          stallMs: stall.wallMs,
          stallCpuMs: stall.cpuMs,
          rssMb: readPeakRssMb(),
        };
        told.reset();
        return { figures, seen: contestant.seen() };
      },
      async changed() {
        await told.everybody;
      },
    };
  },
  async run({ server, steps }) {
    await server.load.create(objects);
    const [before] = await server.load.write({ count: 1, among: 1 });
    const { figures, seen } = await steps.open();
    assert(seen >= before!.version, `it is live at version ${seen}, not at ${before!.version}`);
    await server.load.write({ count: 1, among: 1 });
    await steps.changed();
    return figures;
  },
});

function sized(label: string, cache: boolean, contestants: readonly ContestantName[]) {
  return { label, params: { cache }, contestants };
}
