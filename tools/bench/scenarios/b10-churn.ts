import { setTimeout as sleep } from 'node:timers/promises';

import type { Contestant, ContestantName } from '../contestants/contestant.ts';
import { now, startCpu } from '../meter.ts';
import { countOpenWatches, defineScenario } from './scenario.ts';

const objects = 500;
const atOnce = 50;
/** What is left to be done when all is removed has been done after this time. */
const settleMs = 1_000;

/** Watches by name that are added and removed again, over and over; cache on. */
export const b10 = defineScenario({
  id: 'B10',
  title: 'Adds and removes',
  server: 'in-process',
  measures: [
    { key: 'cycleMs', label: 'time per cycle', unit: 'ms' },
    { key: 'cpuUs', label: 'CPU per cycle', unit: 'µs' },
    { key: 'streams', label: 'leaked streams', unit: '' },
    { key: 'timers', label: 'leaked timers', unit: '' },
    { key: 'heapBytes', label: 'heap per cycle', unit: 'bytes' },
  ],
  nodeFlags: ['--expose-gc'],
  // Not the floors: cancelling without a care, they are sent away by the server.
  cases: (full) =>
    full ? [sized(10_000, ['depwatch', 'client-node'])] : [sized(1_000, ['depwatch'])],
  steps({ params: { cycles }, start }) {
    let contestant: Contestant;
    const churn = async (count: number): Promise<void> => {
      let next = 0;
      const worker = async (): Promise<void> => {
        for (let n = next++; n < count; n = next++) {
          await contestant.add(n, n % objects);
          await contestant.remove(n);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, worker));
    };
    /** What is left, when all that was cancelled has gone. */
    const measure = async (): Promise<{ heap: number; timers: number }> => {
      await sleep(settleMs);
      global.gc!();
      const active = process.getActiveResourcesInfo();
      return {
        heap: process.memoryUsage().heapUsed,
        timers: active.filter((type) => type === 'Timeout').length,
      };
    };
    return {
      async churn() {
        contestant = await start({ cache: true, apart: true, changed() {} });
        // What is made once and kept is no leak.
        await churn(cycles);
        const before = await measure();
        const readCpu = startCpu();
        const startedAt = now();
        await churn(cycles);
        const ms = now() - startedAt;
        const cpuMs = readCpu();
        const after = await measure();
        return {
          cycleMs: ms / cycles,
          cpuUs: (cpuMs / cycles) * 1000,
          timers: after.timers - before.timers,
          heapBytes: (after.heap - before.heap) / cycles,
        };
      },
    };
  },
  async run({ server, steps }) {
    await server.load.create(objects);
    const figures = await steps.churn();
    return { ...figures, streams: await countOpenWatches(server, 0) };
  },
});

function sized(cycles: number, contestants: readonly ContestantName[]) {
  return { label: `${cycles} cycles`, params: { cycles }, contestants };
}
