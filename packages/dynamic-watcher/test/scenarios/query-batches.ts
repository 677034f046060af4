import type { ObjectIdentifier } from '@depwatch/core';
import { expect } from 'vitest';
import { causesOf, type Scenario } from './lab.ts';

interface ConfigMap {
  readonly data?: Readonly<Record<string, string>>;
}

/** Reading and depending on what was read, in one. */
export const queryBatches: readonly Scenario[] = [
  {
    name: 'a batch reads objects and sets, depends on them, and causes no reconcile itself',
    async run(lab) {
      const started = await lab.start({ enableCache: true });
      const { watcher } = started;
      const app = lab.id('app');
      await lab.put('a', { x: '1' });
      const batch = await watcher.startQueryBatch(app);
      expect(await batch.get<ConfigMap>(lab.id('a'))).toMatchObject({ data: { x: '1' } });
      expect(await batch.get(lab.id('missing'))).toBeUndefined();
      expect(await batch.list(lab.selected('x=1'))).toHaveLength(1);
      expect(await batch.list(lab.selected('x=2'))).toEqual([]);
      await batch.end();
      expect(watcher.getWatchCount()).toBe(4);
      await lab.put('missing');
      await lab.until(() => expect(causesOf(started, app)).toEqual(['added']));
    },
  },
  {
    name: 'a commit keeps exactly what was asked for',
    async run(lab) {
      const started = await lab.start({ enableCache: true });
      const { watcher } = started;
      const app = lab.id('app');
      const [a, b, c] = [lab.id('a'), lab.id('b'), lab.id('c')];
      await watcher.addOrUpdateWatcher(app, [a, b]);
      await watcher.startQueryBatch(app);
      await Promise.all([watcher.get(app, b), watcher.get(app, c), watcher.get(app, c)]);
      await watcher.endQueryBatch(app);
      expect(watcher.graph().watched).toEqual([b, c]);
      await lab.put('a');
      await lab.put('c');
      await lab.until(() => expect(causesOf(started, app)).toEqual(['added']));
    },
  },
  {
    name: 'a batch that fails keeps the union of what was there and what it asked for',
    async run(lab) {
      const started = await lab.start({ enableCache: true });
      const { watcher } = started;
      const app = lab.id('app');
      const [a, b] = [lab.id('a'), lab.id('b')];
      await watcher.addWatcher(app, a);
      const failure = new Error('half-way');
      const run = watcher.queryBatch(app, async (batch) => {
        await batch.get(b);
        throw failure;
      });
      await expect(run).rejects.toBe(failure);
      expect(watcher.graph().watched).toEqual([a, b]);
      for (const [index, name] of ['a', 'b'].entries()) {
        await lab.put(name);
        await lab.until(() => expect(causesOf(started, app)).toHaveLength(index + 1));
      }
    },
  },
  {
    name: 'an abort restores what was there',
    async run(lab) {
      const started = await lab.start({ enableCache: true });
      const { watcher } = started;
      const app = lab.id('app');
      const [a, b] = [lab.id('a'), lab.id('b')];
      await watcher.addWatcher(app, a);
      const batch = await watcher.startQueryBatch(app);
      await batch.get(b);
      const pending = batch.get(lab.id('c')).catch((error: { code: string }) => error.code);
      await batch.abort();
      expect(await pending).toBe('ERR_ABORTED');
      expect(watcher.graph().watched).toEqual([a]);
      await lab.put('b');
      await lab.put('a');
      await lab.until(() => expect(causesOf(started, app)).toEqual(['added']));
    },
  },
  {
    name: 'batches of different watchers don’t interfere',
    async run(lab) {
      const { watcher } = await lab.start({ enableCache: true });
      const [one, two, three] = [lab.id('one'), lab.id('two'), lab.id('three')];
      const [a, b, c] = [lab.id('a'), lab.id('b'), lab.id('c')];
      for (const each of [one, two, three]) await watcher.addOrUpdateWatcher(each, [a, b]);
      const batches = await Promise.all(
        [one, two, three].map((each) => watcher.startQueryBatch(each)),
      );
      await Promise.all(batches.map((batch) => batch.get(c)));
      await batches[0]!.end();
      await batches[1]!.abort();
      await batches[2]!.get(b);
      await batches[2]!.end();
      const { edges } = watcher.graph();
      const watchedBy = ({ name }: ObjectIdentifier) =>
        new Set(edges.filter((edge) => edge.watcher.name === name).map((edge) => edge.watched));
      expect(watchedBy(one)).toEqual(new Set([c]));
      expect(watchedBy(two)).toEqual(new Set([a, b]));
      expect(watchedBy(three)).toEqual(new Set([b, c]));
      expect(watcher.getWatchCount()).toBe(3);
    },
  },
  {
    name: 'while a batch is in progress its watcher is the batch’s, and nobody else’s',
    async run(lab) {
      const { watcher } = await lab.start({ enableCache: true });
      const app = lab.id('app');
      const a = lab.id('a');
      const notStarted = { code: 'ERR_QUERY_BATCH_NOT_STARTED' };
      const inProgress = { code: 'ERR_QUERY_BATCH_IN_PROGRESS' };
      await expect(watcher.get(app, a)).rejects.toMatchObject(notStarted);
      await expect(watcher.endQueryBatch(app)).rejects.toMatchObject(notStarted);
      const old = await watcher.startQueryBatch(app);
      await expect(watcher.startQueryBatch(app)).rejects.toMatchObject(inProgress);
      await expect(watcher.addWatcher(app, a)).rejects.toMatchObject(inProgress);
      await expect(watcher.addOrUpdateWatcher(app, [a])).rejects.toMatchObject(inProgress);
      await expect(watcher.removeWatcher(app)).rejects.toMatchObject(inProgress);
      await watcher.addWatcher(lab.id('other'), a);
      await old.end();
      await watcher.startQueryBatch(app);
      await expect(old.get(a)).rejects.toMatchObject(notStarted);
      await watcher.removeWatcher(app, { abortBatch: true });
      expect(watcher.graph().watchers).toEqual([lab.id('other')]);
    },
  },
  {
    name: 'a controller that follows references in batches converges, and watches just what it needs',
    async run(lab) {
      const started = await lab.start({ enableCache: true });
      const { watcher, recorder } = started;
      const app = lab.id('app');
      const seen: (string | undefined)[] = [];
      recorder.act = (self) =>
        watcher.queryBatch(self, async (batch) => {
          const root = await batch.get<ConfigMap>(app);
          const to = root?.data?.['to'];
          const target = to ? await batch.get<ConfigMap>(lab.id(to)) : undefined;
          seen.push(target?.data?.['value']);
        });
      watcher.enqueue(app);
      await lab.put('app', { to: 'one' });
      await lab.put('one', { value: '1' });
      await lab.until(() => expect(seen.at(-1)).toBe('1'));
      await lab.put('two', { value: '2' });
      await lab.put('app', { to: 'two' });
      await lab.until(() => expect(seen.at(-1)).toBe('2'));
      await lab.until(() => expect(watcher.graph().watched).toEqual([app, lab.id('two')]));
      await lab.put('two', { value: '3' });
      await lab.until(() => expect(seen.at(-1)).toBe('3'));
      await lab.remove('two');
      await lab.until(() => expect(seen.at(-1)).toBeUndefined());
    },
  },
];
