import { startCpu } from '../meter.ts';
import { quantile } from '../statistics.ts';
import { RollCall } from './roll-call.ts';
import { cpuMs, defineScenario } from './scenario.ts';

/** So many that most of them find the code compiled, as in a controller that has run for a while. */
const writesPerRun = 21;

/** Many watchers of one object, and a write to it; the first one, and the median of all. Cache off. */
export const b2 = defineScenario({
  id: 'B2',
  title: 'One watched by many',
  server: 'real',
  measures: [
    { key: 'sentMs', label: 'write sent → last reconcile', unit: 'ms' },
    { key: 'firstMs', label: 'the first write sent → last reconcile', unit: 'ms' },
    { key: 'doneMs', label: 'write answered → last reconcile', unit: 'ms' },
    cpuMs,
  ],
  cases: () => [
    {
      label: '10000 watchers',
      params: { watchers: 10_000 },
      contestants: ['depwatch', 'with-metrics', 'with-inspector', 'client-node', 'undici', 'http2'],
    },
  ],
  steps({ params: { watchers }, start }) {
    const told = new RollCall(watchers);
    let readCpu = startCpu();
    return {
      async open() {
        const contestant = await start({ cache: false, changed: (watcher) => told.mark(watcher) });
        // One first, so that all the others join a live watch and have the same begin.
        for (let index = 0; index < watchers; index++) await contestant.add(index, 0);
      },
      /** Forgets who was told so far. */
      arm() {
        told.reset();
        readCpu = startCpu();
      },
      async last() {
        return { lastMs: await told.everybody, cpuMs: readCpu() };
      },
    };
  },
  async run({ server, steps }) {
    await server.load.create(1);
    await steps.open();
    const figures: { sentMs: number; doneMs: number; cpuMs: number }[] = [];
    for (let n = 0; n < writesPerRun; n++) {
      await steps.arm();
      const [write] = await server.load.write({ count: 1, among: 1 });
      const { lastMs, cpuMs: taken } = await steps.last();
      figures.push({
        sentMs: lastMs - write!.sentMs,
        doneMs: lastMs - write!.doneMs,
        cpuMs: taken,
      });
    }
    const median = (key: 'sentMs' | 'doneMs' | 'cpuMs') =>
      quantile(
        figures.map((one) => one[key]),
        0.5,
      );
    const firstMs = figures[0]!.sentMs;
    return { sentMs: median('sentMs'), firstMs, doneMs: median('doneMs'), cpuMs: median('cpuMs') };
  },
});
