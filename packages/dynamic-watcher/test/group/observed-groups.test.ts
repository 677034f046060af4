import { createFakeTransport, createVirtualClock } from '@depwatch/testing';
import { expect, test, vi } from 'vitest';
import { seeds } from '../../../../tools/random-tests.ts';
import {
  createDynamicWatcher,
  createReconcileGroup,
  objectIdentifierKey,
  type DynamicWatcher,
} from '../../src/index.ts';
import { configMap, configMapId } from '../harness.ts';

interface Place {
  readonly running: boolean;
  readonly isDue: boolean;
}

/** A generator of numbers below a bound, the same ones for each seed. */
function drawFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
}

/** One who looks on at the reconciles of a member, and reads again what it is told of. */
class Onlooker {
  /** What it knows. */
  readonly places = new Map<string, Place>();
  /** What has started and not ended. */
  readonly running = new Set<string>();
  readonly #watcher: DynamicWatcher;
  readonly #told = new Set<string>();

  constructor(watcher: DynamicWatcher) {
    this.#watcher = watcher;
    watcher.observe(
      ({ type, watcher: id }) => {
        const key = objectIdentifierKey(id);
        this.#told.add(key);
        if (type === 'reconcile-started') {
          expect(this.running.has(key), 'it started twice').toBe(false);
          this.running.add(key);
        }
        if (type === 'reconcile-ended')
          expect(this.running.delete(key), 'it ended without a start').toBe(true);
      },
      { types: ['reconcile-queued', 'reconcile-dropped', 'reconcile-started', 'reconcile-ended'] },
    );
  }

  /** What there is. */
  status(): ReadonlyMap<string, Place> {
    const all = this.#watcher.reconcileStatus();
    return new Map(
      all.map(({ watcher, running, queued, dueAt }) => [
        objectIdentifierKey(watcher),
        { running, isDue: queued || dueAt !== undefined },
      ]),
    );
  }

  read(): void {
    const all = this.status();
    for (const key of this.#told) {
      const place = all.get(key);
      if (place) this.places.set(key, place);
      else this.places.delete(key);
    }
    this.#told.clear();
  }
}

test.each(seeds(20))('what a member is told leads to what it shows (seed %i)', async (seed) => {
  const draw = drawFrom(seed);
  const clock = createVirtualClock();
  const error = vi.fn();
  const logger = { debug() {}, info() {}, warn() {}, error };
  await using group = createReconcileGroup({
    clock,
    maxConcurrentReconciles: 1 + draw(3),
    async reconciler() {
      const what = draw(8);
      if (what === 0) throw new Error('at once');
      const ms = 20 + draw(300);
      if (what < 4) await new Promise((done) => clock.setTimeout(() => done(undefined), ms));
      if (what === 1) throw new Error('later');
      return what === 2 || what === 6 ? { requeueAfterMs: 200 + draw(3000) } : undefined;
    },
  });
  const start = async () => {
    const transport = createFakeTransport({ clock });
    const watcher = createDynamicWatcher({
      transport,
      clock,
      logger,
      unavailable: 'wait',
      reconcileGroup: group,
    });
    const onlooker = new Onlooker(watcher);
    await watcher.start();
    return { transport, watcher, onlooker };
  };
  const members = [await start(), await start(), await start()];
  const ignore = (): void => {};
  for (let step = 0; step < 150; step += 1) {
    const member = members[draw(members.length)]!;
    const { transport, watcher } = member;
    const [by, what] = [configMapId(`app-${draw(4)}`), configMapId(`config-${draw(2)}`)];
    const choice = draw(9);
    if (choice < 2) watcher.enqueue(by, { afterMs: draw(2) * draw(500) });
    else if (choice < 4) void watcher.addWatcher(by, what).catch(ignore);
    else if (choice < 5) void watcher.removeWatcher(by).catch(ignore);
    else if (choice < 7) transport.put(configMap(what.name!, { step: `${step}` }));
    else if (choice < 8 && step > 100 && members.length > 1) {
      members.splice(members.indexOf(member), 1);
      await watcher.stop();
    }
    await clock.advance(draw(3) * draw(200));
    for (const { onlooker } of members) {
      onlooker.read();
      expect(onlooker.places).toEqual(onlooker.status());
      const running = [...onlooker.status()].filter(([, place]) => place.running);
      expect([...onlooker.running].toSorted()).toEqual(running.map(([key]) => key).toSorted());
    }
  }
  // A listener's assertions end there.
  expect(error).not.toHaveBeenCalled();
  await Promise.all(members.map(({ watcher }) => watcher.stop()));
  await clock.advance(1000);
});
