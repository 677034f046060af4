import { expect } from 'vitest';
import type { FaultCase } from './fault-case.ts';

const real = 'it serves streaming lists, and whether it does is set when it starts';

const forms = [
  { fault: 'refused by status', status: 422, how: 'status' },
  { fault: 'refused by an ERROR event', status: 500, how: 'event' },
  { fault: 'silent', status: 200, how: 'silence' },
] as const;

export const streamingCases: readonly FaultCase[] = forms.map(
  ({ fault, status, how }): FaultCase => ({
    fault: `streaming list ${fault}`,
    inject: {
      fake: (fake) =>
        how === 'silence'
          ? fake.hold({
              at: 'answer',
              operation: 'watch',
              match: ({ options }) => options.initialEvents === true,
            })
          : fake.refuseStreamingLists(status, { accepted: how === 'event' }),
      inProcess: ({ faults }) => faults.refuseStreamingLists(status, how),
      real,
    },
    async expect(stage, inject) {
      const { watcher, app, counts } = stage;
      const heal = await inject();
      await stage.watch();
      // The streaming list, then a list and a watch.
      expect(counts).toMatchObject({ lists: 2, resumes: 1, discover: 1 });
      await stage.delivers('meanwhile');
      // Remembered, also once the server could.
      await heal();
      await stage.settled(watcher.addWatcher(app, stage.id('other')));
      expect(counts).toMatchObject({ lists: 3, resumes: 2 });
      await stage.delivers('after');
      expect(stage.retries).toEqual([]);
    },
  }),
);
