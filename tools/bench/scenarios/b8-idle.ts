import { setTimeout as sleep } from 'node:timers/promises';

import type { ContestantName } from '../contestants/contestant.ts';
import { peakRssMb as readPeakRssMb, startCpu } from '../meter.ts';
import { RollCall } from './roll-call.ts';
import { checkOpenWatches, defineScenario, peakRssMb } from './scenario.ts';

/**
 * Watches by name on which nothing happens; cache off. What adding them left behind is collected first: one collection
 * takes as much CPU as a minute of the rest.
 */
export const b8 = defineScenario({
  id: 'B8',
  title: 'Idle',
  server: 'real',
  nodeFlags: ['--expose-gc'],
  measures: [
    { key: 'cpuPercent', label: 'CPU', unit: '% of a core' },
    { key: 'requestsPerMinute', label: 'requests per minute', unit: '' },
    peakRssMb,
  ],
  cases: (full) =>
    full
      ? // Long enough for the server's bookmarks and for client-node's reconnects.
        [
          sized(1_000, 90_000, ['depwatch', 'client-node', 'undici']),
          sized(10_000, 90_000, ['depwatch', 'undici']),
        ]
      : [sized(1_000, 5_000, ['depwatch', 'undici'])],
  steps({ params: { watches, idleMs }, wire, start }) {
    const told = new RollCall(watches);
    return {
      async open() {
        const contestant = await start({
          cache: false,
          apart: true,
          changed: (watcher) => told.mark(watcher),
        });
        await Promise.all(
          Array.from({ length: watches }, (_, index) => contestant.add(index, index)),
        );
        await told.everybody;
      },
      async idle() {
        wire.reset();
        told.reset();
        global.gc!();
        const readCpu = startCpu();
        await sleep(idleMs);
        return {
          cpuPercent: (readCpu() / idleMs) * 100,
          requestsPerMinute: (wire.requests * 60_000) / idleMs,
          rssMb: readPeakRssMb(),
        };
      },
      async everybody() {
        await told.everybody;
      },
    };
  },
  async run({ params: { watches }, server, steps }) {
    await server.load.create(watches);
    await steps.open();
    const figures = await steps.idle();
    await checkOpenWatches(server, watches);
    await server.load.write({ count: watches, among: watches });
    await steps.everybody();
    return figures;
  },
});

function sized(watches: number, idleMs: number, contestants: readonly ContestantName[]) {
  return {
    label: `${watches} watches for ${idleMs / 1000} s`,
    params: { watches, idleMs },
    contestants,
  };
}
