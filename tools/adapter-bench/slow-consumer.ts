import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import type { ObjectIdentifier, Reconciler } from '../../packages/core/src/index.ts';
import { configMap, configMapId, startBench } from './bench.ts';

/** What a consumer that is too slow has seen. */
export interface SlowConsumerFigures {
  readonly written: number;
  readonly reconciles: number;
  /** How many reconciles the adapter held at most. */
  readonly mostHeld: number;
  /** By watcher: the last change of what it depends on, as it was written and as the consumer saw it. */
  readonly lastWritten: Record<string, string>;
  readonly lastSeen: Record<string, string>;
  readonly peakRssBeforeMiB: number;
  readonly peakRssMiB: number;
}

/**
 * Runs a script that calls `measureSlowConsumer`, in a process of its own for its peak RSS, and prints the figures.
 *
 * @param script its path; it is given `changes` as its argument
 */
export async function slowConsumerFigures(
  script: string,
  changes: number,
): Promise<SlowConsumerFigures> {
  const args = ['--conditions=@depwatch/source', script, String(changes)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const figures = JSON.parse(stdout) as SlowConsumerFigures;
  const { written, reconciles, peakRssMiB, peakRssBeforeMiB } = figures;
  console.log(
    `${written} events written, ${reconciles} reconciles run; peak RSS ${peakRssMiB} MiB, before the changes ${peakRssBeforeMiB}`,
  );
  return figures;
}

/**
 * Makes changes, 1 ms apart, to what 10 watchers depend on, while their consumer takes 100 ms for each item, all in
 * virtual time. How many is this process's argument; what was seen is printed as JSON.
 *
 * @param consume has `work` called with each item's watcher, and waits for it; may resolve when the adapter ends
 */
export async function measureSlowConsumer(
  adapter: Reconciler,
  consume: (work: (watcher: ObjectIdentifier) => Promise<void>) => Promise<void> | void,
): Promise<void> {
  const written = Number(process.argv[2]);
  const bench = await startBench(adapter, { enableCache: true });
  const { fake, watcher } = bench;
  const names = Array.from({ length: 10 }, (_, index) => `app-${index}`);
  const configOf = (name: string): string => `config-of-${name}`;

  let reconciles = 0;
  const lastSeen: Record<string, string | undefined> = {};
  const consumed = consume(async ({ name }) => {
    reconciles += 1;
    const config = watcher.getFromCache<{ data: { n: string } }>(configMapId(configOf(name!)));
    lastSeen[name!] = config?.data.n;
    await new Promise<void>((resolve) => fake.clock.setTimeout(resolve, 100));
  });

  for (const name of names) {
    fake.put(configMap(configOf(name), { n: 'none' }));
    await watcher.addWatcher(configMapId(name), configMapId(configOf(name)));
  }
  const peakRssBeforeMiB = peakRss();
  const lastWritten: Record<string, string> = {};
  for (let change = 0; change < written; change++) {
    const name = names[change % names.length]!;
    lastWritten[name] = String(change);
    fake.put(configMap(configOf(name), { n: lastWritten[name] }));
    await bench.settle(1);
    // The fake remembers every version unless it is told otherwise.
    if (change % 100 === 99) fake.compact();
  }
  await bench.settle(2_000);
  await bench[Symbol.asyncDispose]();
  await consumed;

  const { mostHeld } = bench;
  const seen = { written, reconciles, mostHeld, lastWritten, lastSeen };
  console.log(JSON.stringify({ ...seen, peakRssBeforeMiB, peakRssMiB: peakRss() }));
}

function peakRss(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}
