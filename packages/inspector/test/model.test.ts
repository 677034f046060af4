import { createDynamicWatcher } from '@depwatch/dynamic-watcher';
import { createFakeTransport } from '@depwatch/testing';
import { expect, test } from 'vitest';
import { seeds } from '../../../tools/random-tests.ts';
import { History } from '../src/history.ts';
import { Model } from '../src/model.ts';
import type { WatcherRow } from '../src/protocol.ts';
import { configMap, configMapId } from './harness.ts';

/** A generator of numbers below a bound, the same ones for each seed. */
function drawFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
}

test.each(seeds(16))('what is told leads to what a new look shows (seed %i)', async (seed) => {
  const draw = drawFrom(seed);
  const fake = createFakeTransport();
  const { clock } = fake;
  const watcher = createDynamicWatcher({
    transport: fake,
    clock,
    unavailable: 'wait',
    maxConcurrentReconciles: 2,
    ...(seed % 2 === 0 && { minIntervalMs: 300, settleMs: 40 }),
    async reconciler() {
      const what = draw(8);
      if (what === 0) throw new Error('at once');
      const ms = 20 + draw(300);
      if (what < 4) await new Promise((done) => clock.setTimeout(() => done(undefined), ms));
      if (what === 1) throw new Error('later');
      return what === 2 || what === 6 ? { requeueAfterMs: 200 + draw(3000) } : undefined;
    },
  });
  await watcher.start();
  const history = new History();
  const changed = new Set<string>();
  const look = (heard?: (key: string) => void): Model =>
    new Model(watcher, history, { watcher: (key) => heard?.(key), watched() {} });
  watcher.observe((told) => history.hear(told), { types: History.types });
  watcher.observe((told) => model.hear(told));
  const model = look((key) => changed.add(key));
  const rows = new Map<string, WatcherRow>();
  /** As the page has it: what has changed is sent. */
  const send = (): void => {
    for (const key of changed) {
      const row = model.watcherRow(key);
      if (row) rows.set(key, row);
      else rows.delete(key);
    }
    changed.clear();
  };
  const ignore = (): void => {};
  for (let step = 0; step < 200; step += 1) {
    const [by, what] = [configMapId(`app-${draw(6)}`), configMapId(`config-${draw(8)}`)];
    const choice = draw(10);
    if (choice === 0) void watcher.removeWatcher(by).catch(ignore);
    else if (choice < 3) void watcher.addWatcher(by, what).catch(ignore);
    else if (choice === 3) void watcher.addOrUpdateWatcher(by, [what]).catch(ignore);
    else if (choice === 4) watcher.enqueue(by, { afterMs: draw(500) });
    else if (choice === 5) watcher.enqueue(by);
    else if (choice < 9) fake.put(configMap(`config-${draw(8)}`));
    else fake.breakWatches();
    await clock.advance(draw(2) === 0 ? 1 : draw(400));
    send();
    const now = look();
    const wanted = new Map([...now.watchers()].map((key) => [key, now.watcherRow(key)!]));
    const comparable = (of: ReadonlyMap<string, WatcherRow>) =>
      [...of.values()]
        .map((row) => ({
          ...row,
          watches: row.watches.toSorted(),
        }))
        .toSorted((a, b) => (a.key < b.key ? -1 : 1));
    expect(comparable(rows)).toEqual(comparable(wanted));
  }
  const stopped = watcher.stop();
  await clock.advance(1000);
  await stopped;
});
