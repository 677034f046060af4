import type { ContestantName } from '../contestants/contestant.ts';
import { now, peakRssMb as readPeakRssMb, startCpu } from '../meter.ts';
import { RollCall } from './roll-call.ts';
import { cpuMs, checkOpenWatches, defineScenario, peakRssMb } from './scenario.ts';

const floors = ['undici', 'http2'] as const;

/** As many watchers as objects, each watching one by name; cache off. */
export const b1 = defineScenario({
  id: 'B1',
  title: 'Add by-name watches',
  server: 'real',
  measures: [
    { key: 'wallMs', label: 'until all are live', unit: 'ms' },
    cpuMs,
    { key: 'requests', label: 'requests', unit: '' },
    { key: 'connections', label: 'connections', unit: '' },
    peakRssMb,
  ],
  cases: (full) => [
    ...(full ? [1, 100] : []).map((watches) =>
      sized(watches, ['depwatch', 'client-node', ...floors]),
    ),
    sized(1_000, ['depwatch', 'client-node', ...floors]),
    // client-node would open thousands of sockets.
    ...(full ? [sized(10_000, ['depwatch', ...floors])] : []),
  ],
  steps({ params: { watches }, wire, start }) {
    const told = new RollCall(watches);
    return {
      async add() {
        const contestant = await start({
          cache: false,
          apart: true,
          changed: (watcher) => told.mark(watcher),
        });
        const readCpu = startCpu();
        const startedAt = now();
        await Promise.all(
          Array.from({ length: watches }, (_, index) => contestant.add(index, index)),
        );
        return {
          wallMs: now() - startedAt,
          cpuMs: readCpu(),
          requests: wire.requests,
          connections: wire.openSockets,
        };
      },
      async finish() {
        await told.everybody;
        return readPeakRssMb();
      },
    };
  },
  async run({ params: { watches }, server, steps }) {
    await server.load.create(watches);
    const figures = await steps.add();
    const rssMb = await steps.finish();
    await checkOpenWatches(server, watches);
    return { ...figures, rssMb };
  },
});

function sized(watches: number, contestants: readonly ContestantName[]) {
  return { label: `${watches} watches`, params: { watches }, contestants };
}
