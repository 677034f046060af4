import { setTimeout as sleep } from 'node:timers/promises';

import {
  gapsOf,
  overlapsOf,
  regressionsOf,
  runsOf,
  type LogLine,
  type LoggedRun,
} from '../../replicas/reconcile-log.ts';
import { now } from '../meter.ts';
import { nameOf } from '../objects.ts';
import { ReplicaProcesses } from '../replicas/replica-processes.ts';
import type { Rights } from '../servers/access.ts';
import type { Write } from '../servers/load.ts';
import { quantile } from '../statistics.ts';
import { defineScenario } from './scenario.ts';

const perSecond = 300;
const place = { namespace: 'bench-replicas' };

/** When what happens, in milliseconds since the writes have begun. */
const quick = {
  watchers: 3_000,
  times: { leaseDurationMs: 3_000, renewDeadlineMs: 2_000, retryPeriodMs: 400 },
  killMs: 2_000,
  stopMs: 7_000,
  goOnMs: 13_000,
  addMs: 15_000,
  leaveMs: 18_000,
  endMs: 20_000,
};
const full: typeof quick = {
  watchers: 9_000,
  times: { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 },
  killMs: 5_000,
  stopMs: 30_000,
  goOnMs: 90_000,
  addMs: 97_000,
  leaveMs: 110_000,
  endMs: 120_000,
};

/**
 * Three replicas share watchers, each of one ConfigMap, while all are written to: one is killed, one stands still and goes on,
 * one is added, and one leaves. What they do they write into logs, which are checked afterwards.
 */
export const b13 = defineScenario({
  id: 'B13',
  title: 'Replicas that die, stand still, come and go',
  server: 'real',
  measures: [
    { key: 'latestMs', label: 'latest reconcile after its change', unit: 'ms' },
    { key: 'medianMs', label: 'median', unit: 'ms' },
    { key: 'killedMs', label: 'without an owner, longest: after SIGKILL', unit: 'ms' },
    { key: 'stoppedMs', label: 'after SIGSTOP', unit: 'ms' },
    { key: 'addedMs', label: 'by one that is added', unit: 'ms' },
    { key: 'leftMs', label: 'after one has left', unit: 'ms' },
    { key: 'changes', label: 'changes', unit: '' },
    { key: 'lost', label: 'without a reconcile after them', unit: '' },
    { key: 'reconciles', label: 'reconciles', unit: '' },
    { key: 'overlaps', label: 'overlaps', unit: '' },
    { key: 'leaseRequests', label: 'requests for Leases', unit: '/s' },
  ],
  // Nobody else has replicas.
  cases: (isFull) => {
    const params = isFull ? full : quick;
    const label = `${params.watchers} watchers, ${params.endMs / 1000} s`;
    return [{ label, params, contestants: ['depwatch' as const], rights }];
  },
  steps({ params: { watchers, times }, kubeConfig }) {
    const replicas = new ReplicaProcesses(kubeConfig);
    const start = (...identities: readonly string[]) =>
      replicas.start(identities.map((identity) => ({ identity, watchers, place, times })));
    return {
      begin: () => start('a', 'b', 'c'),
      add: () => start('d'),
      kill: () => replicas.signal('a', 'SIGKILL'),
      stop: () => replicas.signal('b', 'SIGSTOP'),
      goOn: () => void replicas.signal('b', 'SIGCONT'),
      leave: () => replicas.leave('c'),
      read: () => replicas.read(),
      async end() {
        await replicas.leave('b');
        await replicas.leave('d');
      },
    };
  },
  async run({ params, server, steps, log }) {
    const { watchers, times, endMs } = params;
    await server.load.create(watchers, place);
    await steps.begin();
    await untilRested(steps.read, watchers, 60_000);

    const before = await server.usage();
    const beganAt = now();
    const at = (ms: number) => sleep(Math.max(0, beganAt + ms - now()));
    const count = (perSecond * endMs) / 1000;
    const writing = server.load.write({ count, among: watchers, perSecond, place });
    // It is awaited later, and may fail before.
    writing.catch(() => {});
    await at(params.killMs);
    const killedAt = await steps.kill();
    await at(params.stopMs);
    const stillAt = await steps.stop();
    await at(params.goOnMs);
    await steps.goOn();
    await at(params.addMs);
    const addedAt = now();
    await steps.add();
    await at(params.leaveMs);
    const leftAt = await steps.leave();
    const writes = await writing;
    const tookMs = now() - beganAt;
    const after = await server.usage();
    await sleep(times.leaseDurationMs + 5000);
    const lines = await steps.read();
    await steps.end();

    const stoppedAt = new Map([
      ['a', killedAt],
      ['b', stillAt],
    ]);
    const runs = runsOf(lines, stoppedAt);
    const { lost, latencies } = answersTo(writes, runs);
    const gaps = gapsOf(lines, stoppedAt);
    const longest = (from: number, to: number): number =>
      Math.max(0, ...gaps.filter((gap) => gap.from >= from && gap.from < to).map(({ ms }) => ms));
    const overlaps = overlapsOf(runs);
    const twice = gaps.filter(({ ms }) => ms < 0);
    const regressions = regressionsOf(runs);
    for (const [what, found] of Object.entries({ lost, overlaps, twice, regressions })) {
      if (found.length > 0) log(`${what}: ${found.length}, such as ${JSON.stringify(found[0])}`);
    }
    if (lost.length + overlaps.length + twice.length + regressions.length > 0) {
      throw new Error(
        `${lost.length} changes without a reconcile, ${overlaps.length} overlaps, ` +
          `${twice.length} owned twice, ${regressions.length} epochs too small`,
      );
    }
    return {
      latestMs: quantile(latencies, 1),
      medianMs: quantile(latencies, 0.5),
      killedMs: longest(killedAt, stillAt),
      stoppedMs: longest(stillAt, addedAt),
      addedMs: longest(addedAt, leftAt),
      leftMs: longest(leftAt, Infinity),
      changes: writes.length,
      lost: lost.length,
      reconciles: runs.length,
      overlaps: overlaps.length,
      leaseRequests: ((after.leaseRequests - before.leaseRequests) * 1000) / tookMs,
    };
  },
});

const rights: Rights = { name: 'replica', everywhere: true, leases: true };

/** Waits until each watcher has been reconciled, as it is when it is taken over. */
async function untilRested(
  read: () => Promise<LogLine[]>,
  watchers: number,
  withinMs: number,
): Promise<void> {
  const beganAt = now();
  for (;;) {
    const lines = await read();
    const ended = new Set(lines.flatMap((line) => (line.type === 'end' ? [line.key] : [])));
    if (ended.size === watchers) return;
    if (now() - beganAt > withinMs) {
      throw new Error(`${ended.size} of ${watchers} watchers are reconciled after ${withinMs} ms`);
    }
    await sleep(500);
  }
}

/** How long it took from each write to the begin of a reconcile that saw it, or a later one; and which had none. */
function answersTo(
  writes: readonly Write[],
  runs: readonly LoggedRun[],
): { lost: readonly Write[]; latencies: readonly number[] } {
  const byKey = Map.groupBy(runs, ({ key }) => key);
  const answers = writes.map((write) => ({
    write,
    run: byKey.get(nameOf(write.index))?.find(({ saw }) => Number(saw) >= write.version),
  }));
  return {
    lost: answers.flatMap(({ write, run }) => (run ? [] : [write])),
    latencies: answers.flatMap(({ write, run }) =>
      run ? [Math.max(0, run.from - write.doneMs)] : [],
    ),
  };
}
