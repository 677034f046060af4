import { expect } from 'vitest';
import { causesOf, type Scenario } from './lab.ts';

/** When reconciles come, and what users, kinds and stops have to do with it. */
export const reconciling: readonly Scenario[] = [
  {
    name: 'a reconcile that asks for it comes again after requeueAfterMs',
    async run(lab) {
      const started = await lab.start();
      const { watcher, recorder } = started;
      const [app, other] = [lab.id('app'), lab.id('other')];
      recorder.act = ({ name }) => (name === 'app' ? { requeueAfterMs: 100 } : undefined);
      watcher.enqueue(app);
      await lab.until(() => expect(causesOf(started, app)).toHaveLength(1));
      watcher.enqueue(other, { afterMs: 20 });
      await lab.until(() => expect(causesOf(started, app)).toHaveLength(3));
      expect(recorder.calls.slice(0, 3)).toEqual([
        { watcher: 'app', causes: ['enqueued'] },
        { watcher: 'other', causes: ['enqueued'] },
        { watcher: 'app', causes: ['requeue'] },
      ]);
    },
  },
  {
    name: 'a reconcile that fails comes again, until it succeeds; a change does not wait for that',
    async run(lab) {
      const started = await lab.start();
      const { watcher, recorder } = started;
      const app = lab.id('app');
      await watcher.addWatcher(app, lab.id('config'));
      let failures = 3;
      recorder.act = () => {
        if (failures-- > 0) throw new Error('not yet');
      };
      await lab.put('config');
      await lab.until(() => expect(causesOf(started, app)).toHaveLength(4));
      expect(causesOf(started, app)).toEqual(['added', 'retry', 'retry', 'retry']);
      recorder.act = () => {
        throw new Error('never');
      };
      await lab.put('config', { a: '1' });
      await lab.until(() => expect(causesOf(started, app)).toContain('modified'));
    },
  },
  {
    name: 'changes during a reconcile become one more, never one at the same time',
    async run(lab) {
      const started = await lab.start({ enableCache: true, maxConcurrentReconciles: 4 });
      const { watcher, recorder } = started;
      const [app, other] = [lab.id('app'), lab.id('other')];
      const gate = Promise.withResolvers<void>();
      let running = 0;
      let most = 0;
      recorder.act = async ({ name }) => {
        if (name !== 'app') return;
        most = Math.max(most, (running += 1));
        await gate.promise;
        running -= 1;
      };
      await watcher.addWatcher(app, lab.id('config'));
      await watcher.addWatcher(other, lab.id('config'));
      for (let n = 1; n <= 5; n += 1) {
        await lab.put('config', { n: String(n) });
        await lab.until(() => expect(causesOf(started, other)).toHaveLength(n));
      }
      expect(causesOf(started, app)).toHaveLength(1);
      gate.resolve();
      await lab.until(() => expect(causesOf(started, app)).toEqual(['added', 'modified']));
      expect(most).toBe(1);
    },
  },
  {
    name: 'enqueue asks for a reconcile that no watch asked for, now or later',
    async run(lab) {
      const started = await lab.start();
      const { watcher, recorder } = started;
      watcher.enqueue(lab.id('later'), { afterMs: 60 });
      watcher.enqueue(lab.id('now'));
      watcher.enqueue(lab.id('now'));
      await lab.until(() => expect(recorder.calls).toHaveLength(2));
      expect(recorder.calls).toEqual([
        { watcher: 'now', causes: ['enqueued'] },
        { watcher: 'later', causes: ['enqueued'] },
      ]);
      expect(watcher.getWatchCount()).toBe(0);
    },
  },
  {
    name: 'gvkToGvr says how a kind is served',
    async run(lab) {
      const { watcher } = await lab.start();
      const version = 'v1';
      const core = { version, kind: 'ConfigMap' };
      expect(await watcher.gvkToGvr(core)).toEqual({
        group: '',
        version,
        resource: 'configmaps',
        namespaced: true,
      });
      const group = 'rbac.authorization.k8s.io';
      expect(await watcher.gvkToGvr({ group, version, kind: 'ClusterRole' })).toEqual({
        group,
        version,
        resource: 'clusterroles',
        namespaced: false,
      });
      await expect(watcher.gvkToGvr({ ...core, kind: 'Widget' })).rejects.toMatchObject({
        code: 'ERR_NO_VERSIONED_RESOURCE',
      });
      // `pods/eviction` has a kind of its own, and is no resource that could be watched.
      await expect(
        watcher.gvkToGvr({ group: 'policy', version, kind: 'Eviction' }),
      ).rejects.toMatchObject({ code: 'ERR_NO_VERSIONED_RESOURCE' });
    },
  },
  {
    name: 'a user who may watch one name watches that, and nothing else',
    async run(lab) {
      await lab.put('granted');
      await lab.grant('granted');
      const started = await lab.start({ enableCache: true }, 'viewer');
      const { watcher } = started;
      const app = lab.id('app');
      // A real server takes a moment to know a new role.
      await lab.until(() => watcher.addWatcher(app, lab.id('granted')));
      expect(watcher.getFromCache(lab.id('granted'))).toBeDefined();
      for (const refused of [lab.id('other'), lab.selected('a=b')]) {
        await expect(watcher.addWatcher(lab.id('b'), refused)).rejects.toMatchObject({
          code: 'ERR_FORBIDDEN',
        });
        await expect(
          watcher.addOrUpdateWatcher(app, [lab.id('granted'), refused]),
        ).rejects.toMatchObject({ code: 'ERR_FORBIDDEN' });
      }
      expect(watcher.graph()).toMatchObject({ watchers: [app], watched: [{ name: 'granted' }] });
      await lab.until(() => expect(causesOf(started, app)).toEqual(['initial']));
      await lab.put('granted', { a: '1' });
      await lab.until(() => expect(causesOf(started, app)).toEqual(['initial', 'modified']));
    },
  },
  {
    name: 'stop settles everything that is pending, and nothing is reconciled afterwards',
    async run(lab) {
      const started = await lab.start({ enableCache: true });
      const { watcher, recorder } = started;
      const [app, b, c, d] = ['app', 'b', 'c', 'd'].map((name) => lab.id(name));
      await watcher.addWatcher(app!, lab.id('config'));
      await watcher.startQueryBatch(b!);
      watcher.enqueue(d!, { afterMs: 1 });
      const pending = [
        watcher.addWatcher(app!, lab.id('more')),
        watcher.addOrUpdateWatcher(c!, [lab.id('config'), lab.id('more')]),
        watcher.get(b!, lab.id('other')),
        watcher.endQueryBatch(b!),
        watcher.queryBatch(d!, () => new Promise(() => {})),
        watcher.addWatcher(d!, lab.id('secret', { kind: 'Secret' })),
      ].map((promise) => promise.catch((error: { code: string }) => error.code));
      await watcher.stop();
      expect(await Promise.all(pending)).toEqual(pending.map(() => 'ERR_NOT_STARTED'));
      await watcher.stopped;
      expect(recorder.stops).toBe(1);
      expect(watcher.getWatchCount()).toBe(0);
      const later = await lab.start();
      await later.watcher.addWatcher(app!, lab.id('config'));
      await lab.put('config');
      await lab.until(() => expect(causesOf(later, app!)).toEqual(['added']));
      expect(recorder.calls).toEqual([]);
    },
  },
];
