import { DepwatchError } from '@depwatch/core';
import { expect } from 'vitest';
import type { FaultCase } from './fault-case.ts';

const intact = 'it sends no such line, and TLS keeps it from being made on the way';
const noBytes = 'it has no bytes';

const spoilt: readonly { fault: string; how: 'truncateNextLine' | 'corruptNextLine' }[] = [
  { fault: 'truncated line', how: 'truncateNextLine' },
  { fault: 'bad JSON', how: 'corruptNextLine' },
];

export const wireCases: readonly FaultCase[] = [
  ...spoilt.map(({ fault, how }): FaultCase => ({
    fault,
    inject: {
      // What the HTTP transport makes of a line that it can't read.
      fake: (fake) =>
        fake.breakWatches(
          new DepwatchError('ERR_TRANSPORT', 'watch: a line that is no JSON', {
            retryable: true,
          }),
        ),
      inProcess: ({ faults }) => faults[how]({ resource: 'configmaps' }),
      real: intact,
    },
    async expect(stage, inject) {
      await stage.watch();
      const heal = await inject();
      await stage.put('config', 'meanwhile');
      await stage.retried(1, { code: 'ERR_TRANSPORT', message: expect.stringMatching(/line/) });
      await heal();
      await stage.wakes(1, 'meanwhile');
      // It resumed from the last version that was applied.
      expect(stage.counts).toMatchObject({ lists: 1, expired: 0, discover: 1 });
      expect(stage.recorder.calls.slice(1)).toEqual([{ watcher: 'app', causes: ['modified'] }]);
      await stage.delivers('after');
    },
  })),
  {
    fault: 'bad JSON again and again at one version',
    inject: {
      fake: noBytes,
      inProcess: ({ faults }) => faults.corruptNextLine({ resource: 'configmaps' }),
      real: intact,
    },
    async expect(stage, inject) {
      await stage.watch();
      const heal = await inject();
      await stage.put('config', 'meanwhile');
      await stage.retried(3, { code: 'ERR_TRANSPORT', message: expect.stringMatching(/line/) });
      await heal();
      await stage.wakes(1, 'meanwhile');
      expect(stage.counts).toMatchObject({ lists: 2, resumes: 2, expired: 0 });
      await stage.delivers('after');
    },
  },
  {
    fault: 'split UTF-8',
    inject: {
      fake: noBytes,
      inProcess: ({ faults }) => faults.splitBytes(1),
      real: 'a kube-apiserver writes a line at once, and TLS hides where its records are cut',
    },
    async expect(stage, inject) {
      const text = 'é漢字😀𝒳';
      await stage.watch();
      const heal = await inject();
      await stage.delivers(text);
      stage.ground.cut();
      await stage.delivers(`${text}${text}`);
      await heal();
      await stage.delivers('after');
      expect(stage.counts).toMatchObject({ lists: 1, expired: 0 });
    },
  },
  {
    fault: 'line too large',
    notShared: 'what one watch can not read it can not read for any of them',
    transport: { maxLineBytes: 4096 },
    inject: {
      fake: noBytes,
      inProcess: async (_server, stage) => {
        await stage.put('config', 'x'.repeat(8192));
        return () => stage.put('config', 'small');
      },
      real: async (_plane, stage) => {
        await stage.put('config', 'x'.repeat(8192));
        return () => stage.put('config', 'small');
      },
    },
    async expect(stage, inject) {
      await stage.watch();
      const { watcher, app } = stage;
      await watcher.addWatcher(app, stage.id('other'));
      const heal = await inject();
      await stage.retried(1, {
        code: 'ERR_TRANSPORT',
        message: expect.stringMatching(/more than 4096 bytes/),
      });
      // Never a part of it, and nobody else is held up.
      expect(stage.shown()).toBe('before');
      await stage.put('other', 'new');
      await stage.until(() => expect(stage.shown(stage.id('other'))).toBe('new'));
      await heal();
      await stage.wakes(1, 'small');
      expect(stage.counts.expired).toBe(0);
      await stage.delivers('after');
    },
  },
];
