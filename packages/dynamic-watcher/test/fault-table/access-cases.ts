import { expect } from 'vitest';
import { everywhere, type FaultCase } from './fault-case.ts';
import type { Stage } from './stage.ts';

/** What is left once a watch was refused for good, and that it may be added anew after the fault. */
async function endsAndComesBack(stage: Stage, heal: () => Promise<void>, code: string) {
  const { watcher, recorder, app, config } = stage;
  await stage.retried(1, { code });
  await stage.until(() => expect(stage.status()?.state).toBe('ended'));
  expect(stage.status()).toMatchObject({ watchers: [app], lastError: { code } });
  await stage.until(() => expect(recorder.calls).toHaveLength(2));
  expect(recorder.calls[1]).toEqual({ watcher: 'app', causes: ['ended'] });
  expect(watcher.getWatchCount()).toBe(0);
  expect(() => watcher.getFromCache(config)).toThrowError(
    expect.objectContaining({ code: 'ERR_NO_CACHE_ENTRY' }),
  );
  // Nothing was listed anew, and no version expired.
  expect(stage.counts).toMatchObject({ lists: 1, expired: 0 });
  await heal();
  await stage.settled(watcher.addWatcher(app, config));
  expect(watcher.watchStatus()).toHaveLength(1);
  await stage.delivers('after');
}

export const accessCases: readonly FaultCase[] = [
  {
    fault: 'forbidden at add',
    user: 'viewer',
    inject: everywhere(({ ground }) => ground.revoke()),
    async expect(stage, inject) {
      const { watcher, app, config } = stage;
      const heal = await inject();
      const add = watcher.addWatcher(app, config);
      await expect(stage.settled(add)).rejects.toMatchObject({ code: 'ERR_FORBIDDEN' });
      expect(watcher.getWatchCount()).toBe(0);
      expect(watcher.watchStatus()).toEqual([]);
      expect(watcher.graph()).toEqual({ watchers: [], watched: [], edges: [] });
      // All is asked for first where all is shared.
      expect(stage.counts).toMatchObject({ lists: stage.isShared ? 2 : 1, resumes: 0 });
      await heal();
      await stage.settled(watcher.addWatcher(app, config));
      await stage.delivers('after');
    },
  },
  {
    fault: 'forbidden at add, and waited for; granted, revoked and granted again',
    user: 'viewer',
    settings: { unavailable: 'wait', authGraceMs: 500 },
    inject: everywhere(({ ground }) => ground.revoke()),
    async expect(stage, inject) {
      const { watcher, app, config, recorder } = stage;
      const told = (): string[] => recorder.calls.flatMap(({ causes }) => causes);
      let heal = await inject();
      await stage.settled(watcher.addWatcher(app, config));
      expect(stage.status()).toMatchObject({
        state: 'pending',
        watchers: [app],
        lastError: { code: 'ERR_FORBIDDEN' },
      });
      await heal();
      await stage.until(() => expect(told()).toEqual(['available']));
      heal = await inject();
      stage.ground.cut();
      await stage.until(() => expect(told()).toEqual(['available', 'unavailable']));
      expect(stage.status()).toMatchObject({ state: 'pending', servedBy: 'none' });
      await heal();
      await stage.until(() => expect(told()).toEqual(['available', 'unavailable', 'available']));
      await stage.put('config', 'after');
      await stage.until(() => expect(told().at(-1)).toMatch(/added|modified/));
      stage.expectLive(config);
    },
  },
  {
    fault: '403 on a live watch, to the end of the grace',
    user: 'viewer',
    settings: { authGraceMs: 1500 },
    inject: everywhere(({ ground }) => ground.revoke()),
    async expect(stage, inject) {
      await stage.watch();
      const heal = await inject();
      stage.ground.cut();
      await stage.until(() => expect(stage.status()?.lastError?.code).toBe('ERR_FORBIDDEN'));
      stage.retries.shift();
      await endsAndComesBack(stage, heal, 'ERR_FORBIDDEN');
    },
  },
  {
    fault: '403 on a live watch, over within the grace',
    user: 'viewer',
    inject: everywhere(({ ground }) => ground.revoke()),
    async expect(stage, inject) {
      await stage.watch();
      const heal = await inject();
      stage.ground.cut();
      await stage.until(() => expect(stage.status()?.lastError?.code).toBe('ERR_FORBIDDEN'));
      expect(stage.status()?.state).toBe('retrying');
      await stage.put('config', 'meanwhile');
      await heal();
      await stage.wakes(1, 'meanwhile');
      expect(stage.recorder.calls.slice(1)).toEqual([{ watcher: 'app', causes: ['modified'] }]);
      expect(stage.counts).toMatchObject({ lists: 1, expired: 0, discover: 1 });
    },
  },
  {
    fault: '401 on a live watch, to the end of the grace',
    realUser: 'account',
    settings: { authGraceMs: 1500 },
    inject: {
      fake: (fake) => fake.fail({ operation: 'watch', error: { code: 401 } }),
      inProcess: ({ faults }) => faults.respond({ status: 401, match: { verb: 'watch' } }),
      real: (_control, { ground }) => ground.expel!(),
    },
    async expect(stage, inject) {
      await stage.watch();
      const heal = await inject();
      stage.ground.cut();
      await stage.until(() => expect(stage.status()?.lastError?.code).toBe('ERR_UNAUTHORIZED'));
      stage.retries.shift();
      await endsAndComesBack(stage, heal, 'ERR_UNAUTHORIZED');
    },
  },
];
