import { expect } from 'vitest';
import type { FaultCase } from './fault-case.ts';

const outage = [
  'the API server cannot be reached; its watches wait until it answers',
  'the API server answers again',
];

export const restartCases: readonly FaultCase[] = [true, false].map((loseHistory): FaultCase => ({
  fault: loseHistory
    ? 'server killed and restarted, its history lost'
    : 'server killed and restarted, its history kept',
  settings: { requestTimeoutMs: 1500 },
  inject: {
    fake: (fake) => {
      fake.down();
      return () => {
        if (loseHistory) fake.compact();
        fake.up();
      };
    },
    inProcess: async ({ faults }) => {
      await faults.down();
      return () => faults.up({ loseHistory });
    },
    real: loseHistory
      ? async (plane) => {
          await plane.kill('SIGKILL');
          return () => plane.restart();
        }
      : 'what it knows of history is in its memory',
  },
  async expect(stage, inject) {
    await stage.watch();
    const { watcher, app, lines, counts } = stage;
    // Beyond the version that the watch has seen, so that the server may forget that one.
    await stage.put('unrelated', 'new');
    const heal = await inject();
    await stage.until(() => expect(lines).toEqual(outage.slice(0, 1)));
    expect(stage.status()).toMatchObject({
      state: 'retrying',
      lastError: { code: 'ERR_TRANSPORT' },
    });
    const add = watcher.addWatcher(app, stage.id('other'));
    await expect(stage.settled(add)).rejects.toMatchObject({
      code: 'ERR_TRANSPORT',
      retryable: true,
    });
    expect(watcher.getWatchCount()).toBe(1);
    expect(stage.shown()).toBe('before');
    // The add asked in vain.
    const { lists } = counts;
    await heal();
    await stage.until(() => stage.expectLive());
    expect(lines).toEqual(outage);
    await stage.delivers('after');
    const relists = counts.expired;
    // A watch of all has seen versions that one of a single object has not, so that they may still be known.
    if (!stage.isShared) expect(relists).toBe(loseHistory ? 1 : 0);
    // After a 410 the kind is asked for first: it may have come back in another scope.
    expect(counts).toMatchObject({ lists: lists + relists, discover: 1 + relists, checks: 1 });
    // A relist that finds nothing new wakes nobody.
    expect(stage.recorder.calls.slice(1)).toEqual([{ watcher: 'app', causes: ['modified'] }]);
  },
}));
