import { expect } from 'vitest';
import type { FaultCase } from './fault-case.ts';

const byStatusAlone = 'where it serves no streaming lists, it says so by a status';

const forms = [
  // The real server that the case gets refuses them from the start, and goes on to.
  { fault: 'refused by status', status: 422, how: 'status', real: () => {} },
  { fault: 'refused by an ERROR event', status: 500, how: 'event', real: byStatusAlone },
  { fault: 'silent', status: 200, how: 'silence', real: byStatusAlone },
] as const;

export const streamingCases: readonly FaultCase[] = forms.map(
  ({ fault, status, how, real }): FaultCase => ({
    fault: `streaming list ${fault}`,
    streamingLists: false,
    ...(how === 'silence' && { notShared: 'who is new goes alone before it is found out' }),
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
      const more = stage.isShared ? 0 : 1;
      expect(counts).toMatchObject({ lists: 2 + more, resumes: 1 + more });
      await stage.delivers('after');
      expect(stage.retries).toEqual([]);
    },
  }),
);
