import { map } from 'rxjs';

import { reconcileEach } from '../src/index.ts';
import { pair, startBench } from './bench.ts';

/** What a run of {@link slowConsumer} saw. */
export interface Figures {
  readonly eventsWritten: number;
  readonly reconcilesRun: number;
  /** How many items were emitted and not yet acknowledged, at the most. */
  readonly itemsHeld: number;
  /** For how many watchers the last change was seen. */
  readonly lastChangesSeen: number;
}

const names = Array.from({ length: 10 }, (_, index) => `app-${index}`);

/**
 * Writes `changes` to what ten watchers depend on, while the consumer sleeps over its first item, or over its first
 * ones.
 */
export async function slowConsumer(changes: number, concurrency = 1): Promise<Figures> {
  await using bench = await startBench(
    {},
    { enableCache: true, maxConcurrentReconciles: concurrency },
  );
  let reconcilesRun = 0;
  let held = 0;
  let itemsHeld = 0;
  const seen = new Map<string, string>();
  const written = new Promise<void>((resolve) => {
    bench.fake.clock.setTimeout(resolve, changes + 1);
  });
  bench.observable
    .pipe(
      map((item) => {
        held += 1;
        itemsHeld = Math.max(itemsHeld, held);
        return item;
      }),
      reconcileEach(async ({ watcher }) => {
        reconcilesRun += 1;
        await written;
        const [, watched] = pair(watcher.name!);
        const config = bench.watcher.getFromCache<{ data: { value: string } }>(watched);
        seen.set(watcher.name!, config!.data.value);
      }),
    )
    .subscribe(() => (held -= 1));

  for (const name of names) await bench.watcher.addWatcher(...pair(name));
  const last = new Map<string, string>();
  for (let change = 0; change < changes; change++) {
    const name = names[change % names.length]!;
    bench.change(pair(name)[1], `${change}`);
    last.set(name, `${change}`);
    await bench.settle(1);
    // The fake remembers all versions, as long as it isn't told otherwise.
    if (change % 100 === 99) bench.fake.compact();
  }
  await bench.settle(1_000);
  return {
    eventsWritten: changes,
    reconcilesRun,
    itemsHeld,
    lastChangesSeen: names.filter((name) => seen.get(name) === last.get(name)).length,
  };
}
