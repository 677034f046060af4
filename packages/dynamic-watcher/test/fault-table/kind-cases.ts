import { expect } from 'vitest';
import { everywhere, type FaultCase } from './fault-case.ts';
import type { Stage } from './stage.ts';

type Widget = { spec: { size: number } };

function sizeShown(stage: Stage): number | undefined {
  return stage.watcher.getFromCache<Widget>(stage.widget)?.spec.size;
}

async function watchWidget(stage: Stage): Promise<void> {
  await stage.defineWidgets();
  await stage.putWidget({ size: 1 });
  await stage.settled(stage.watcher.addWatcher(stage.app, stage.widget));
  await stage.until(() => expect(stage.recorder.calls).toHaveLength(1));
  stage.expectLive(stage.widget);
}

/** The kind is gone: its watchers are told so, and the watch waits for it. */
async function isGone(stage: Stage): Promise<void> {
  await stage.until(() => expect(stage.recorder.calls).toHaveLength(2));
  expect(stage.recorder.calls[1]).toEqual({ watcher: 'app', causes: ['deleted'] });
  await isMissed(stage);
}

async function isMissed(stage: Stage): Promise<void> {
  await stage.until(() => {
    expect(sizeShown(stage)).toBeUndefined();
    expect(stage.status(stage.widget)).toMatchObject({
      state: 'retrying',
      watchers: [stage.app],
      lastError: { code: 'ERR_NO_VERSIONED_RESOURCE' },
    });
  });
}

/** The watch is live again, and shows what is written: `size`, then one more. */
async function delivers(stage: Stage, size: number, namespace?: string): Promise<void> {
  for (const shown of [size, size + 1]) {
    const calls = stage.recorder.calls.length;
    await stage.putWidget({ size: shown }, namespace);
    await stage.until(() => {
      stage.expectLive(stage.widget);
      expect(stage.recorder.calls.length).toBeGreaterThan(calls);
      expect(sizeShown(stage)).toBe(shown);
    });
  }
  expect(stage.watcher.getWatchCount()).toBe(1);
}

/** The causes of all reconciles. */
const told = ({ recorder }: Stage): readonly string[] =>
  recorder.calls.flatMap(({ causes }) => causes);

export const kindCases: readonly FaultCase[] = [
  {
    fault: 'kind unknown, and waited for; it goes, and comes back in another scope',
    settings: { unavailable: 'wait' },
    inject: everywhere((stage) => () => stage.defineWidgets()),
    async expect(stage, inject) {
      const { watcher, app, widget } = stage;
      const heal = await inject();
      await stage.settled(watcher.addWatcher(app, widget));
      expect(stage.status(widget)).toMatchObject({
        state: 'pending',
        lastError: { code: 'ERR_NO_VERSIONED_RESOURCE' },
      });
      expect(watcher.getWatchCount()).toBe(0);
      await heal();
      await stage.until(() => expect(told(stage)).toContain('available'));
      await delivers(stage, 1);
      await stage.undefineWidgets();
      await stage.until(() => expect(told(stage)).toContain('unavailable'));
      await stage.defineWidgets({ namespaced: false });
      await stage.until(() =>
        expect(told(stage).filter((type) => type === 'available')).toHaveLength(2),
      );
      await delivers(stage, 3, '');
    },
  },
  {
    fault: 'kind unknown',
    inject: everywhere((stage) => () => stage.defineWidgets()),
    async expect(stage, inject) {
      const { watcher, app, widget, counts } = stage;
      const heal = await inject();
      const add = () => stage.settled(watcher.addWatcher(app, widget));
      await expect(add()).rejects.toMatchObject({ code: 'ERR_NO_VERSIONED_RESOURCE' });
      await expect(add()).rejects.toMatchObject({ code: 'ERR_NO_VERSIONED_RESOURCE' });
      expect(watcher.watchStatus()).toEqual([]);
      expect(counts).toMatchObject({ discover: 2, lists: 0 });
      // Not remembered, so it works at once when the kind is there.
      await heal();
      await add();
      await stage.putWidget({ size: 2 });
      await stage.until(() => expect(stage.recorder.calls).toHaveLength(1));
      expect(sizeShown(stage)).toBe(2);
      expect(counts).toMatchObject({ discover: 3, lists: 1 });
    },
  },
  {
    fault: '404 at add: asked for again once',
    notShared: 'its requests are those of a watch of its own',
    inject: everywhere((stage) => stage.undefineWidgets()),
    async expect(stage, inject) {
      const { watcher, app, widget, counts } = stage;
      await watchWidget(stage);
      await watcher.removeWatcher(app);
      // Known by now, and gone; and then there under another name in URLs.
      await inject();
      const add = () => stage.settled(watcher.addWatcher(app, widget));
      await expect(add()).rejects.toMatchObject({ code: 'ERR_NO_VERSIONED_RESOURCE' });
      expect(counts).toMatchObject({ discover: 2, lists: 2 });
      expect(watcher.watchStatus()).toEqual([]);
      await stage.defineWidgets();
      await add();
      expect(counts).toMatchObject({ discover: 3, lists: 3 });
      await watcher.removeWatcher(app);
      await stage.undefineWidgets();
      await stage.defineWidgets({ plural: 'gadgets' });
      await add();
      expect(counts).toMatchObject({ discover: 4, lists: 5 });
      const calls = stage.recorder.calls.length;
      await stage.putWidget({ size: 3 });
      await stage.until(() => expect(stage.recorder.calls.length).toBeGreaterThan(calls));
      expect(sizeShown(stage)).toBe(3);
    },
  },
  {
    fault: 'CRD deleted while its watch is away, and recreated',
    inject: everywhere(async (stage) => {
      // Away while it goes, the watch is told of no delete, and has to make one of the 404.
      const reconnect = stage.ground.disconnect();
      await stage.undefineWidgets();
      reconnect();
      return () => stage.defineWidgets();
    }),
    async expect(stage, inject) {
      await watchWidget(stage);
      const heal = await inject();
      await isGone(stage);
      await heal();
      await delivers(stage, 2);
    },
  },
  {
    fault: 'CRD deleted while watched, and recreated with another scope',
    inject: everywhere(async (stage) => {
      await stage.undefineWidgets();
      return () => stage.defineWidgets({ namespaced: false });
    }),
    async expect(stage, inject) {
      await watchWidget(stage);
      const heal = await inject();
      await isGone(stage);
      await heal();
      await delivers(stage, 2, '');
      // And back: the watch is again one of its namespace alone.
      await stage.undefineWidgets();
      await isMissed(stage);
      await stage.defineWidgets();
      await stage.putWidget({ size: 100 }, 'kube-system');
      await delivers(stage, 4);
    },
  },
  {
    fault: 'CRD recreated with another scope while its watch is away',
    inject: everywhere(async (stage) => {
      const reconnect = stage.ground.disconnect();
      await stage.undefineWidgets();
      await stage.defineWidgets();
      return reconnect;
    }),
    async expect(stage, inject) {
      await stage.defineWidgets({ namespaced: false });
      await stage.putWidget({ size: 1 }, '');
      await stage.settled(stage.watcher.addWatcher(stage.app, stage.widget));
      expect(sizeShown(stage)).toBe(1);
      const heal = await inject();
      await stage.putWidget({ size: 100 }, 'kube-system');
      await heal();
      const shown: (number | undefined)[] = [];
      const look = async (): Promise<void> => {
        try {
          shown.push(sizeShown(stage));
        } catch {
          // There may be no entry to read, in between.
          shown.push(undefined);
        }
      };
      const stop = stage.every(50, look);
      // Some seconds in which there is none but that of another namespace.
      await stage.until(() => expect(shown.length).toBeGreaterThan(60));
      for (const size of [2, 3]) {
        const calls = stage.recorder.calls.length;
        await stage.putWidget({ size });
        await stage.until(() => {
          expect(stage.recorder.calls.length).toBeGreaterThan(calls);
          expect(sizeShown(stage)).toBe(size);
        });
      }
      stop();
      // Never an object of another namespace.
      expect(shown).not.toContain(100);
      expect(stage.watcher.getWatchCount()).toBe(1);
    },
  },
  {
    fault: 'transient discovery error',
    inject: {
      fake: (fake) => fake.fail({ operation: 'discover', error: { code: 503 }, times: 1 }),
      inProcess: ({ faults }) =>
        faults.respond({ status: 503, times: 1, match: { verb: 'get', resource: '' } }),
      real: 'its discovery fails only when it does',
    },
    async expect(stage, inject) {
      const { watcher, app, config } = stage;
      await inject();
      await stage.settled(watcher.addWatcher(app, config));
      expect(stage.counts).toMatchObject({ discover: 2, lists: 1 });
      await stage.delivers('after');
    },
  },
];
