import { silentLogger } from '@depwatch/core';
import { createVirtualClock } from '@depwatch/testing';
import { expect, test } from 'vitest';
import { seeds } from '../../../../tools/random-tests.ts';
import type { Observation } from '../../src/observe/observation.ts';
import { Observers } from '../../src/observe/observers.ts';
import { configMapId } from '../harness.ts';

const watcher = configMapId('app');
const types = ['reconcile-dropped', 'reconcile-started', 'reconcile-queued'] as const;

/** A generator of numbers below a bound, the same ones for each seed. */
function drawFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
}

interface Listener {
  readonly types: readonly string[];
  /** The first that it is to be told of. */
  readonly from: number;
  readonly heard: number[];
  end(): void;
  /** How many there were when it ended. */
  until: number;
}

test.each(seeds(50))(
  'each is told of all that comes after it, in order, until its end (seed %i)',
  async (seed) => {
    const draw = drawFrom(seed);
    const observers = new Observers(createVirtualClock(), silentLogger);
    const told: string[] = [];
    const listeners: Listener[] = [];
    const tell = (): void => {
      const type = types[draw(types.length)]!;
      const at = told.push(type) - 1;
      const common = { at, watcher, causes: [], attempt: 1, afterMs: 0 };
      observers.tell({ type, ...common } as Observation);
    };
    const act = (self?: Listener): void => {
      const choice = draw(10);
      if (choice < 4 && told.length < 500) tell();
      else if (choice === 4 && listeners.length < 30) join();
      else if (choice === 5)
        (draw(2) === 0 && self ? self : listeners[draw(listeners.length)])?.end();
      else if (choice === 6 && self) throw new Error('no');
    };
    const join = (): void => {
      const asked = types.filter(() => draw(3) > 0);
      const end = observers.observe(
        ({ at }) => {
          listener.heard.push(at);
          act(listener);
        },
        asked.length > 0 ? { types: asked } : {},
      );
      const listener: Listener = {
        types: asked.length > 0 ? asked : types,
        from: told.length,
        heard: [],
        until: Infinity,
        end() {
          end();
          this.until = Math.min(this.until, told.length);
        },
      };
      listeners.push(listener);
    };
    for (let turn = 0; turn < 40; turn += 1) {
      for (let times = draw(6); times > 0; times -= 1) act();
      await new Promise(setImmediate);
    }
    // What listeners cause is told by and by.
    for (let before = -1; before !== told.length;) {
      before = told.length;
      for (let turns = 0; turns < 3; turns += 1) await new Promise(setImmediate);
    }
    for (const { heard, from, until, types: asked } of listeners) {
      const due = [...told.keys()].filter((at) => at >= from && asked.includes(told[at]!));
      // Who ends may have been told of less than there was.
      expect(heard).toEqual(until === Infinity ? due : due.slice(0, heard.length));
      expect(heard.every((at) => at < until)).toBe(true);
    }
  },
);
