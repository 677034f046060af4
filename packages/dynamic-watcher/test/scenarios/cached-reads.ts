import type { Cached, KubernetesObject } from '@depwatch/core';
import { expect } from 'vitest';
import { causesOf, type Scenario } from './lab.ts';

interface ConfigMap {
  readonly data?: Readonly<Record<string, string>>;
}

/** What the watches show can be read without asking the server. */
export const cachedReads: readonly Scenario[] = [
  {
    name: 'an object: shown as it is, frozen and shared; undefined when there is none',
    async run(lab) {
      const { watcher } = await lab.start({ enableCache: true });
      const config = lab.id('config');
      await watcher.addWatcher(lab.id('app'), config);
      expect(watcher.getFromCache(config)).toBeUndefined();
      await lab.put('config', { a: '1' });
      await lab.until(() => expect(watcher.getFromCache(config)).toBeDefined());
      const object = watcher.getFromCache<ConfigMap>(config)!;
      expect(object).toMatchObject({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'config', namespace: lab.namespace },
        data: { a: '1' },
      });
      expect(Object.isFrozen(object) && Object.isFrozen(object.data)).toBe(true);
      expect(watcher.getFromCache(config)).toBe(object);
      expect(object).not.toHaveProperty('metadata.managedFields');
      await lab.remove('config');
      await lab.until(() => expect(watcher.getFromCache(config)).toBeUndefined());
    },
  },
  {
    name: 'what nobody watches, and what nobody watches any more, is ERR_NO_CACHE_ENTRY',
    async run(lab) {
      const { watcher } = await lab.start({ enableCache: true });
      const app = lab.id('app');
      await lab.put('config', { x: '1' });
      const none = expect.objectContaining({ code: 'ERR_NO_CACHE_ENTRY' });
      await watcher.addWatcher(app, lab.id('config'));
      expect(() => watcher.getFromCache(lab.id('other'))).toThrowError(none);
      expect(() => watcher.listFromCache(lab.selected('x=1'))).toThrowError(none);
      expect(() => watcher.listWatchedFromCache(lab.id('nobody'))).toThrowError(none);
      expect(watcher.getFromCache(lab.id('config'))).toBeDefined();
      await watcher.removeWatcher(app);
      expect(() => watcher.getFromCache(lab.id('config'))).toThrowError(none);
      expect(() => watcher.listWatchedFromCache(app)).toThrowError(none);
    },
  },
  {
    name: 'a set follows what comes and goes; a list in hand stays as it is',
    async run(lab) {
      const { watcher } = await lab.start({ enableCache: true });
      const query = lab.selected('group=a');
      for (const name of ['one', 'two']) await lab.put(name, { group: 'a' });
      await watcher.addWatcher(lab.id('app'), query);
      const namesIn = (list: readonly Cached<KubernetesObject>[]) =>
        new Set(list.map(({ metadata }) => metadata?.name));
      const held = watcher.listFromCache(query);
      expect(namesIn(held)).toEqual(new Set(['one', 'two']));
      await lab.put('three', { group: 'a' });
      await lab.put('two', { group: 'b' });
      await lab.remove('one');
      await lab.until(() =>
        expect(namesIn(watcher.listFromCache(query))).toEqual(new Set(['three'])),
      );
      expect(namesIn(held)).toEqual(new Set(['one', 'two']));
      expect(Object.isFrozen(held)).toBe(true);
    },
  },
  {
    name: 'all that a watcher depends on, in one list',
    async run(lab) {
      const { watcher } = await lab.start({ enableCache: true });
      const app = lab.id('app');
      await lab.put('a', { n: '1' });
      await lab.put('b', { n: '2' });
      await watcher.addOrUpdateWatcher(app, [lab.selected('n=2'), lab.id('a'), lab.id('missing')]);
      const names = watcher.listWatchedFromCache(app).map(({ metadata }) => metadata?.name);
      expect(names).toEqual(['b', 'a']);
    },
  },
  {
    name: 'a reconcile sees the change that caused it',
    async run(lab) {
      const started = await lab.start({ enableCache: true });
      const { watcher, recorder } = started;
      const [app, config] = [lab.id('app'), lab.id('config')];
      const seen: unknown[] = [];
      recorder.act = () => void seen.push(watcher.getFromCache<ConfigMap>(config)?.data?.['n']);
      await watcher.addWatcher(app, config);
      for (let n = 1; n <= 10; n += 1) {
        await lab.put('config', { n: String(n) });
        await lab.until(() => expect(causesOf(started, app)).toHaveLength(n));
        expect(seen.at(-1)).toBe(String(n));
      }
    },
  },
  {
    name: 'without enableCache every cached read and batch is ERR_CACHE_DISABLED',
    async run(lab) {
      const { watcher } = await lab.start();
      const app = lab.id('app');
      await watcher.addWatcher(app, lab.id('config'));
      const disabled = { code: 'ERR_CACHE_DISABLED' };
      const reads = [
        () => watcher.getFromCache(lab.id('config')),
        () => watcher.listFromCache(lab.selected('x')),
        () => watcher.listWatchedFromCache(app),
      ];
      for (const read of reads) expect(read).toThrowError(expect.objectContaining(disabled));
      await expect(watcher.startQueryBatch(app)).rejects.toMatchObject(disabled);
    },
  },
];
