import { expect } from 'vitest';
import { causesOf, type Scenario } from './lab.ts';

/** How what a watcher depends on is replaced and removed. */
export const changing: readonly Scenario[] = [
  {
    name: 'addOrUpdateWatcher replaces what is watched: what stays goes on, what goes is forgotten',
    async run(lab) {
      const started = await lab.start();
      const { watcher } = started;
      const app = lab.id('app');
      for (const name of ['a', 'b', 'c']) await lab.put(name);
      await watcher.addOrUpdateWatcher(app, [lab.id('a'), lab.id('b')]);
      await lab.until(() => expect(causesOf(started, app)).toEqual(['initial,initial']));
      await watcher.addOrUpdateWatcher(app, [lab.id('b'), lab.id('c')]);
      await lab.until(() => expect(causesOf(started, app)).toEqual(['initial,initial', 'initial']));
      expect(watcher.graph().watched).toMatchObject([{ name: 'b' }, { name: 'c' }]);
      await lab.put('a', { now: 'unheard' });
      await lab.put('b', { now: 'heard' });
      await lab.until(() => expect(causesOf(started, app)).toHaveLength(3));
      expect(causesOf(started, app).at(-1)).toBe('modified');
      expect(watcher.getWatchCount()).toBe(2);
    },
  },
  {
    name: 'an addOrUpdateWatcher that fails leaves everything as it was, and working',
    async run(lab) {
      const started = await lab.start();
      const { watcher } = started;
      const app = lab.id('app');
      await watcher.addWatcher(app, lab.id('a'));
      const before = watcher.graph();
      await expect(
        watcher.addOrUpdateWatcher(app, [lab.id('b'), lab.id('w', { kind: 'Widget' })]),
      ).rejects.toMatchObject({ code: 'ERR_NO_VERSIONED_RESOURCE' });
      await expect(watcher.addOrUpdateWatcher(app, [])).rejects.toMatchObject({
        code: 'ERR_INVALID_INPUT',
      });
      expect(watcher.graph()).toEqual(before);
      await lab.put('b');
      await lab.put('a');
      await lab.until(() => expect(causesOf(started, app)).toEqual(['added']));
    },
  },
  {
    name: 'a watcher that was removed hears nothing more; others of the same object do',
    async run(lab) {
      const started = await lab.start();
      const { watcher } = started;
      const [app, other] = [lab.id('app'), lab.id('other')];
      await watcher.addOrUpdateWatcher(app, [lab.id('a'), lab.id('b')]);
      await watcher.addWatcher(other, lab.id('b'));
      watcher.enqueue(app, { afterMs: 50 });
      await watcher.removeWatcher(app);
      await watcher.removeWatcher(lab.id('unknown'));
      expect(watcher.getWatchCount()).toBe(1);
      watcher.enqueue(other, { afterMs: 100 });
      await lab.put('a');
      await lab.put('b');
      await lab.until(() => expect(causesOf(started, other)).toHaveLength(2));
      expect(causesOf(started, app)).toEqual([]);
    },
  },
  {
    name: 'a watcher may be removed inside its own reconcile, and is not tried again',
    async run(lab) {
      const started = await lab.start();
      const { watcher, recorder } = started;
      const [app, other] = [lab.id('app'), lab.id('other')];
      recorder.act = async (self) => {
        if (self.name !== 'app') return;
        await watcher.removeWatcher(self);
        throw new Error('fails after all');
      };
      await watcher.addWatcher(app, lab.id('a'));
      await watcher.addWatcher(other, lab.id('a'));
      await lab.put('a');
      await lab.until(() => expect(recorder.calls).toHaveLength(2));
      watcher.enqueue(other, { afterMs: 50 });
      await lab.put('a', { x: '1' });
      await lab.until(() => expect(causesOf(started, other)).toHaveLength(3));
      expect(causesOf(started, app)).toEqual(['added']);
      expect(watcher.graph().watchers).toEqual([other]);
    },
  },
  {
    name: 'a watcher may change what it depends on inside its own reconcile',
    async run(lab) {
      const started = await lab.start({ enableCache: true });
      const { watcher, recorder } = started;
      const app = lab.id('app');
      recorder.act = async (self) => {
        const next = watcher.getFromCache<{ data?: { next?: string } }>(app)?.data?.next;
        const more = next ? [lab.id(next)] : [];
        await watcher.addOrUpdateWatcher(self, [app, ...more]);
      };
      await lab.put('app', { next: 'one' });
      await watcher.addWatcher(app, app);
      await lab.until(() => expect(watcher.graph().watched).toEqual([app, lab.id('one')]));
      await lab.put('app', { next: 'two' });
      await lab.until(() => expect(watcher.graph().watched).toEqual([app, lab.id('two')]));
      const before = causesOf(started, app).length;
      await lab.put('two');
      await lab.until(() => expect(causesOf(started, app).slice(before)).toEqual(['added']));
    },
  },
  {
    name: 'removed and added again at once: it is watched, and earlier events are not mixed up',
    async run(lab) {
      const started = await lab.start();
      const { watcher } = started;
      const app = lab.id('app');
      await lab.put('a');
      for (let round = 0; round < 5; round += 1) {
        const added = watcher.addWatcher(app, lab.id('a'));
        if (round < 4) await watcher.removeWatcher(app);
        if (round < 4) await expect(added).rejects.toMatchObject({ code: 'ERR_ABORTED' });
        else await added;
      }
      await lab.until(() => expect(causesOf(started, app)).toEqual(['initial']));
      await lab.put('a', { x: '1' });
      await lab.until(() => expect(causesOf(started, app)).toEqual(['initial', 'modified']));
      expect(watcher.getWatchCount()).toBe(1);
    },
  },
];
