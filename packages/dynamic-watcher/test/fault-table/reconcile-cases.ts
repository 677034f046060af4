import { expect } from 'vitest';
import { everywhere, type FaultCase } from './fault-case.ts';

export const reconcileCases: readonly FaultCase[] = [
  {
    fault: 'reconciler throws',
    notShared: 'no watch has to do with it',
    inject: everywhere(({ recorder }) => {
      recorder.act = () => {
        throw new Error('not yet');
      };
      return () => {
        recorder.act = () => {};
      };
    }),
    async expect(stage, inject) {
      const { recorder } = stage;
      await stage.watch();
      const heal = await inject();
      await stage.put('config', 'meanwhile');
      await stage.until(() => expect(recorder.calls.length).toBeGreaterThanOrEqual(4));
      expect(recorder.calls[1]).toEqual({ watcher: 'app', causes: ['modified'] });
      expect(recorder.calls[2]).toEqual({ watcher: 'app', causes: ['retry'] });
      stage.expectLive();
      expect(stage.status()?.lastError).toBeUndefined();
      await heal();
      await stage.until(() => expect(stage.shown()).toBe('meanwhile'));
      await stage.delivers('after');
      expect(stage.counts).toMatchObject({ lists: 1, resumes: 0 });
    },
  },
  {
    fault: 'reconciler hangs',
    notShared: 'no watch has to do with it',
    settings: { maxConcurrentReconciles: 2, reconcileTimeoutMs: 300 },
    inject: everywhere(({ recorder }) => {
      recorder.act = ({ name }, { signal }) => {
        if (name !== 'app') return;
        const { promise, reject } = Promise.withResolvers<void>();
        signal.addEventListener('abort', () => reject(new Error('took too long')));
        return promise;
      };
      return () => {
        recorder.act = () => {};
      };
    }),
    async expect(stage, inject) {
      const { recorder, watcher } = stage;
      await stage.watch();
      const heal = await inject();
      await stage.put('config', 'meanwhile');
      await stage.until(() => expect(recorder.calls).toHaveLength(2));
      // Another watcher goes on while that one hangs.
      const other = stage.id('another');
      await stage.settled(watcher.addWatcher(other, stage.config));
      await stage.until(() =>
        expect(recorder.calls).toContainEqual({ watcher: 'another', causes: ['initial'] }),
      );
      await heal();
      await stage.until(() =>
        expect(recorder.calls).toContainEqual({ watcher: 'app', causes: ['retry'] }),
      );
      expect(stage.status()?.state).toBe('live');
      const calls = recorder.calls.length;
      await stage.put('config', 'after');
      await stage.until(() =>
        expect(new Set(recorder.calls.slice(calls).map((call) => call.watcher))).toEqual(
          new Set(['app', 'another']),
        ),
      );
      expect(stage.shown()).toBe('after');
    },
  },
];
