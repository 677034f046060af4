import { expect } from 'vitest';
import { everywhere, type FaultCase } from './fault-case.ts';
import type { Stage } from './stage.ts';

const many = Array.from({ length: 60 }, (_, index) => `c${index}`);
const noConnections = 'it has no connections';
const manyStreams = 'it is about many streams';

/** Adds many watches at once while `disturb` runs, and has a change of the last one arrive. */
async function addsMany(stage: Stage, disturb: () => unknown): Promise<void> {
  const { watcher, app, recorder } = stage;
  const adds = many.map((name) => watcher.addWatcher(app, stage.id(name)));
  await disturb();
  await stage.settled(Promise.all(adds));
  expect(watcher.watchStatus().filter(({ state }) => state === 'live')).toHaveLength(many.length);
  for (const name of [many[0]!, many.at(-1)!]) {
    const calls = recorder.calls.length;
    await stage.put(name, 'new');
    await stage.until(() => expect(recorder.calls.length).toBeGreaterThan(calls));
    expect(stage.shown(stage.id(name))).toBe('new');
  }
  // No request was sent twice.
  expect(stage.counts).toMatchObject({ lists: many.length, resumes: 0 });
  expect(stage.retries).toEqual([]);
}

export const connectionCases: readonly FaultCase[] = [
  {
    fault: 'a connection breaks',
    inject: everywhere(({ ground }) => ground.disconnect()),
    async expect(stage, inject) {
      await stage.watch();
      const heal = await inject();
      await stage.retried(1, { code: 'ERR_TRANSPORT' });
      expect(stage.status()?.state).toBe('retrying');
      await stage.put('config', 'meanwhile');
      await heal();
      await stage.wakes(1, 'meanwhile');
      expect(stage.counts).toMatchObject({ lists: 1, expired: 0, discover: 1 });
      await stage.delivers('after');
    },
  },
  {
    // Found by pings over HTTP, by the client's deadline on the fake.
    fault: 'half-open TCP',
    transport: { pingIntervalMs: 300, pingTimeoutMs: 700 },
    inject: everywhere(({ ground }) => ground.blackHole()),
    async expect(stage, inject) {
      await stage.watch();
      const heal = await inject();
      stage.expectLive();
      await stage.put('config', 'meanwhile');
      await stage.retried(1, { code: 'ERR_TRANSPORT' });
      await heal();
      await stage.wakes(1, 'meanwhile');
      expect(stage.counts).toMatchObject({ lists: 1, expired: 0, discover: 1 });
      await stage.delivers('after');
    },
  },
  {
    fault: 'GOAWAY',
    settings: { watchPlan: 'per-object' },
    notShared: manyStreams,
    inject: {
      fake: noConnections,
      inProcess: ({ faults }) => faults.goAway(),
      // It answers one request in fifty with it; a new connection shows that it has.
      real: async (_plane, { ground }) => {
        const { connections } = ground;
        const signal = AbortSignal.timeout(20_000);
        while (ground.connections === connections)
          await ground.transport.discover({ version: 'v1', kind: 'ConfigMap' }, { signal });
      },
    },
    async expect(stage, inject) {
      await addsMany(stage, inject);
      const { connections } = stage.ground;
      // A watch that was open goes on, and whatever is new gets a connection that works.
      await inject();
      await stage.settled(stage.watcher.addWatcher(stage.app, stage.config));
      await stage.delivers('after');
      expect(stage.ground.connections).toBeGreaterThan(connections);
      expect(stage.retries).toEqual([]);
    },
  },
  {
    fault: 'stream limit',
    settings: { watchPlan: 'per-object' },
    notShared: manyStreams,
    inject: {
      fake: noConnections,
      inProcess: ({ faults }) => faults.limitStreams(20),
      // It is started with a limit of 20.
      real: () => {},
    },
    async expect(stage, inject) {
      await inject();
      await addsMany(stage, () => {});
      expect(stage.ground.connections).toBeGreaterThanOrEqual(3);
    },
  },
];
