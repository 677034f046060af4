import {
  createDynamicWatcher,
  createReconcileGroup,
  createSharedWatches,
  type DynamicWatcher,
  type ObjectIdentifier,
} from '@depwatch/dynamic-watcher';
import { createFakeTransport, type VirtualClock } from '@depwatch/testing';
import { describe, expect, test } from 'vitest';
import { seeds } from '../../../tools/random-tests.ts';
import { History } from '../src/history.ts';
import { Model } from '../src/model.ts';
import type { WatchedRow, WatcherRow } from '../src/protocol.ts';
import { configMap, configMapId } from './harness.ts';

type Draw = (below: number) => number;

/** A generator of numbers below a bound, the same ones for each seed. */
function drawFrom(seed: number): Draw {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
}

/** A reconciler that does whatever reconcilers do. */
function anything(draw: Draw, clock: VirtualClock) {
  return async () => {
    const what = draw(8);
    if (what === 0) throw new Error('at once');
    const ms = 20 + draw(300);
    if (what < 4) await new Promise((done) => clock.setTimeout(() => done(undefined), ms));
    if (what === 1) throw new Error('later');
    return what === 2 || what === 6 ? { requeueAfterMs: 200 + draw(3000) } : undefined;
  };
}

/** A page: the rows that it was sent, and those that a new one would be. */
function lookAt(watcher: DynamicWatcher) {
  const history = new History();
  const changed = { watchers: new Set<string>(), watched: new Set<string>() };
  const rows = {
    watchers: new Map<string, WatcherRow>(),
    watched: new Map<string, WatchedRow>(),
  };
  watcher.observe((told) => history.hear(told), { types: History.types });
  watcher.observe((told) => model.hear(told));
  const model = new Model(watcher, history, {
    watcher: (key) => changed.watchers.add(key),
    watched: (key) => changed.watched.add(key),
  });
  const put = <Row>(to: Map<string, Row>, key: string, row: Row | undefined): void =>
    row === undefined ? void to.delete(key) : void to.set(key, row);
  return {
    rows,
    /** As the page has it: what has changed is sent. */
    send(): void {
      model.checkEnded();
      for (const key of changed.watchers) put(rows.watchers, key, model.watcherRow(key));
      for (const key of changed.watched) put(rows.watched, key, model.watchedRow(key));
      changed.watchers.clear();
      changed.watched.clear();
    },
    anew() {
      const now = new Model(watcher, history, { watcher() {}, watched() {} });
      return {
        watchers: new Map([...now.watchers()].map((key) => [key, now.watcherRow(key)!])),
        watched: new Map([...now.watched()].map((key) => [key, now.watchedRow(key)!])),
      };
    },
  };
}

const widget: ObjectIdentifier = {
  group: 'shop.dev',
  version: 'v1',
  kind: 'Widget',
  namespace: 'default',
  name: 'w',
};

describe.each(['alone', 'with watches that are shared', 'in a group'])('%s', (how) => {
  test.each(seeds(4))('what is told leads to what a new look shows (seed %i)', async (seed) => {
    const draw = drawFrom(seed);
    const transport = createFakeTransport();
    const { clock } = transport;
    const reconciler = anything(draw, clock);
    const sharedWatches = createSharedWatches({ transport, clock, enableCache: true });
    const reconcileGroup = createReconcileGroup({ clock, reconciler });
    const start = async () => {
      const spacing = seed % 2 === 0 && { minIntervalMs: 300, settleMs: 40 };
      const common = { clock, unavailable: 'wait', maxConcurrentReconciles: 2 } as const;
      const watcher =
        how === 'alone'
          ? createDynamicWatcher({
              ...common,
              ...spacing,
              transport,
              enableCache: true,
              reconciler,
            })
          : how === 'in a group'
            ? createDynamicWatcher({ clock, transport, enableCache: true, reconcileGroup })
            : createDynamicWatcher({ ...common, sharedWatches, reconciler });
      await watcher.start();
      return { watcher, page: lookAt(watcher) };
    };
    const both = [await start(), await start()];
    const ignore = (): void => {};
    let allow: (() => void) | undefined;
    for (let step = 0; step < 100; step += 1) {
      const { watcher } = both[draw(2)]!;
      const by = configMapId(`app-${draw(5)}`);
      const config = configMapId(`config-${draw(30)}`);
      const { name: _, ...all } = config;
      const what = [widget, { ...all, selector: 'a=b' }, config, config][draw(4)]!;
      const unavailable = draw(2) === 0 ? 'reject' : 'wait';
      const choice = draw(15);
      if (choice === 0) void watcher.removeWatcher(by).catch(ignore);
      else if (choice < 5) void watcher.addWatcher(by, what, { unavailable }).catch(ignore);
      else if (choice === 5) void watcher.addOrUpdateWatcher(by, [what, config]).catch(ignore);
      else if (choice === 6) watcher.enqueue(by, { afterMs: draw(500) });
      else if (choice === 7) watcher.enqueue(by);
      else if (choice === 8)
        void watcher.queryBatch(by, async (batch) => void (await batch.get(config))).catch(ignore);
      else if (choice < 11) transport.put(configMap(config.name!));
      else if (choice === 11) transport.breakWatches();
      else if (choice === 12) {
        allow?.();
        allow = allow ? undefined : transport.deny({ resource: 'configmaps' });
        if (allow) transport.breakWatches();
      } else if (choice === 13)
        for (let index = 0; index < 25; index += 1)
          void watcher.addWatcher(by, configMapId(`config-${index}`)).catch(ignore);
      else await clock.advance(40_000);
      await clock.advance(draw(2) === 0 ? 1 : draw(400));
      for (const { page } of both) {
        page.send();
        const { watchers, watched } = page.anew();
        expect(comparable(page.rows.watchers)).toEqual(comparable(watchers));
        expect(withoutVersions(page.rows.watched)).toEqual(withoutVersions(watched));
      }
    }
    const stopped = Promise.all(both.map(({ watcher }) => watcher.stop()));
    await clock.advance(1000);
    await stopped;
    await reconcileGroup.stop();
  });
});

function comparable(of: ReadonlyMap<string, WatcherRow>) {
  return [...of.values()]
    .map((row) => ({ ...row, watches: row.watches.toSorted() }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

/** The version is that of the last change of a state. */
function withoutVersions(of: ReadonlyMap<string, WatchedRow>) {
  return [...of.values()]
    .map((row) => ({ ...row, resourceVersion: undefined }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
}
