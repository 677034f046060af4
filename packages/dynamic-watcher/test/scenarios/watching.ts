import { expect } from 'vitest';
import { causesOf, type Scenario } from './lab.ts';

const clusterRole = { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole' };

/** What a watcher is reconciled for. */
export const watching: readonly Scenario[] = [
  {
    name: 'by name: an object created, changed, deleted and created again wakes its watcher each time',
    async run(lab) {
      const started = await lab.start();
      const app = lab.id('app');
      await started.watcher.addWatcher(app, lab.id('config'));
      const expected: string[] = [];
      const steps: readonly [string, () => Promise<void>][] = [
        ['added', () => lab.put('config', { a: '1' })],
        ['modified', () => lab.put('config', { a: '2' })],
        ['deleted', () => lab.remove('config')],
        ['added', () => lab.put('config', { a: '3' })],
      ];
      for (const [cause, act] of steps) {
        await act();
        expected.push(cause);
        await lab.until(() => expect(causesOf(started, app)).toEqual(expected));
      }
    },
  },
  {
    name: 'by name: an object that exists reconciles each new watcher of it',
    async run(lab) {
      const started = await lab.start();
      await lab.put('config');
      for (const name of ['first', 'second']) {
        await started.watcher.addWatcher(lab.id(name), lab.id('config'));
        await lab.until(() => expect(causesOf(started, lab.id(name))).toEqual(['initial']));
      }
      expect(started.watcher.getWatchCount()).toBe(1);
      expect(started.recorder.calls).toHaveLength(2);
    },
  },
  {
    name: 'by name: with disableInitialReconcile only changes do',
    async run(lab) {
      const started = await lab.start({ disableInitialReconcile: true });
      await lab.put('config');
      await started.watcher.addWatcher(lab.id('app'), lab.id('config'));
      await started.watcher.addWatcher(lab.id('other'), lab.id('config'));
      await lab.put('config', { a: '1' });
      await lab.until(() => expect(started.recorder.calls).toHaveLength(2));
      expect(causesOf(started, lab.id('app'))).toEqual(['modified']);
      expect(causesOf(started, lab.id('other'))).toEqual(['modified']);
    },
  },
  {
    name: 'by selector: objects that come to match and cease to match wake the watcher, others don’t',
    async run(lab) {
      const started = await lab.start();
      const app = lab.id('app');
      await lab.put('stranger', { tier: 'a', hidden: 'yes' });
      await started.watcher.addWatcher(app, lab.selected('tier in (a,b),!hidden'));
      const expected: string[] = [];
      const steps: readonly [string, Record<string, string>][] = [
        ['added', { tier: 'a' }],
        ['modified', { tier: 'b' }],
        ['deleted', { tier: 'c' }],
        ['added', { tier: 'a' }],
        ['deleted', { tier: 'a', hidden: 'yes' }],
        ['added', { tier: 'b', more: 'yes' }],
      ];
      for (const [index, [cause, labels]] of steps.entries()) {
        // One that never matches, before each that does: were it seen, it would be seen first.
        await lab.put('stranger', { tier: 'a', hidden: String(index) });
        await lab.put('member', labels);
        expected.push(cause);
        await lab.until(() => expect(causesOf(started, app)).toEqual(expected));
      }
    },
  },
  {
    name: 'by selector: without a namespace all namespaces are watched',
    async run(lab) {
      const started = await lab.start({ enableCache: true });
      const app = lab.id('app');
      const everywhere = { version: 'v1', kind: 'ConfigMap', selector: `only=${lab.namespace}` };
      const label = { only: lab.namespace };
      await lab.put('here', label);
      await started.watcher.addWatcher(app, everywhere);
      await lab.until(() => expect(causesOf(started, app)).toEqual(['initial']));
      await lab.put('there', label, `${lab.namespace}-b`);
      await lab.until(() =>
        expect(
          started.watcher.listFromCache(everywhere).map(({ metadata }) => metadata?.namespace),
        ).toEqual([lab.namespace, `${lab.namespace}-b`]),
      );
      await lab.until(() => expect(causesOf(started, app)).toEqual(['initial', 'added']));
    },
  },
  {
    name: 'watchers share the watch of an object, and selectors that mean the same share theirs',
    async run(lab) {
      const started = await lab.start();
      const { watcher, recorder } = started;
      const watchers = ['a', 'b', 'c'].map((name) => lab.id(name));
      await Promise.all(watchers.map((each) => watcher.addWatcher(each, lab.id('config'))));
      expect(watcher.getWatchCount()).toBe(1);
      await watcher.addWatcher(watchers[0]!, lab.selected('x=1,y in (2)'));
      await watcher.addWatcher(watchers[1]!, lab.selected('y==2, x in (1)'));
      expect(watcher.getWatchCount()).toBe(2);
      await lab.put('config');
      await lab.until(() => expect(recorder.calls).toHaveLength(3));
      expect(new Set(recorder.calls.map((call) => call.watcher))).toEqual(new Set(['a', 'b', 'c']));
      await watcher.removeWatcher(watchers[0]!);
      await watcher.removeWatcher(watchers[1]!);
      expect(watcher.getWatchCount()).toBe(1);
      await lab.put('config', { a: '1' });
      await lab.until(() => expect(recorder.calls).toHaveLength(4));
      expect(recorder.calls[3]).toEqual({ watcher: 'c', causes: ['modified'] });
    },
  },
  {
    name: 'one watcher of several kinds is woken by each of them, and by nothing twice',
    async run(lab) {
      const started = await lab.start();
      const app = lab.id('app');
      const secret = lab.id('secret', { kind: 'Secret' });
      const deployments = {
        group: 'apps',
        version: 'v1',
        kind: 'Deployment',
        namespace: lab.namespace,
        selector: 'of=app',
      };
      await started.watcher.addOrUpdateWatcher(app, [lab.id('config'), secret, deployments]);
      await started.watcher.addWatcher(app, secret);
      expect(started.watcher.getWatchCount()).toBe(3);
      await lab.put('config');
      await lab.until(() => expect(causesOf(started, app)).toHaveLength(1));
      const metadata = { name: 'secret', namespace: lab.namespace };
      await lab.putObject({ apiVersion: 'v1', kind: 'Secret', metadata });
      await lab.until(() => expect(causesOf(started, app)).toEqual(['added', 'added']));
    },
  },
  {
    name: 'a cluster-scoped kind ignores the namespace that it is given, everywhere alike',
    async run(lab) {
      const started = await lab.start({ enableCache: true });
      const { watcher } = started;
      const app = lab.id('app');
      const role = { ...clusterRole, name: lab.namespace };
      await watcher.addWatcher(app, { ...role, namespace: lab.namespace });
      await watcher.addWatcher(lab.id('other'), role);
      expect(watcher.getWatchCount()).toBe(1);
      const apiVersion = 'rbac.authorization.k8s.io/v1';
      await lab.putObject({ apiVersion, kind: 'ClusterRole', metadata: { name: role.name } });
      await lab.until(() => expect(causesOf(started, app)).toEqual(['added']));
      expect(watcher.getFromCache({ ...role, namespace: 'any' })).toBe(watcher.getFromCache(role));
      expect(watcher.getFromCache(role)).toMatchObject({ kind: 'ClusterRole' });
      await lab.remove(role);
      await lab.until(() => expect(causesOf(started, app)).toEqual(['added', 'deleted']));
    },
  },
  {
    name: 'a watcher may watch itself, change itself, and remove itself when it is gone',
    async run(lab) {
      const started = await lab.start({ enableCache: true });
      const { watcher, recorder } = started;
      const app = lab.id('app');
      recorder.act = async (self) => {
        const mine = watcher.getFromCache<{ data?: Record<string, string> }>(self);
        if (!mine) await watcher.removeWatcher(self);
        // Only when it differs: a write that nobody needs could bring back what was removed meanwhile.
        else if (mine.data?.['status'] !== 'seen') await lab.put('app', { status: 'seen' });
      };
      await lab.put('app');
      await watcher.addWatcher(app, app);
      await lab.until(() => expect(causesOf(started, app)).toEqual(['initial', 'modified']));
      await lab.remove('app');
      await lab.until(() => expect(watcher.getWatchCount()).toBe(0));
      expect(causesOf(started, app)).toEqual(['initial', 'modified', 'deleted']);
    },
  },
  {
    name: 'two dynamic watchers of one server know nothing of each other',
    async run(lab) {
      const [one, two] = [await lab.start(), await lab.start({ enableCache: true })];
      const app = lab.id('app');
      await Promise.all([one, two].map(({ watcher }) => watcher.addWatcher(app, lab.id('config'))));
      await lab.put('config');
      await lab.until(() => {
        expect(causesOf(one, app)).toEqual(['added']);
        expect(causesOf(two, app)).toEqual(['added']);
      });
      await one.watcher.stop();
      await lab.put('config', { a: '1' });
      await lab.until(() => expect(causesOf(two, app)).toEqual(['added', 'modified']));
      expect(causesOf(one, app)).toEqual(['added']);
      expect([one, two].map(({ watcher }) => watcher.getWatchCount())).toEqual([0, 1]);
    },
  },
  {
    name: 'what can’t be watched is refused, and leaves nothing behind',
    async run(lab) {
      const { watcher } = await lab.start();
      const app = lab.id('app');
      const add = (rest: object) => watcher.addWatcher(app, { ...lab.id('config'), ...rest });
      await expect(add({ namespace: '' })).rejects.toMatchObject({ code: 'ERR_INVALID_INPUT' });
      await expect(add({ selector: 'a=b' })).rejects.toMatchObject({ code: 'ERR_INVALID_INPUT' });
      await expect(add({ name: '', selector: '=' })).rejects.toMatchObject({
        code: 'ERR_INVALID_INPUT',
      });
      for (const rest of [{ kind: 'Widget' }, { version: 'v9' }, { group: 'example.com' }]) {
        await expect(add(rest)).rejects.toMatchObject({ code: 'ERR_NO_VERSIONED_RESOURCE' });
      }
      expect(watcher.graph()).toEqual({ watchers: [], watched: [], edges: [] });
      expect(watcher.watchStatus()).toEqual([]);
    },
  },
];
