import { DepwatchError, type KubernetesStatus } from '@depwatch/core';
import { expect } from 'vitest';
import type { FaultCase } from './fault-case.ts';

const notFound: KubernetesStatus = {
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  reason: 'NotFound',
  code: 404,
};
const sincere = 'it says nothing of the kind';

/** What one request, one kind or something on the way does wrong, while the server is up and everything is there. */
export const healthCases: readonly FaultCase[] = [
  {
    fault: 'one kind does not answer, and all connections break',
    inject: {
      fake: (fake) => fake.hold({ match: { kind: 'Widget' }, timeoutMs: 10_000 }),
      inProcess: ({ faults }) => faults.hang({ resource: 'widgets' }),
      real: 'in test/real-servers, with an aggregated API and a conversion webhook that hang',
    },
    async expect(stage, inject) {
      const { watcher, ground } = stage;
      await stage.watch();
      await stage.defineWidgets();
      const heal = await inject();
      const add = watcher.addWatcher(stage.id('other'), stage.widget);
      const outcome = add.catch((error: unknown) => error);
      await stage.until(() => expect(stage.counts.discover).toBe(2));
      ground.cut();
      const cutAt = stage.now();
      await stage.put('config', 'meanwhile');
      await stage.wakes(1, 'meanwhile');
      expect(stage.now() - cutAt).toBeLessThan(2500);
      await expect(stage.settled(outcome)).resolves.toMatchObject({ code: 'ERR_TRANSPORT' });
      stage.expectLive();
      expect(stage.lines.filter((line) => /reach/.test(line))).toEqual([]);
      await heal();
      await stage.settled(watcher.addWatcher(stage.id('other'), stage.widget));
    },
  },
  {
    fault: 'one stray 404',
    inject: {
      fake: (fake) => fake.fail({ operation: 'watch', error: notFound, times: 1 }),
      inProcess: ({ faults }) =>
        faults.respond({ status: 404, times: 1, match: { verb: 'watch' } }),
      real: sincere,
    },
    async expect(stage, inject) {
      await stage.watch();
      const heal = await inject();
      stage.ground.cut();
      await stage.retried(1, {});
      await stage.put('config', 'meanwhile');
      await stage.wakes(1, 'meanwhile');
      await heal();
      expect(stage.recorder.calls.slice(1)).toEqual([{ watcher: 'app', causes: ['modified'] }]);
      await stage.delivers('after');
    },
  },
  {
    fault: 'something else answers 404 in its place',
    inject: {
      fake: (fake) =>
        fake.fail({
          error: new DepwatchError('ERR_TRANSPORT', 'an HTML page', {
            retryable: true,
            reason: 'not-kubernetes',
          }),
        }),
      inProcess: ({ faults }) => faults.respond({ status: 404, page: true }),
      real: 'TLS keeps others from answering for it',
    },
    async expect(stage, inject) {
      await stage.watch();
      const heal = await inject();
      stage.ground.cut();
      await stage.until(() =>
        // The one who noticed is the watch, or the probe after the connections were cut.
        expect([...stage.retries.map(({ error }) => error.reason), ...stage.lines]).toContainEqual(
          expect.stringMatching(/not-kubernetes|no Kubernetes API server/),
        ),
      );
      expect(stage.shown()).toBe('before');
      expect(stage.status()?.state).toBe('retrying');
      expect(stage.lines.filter((line) => /reach/.test(line))).toEqual([]);
      await heal();
      await stage.until(() => stage.expectLive());
      expect(stage.recorder.calls).toHaveLength(1);
      await stage.delivers('after');
      expect(stage.recorder.calls.slice(1)).toEqual([{ watcher: 'app', causes: ['modified'] }]);
    },
  },
  {
    fault: 'streaming list that never ends while events go on',
    notShared: 'who is new goes alone before it is found out',
    settings: { requestTimeoutMs: 3000 },
    inject: {
      fake: (fake) => fake.spoil({ bookmarks: 'missing' }),
      inProcess: ({ faults }) => faults.dropBookmarks(),
      real: sincere,
    },
    async expect(stage, inject) {
      await stage.put('config', 'before');
      const heal = await inject();
      let writes = 0;
      const stop = stage.every(100, () => stage.put('config', `write ${(writes += 1)}`));
      await stage.settled(stage.watcher.addWatcher(stage.app, stage.config));
      stop();
      // The streaming list, then a list and a watch.
      expect(stage.counts).toMatchObject({ lists: 2, resumes: 1 });
      await stage.delivers('after');
      await heal();
    },
  },
  {
    fault: 'server restored from a backup',
    inject: {
      fake: (fake) => {
        const backup = fake.resourceVersion;
        return async () => {
          fake.down();
          await fake.clock.advance(1000);
          fake.restore(backup);
          fake.up();
        };
      },
      inProcess: 'its store keeps no backups',
      real: 'in test/real-servers, with its etcd restored',
    },
    async expect(stage, inject) {
      await stage.watch();
      const heal = await inject();
      for (const value of ['a', 'b', 'c']) await stage.delivers(value);
      const { calls } = stage.recorder;
      const known = calls.length;
      await heal();
      const healedAt = stage.now();
      await stage.wakes(known, 'before');
      expect(stage.now() - healedAt).toBeLessThan(10_000);
      await stage.delivers('after');
    },
  },
];
