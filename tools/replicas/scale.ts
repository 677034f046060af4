/** What groups of many replicas cost, and how long they take; see packages/replicas/docs/scale.md. */
import { parseArgs } from 'node:util';

import { createRendezvous, ownershipTest } from '../../packages/core/src/index.ts';
import { GroupSimulation } from './group-simulation.ts';

const { values } = parseArgs({
  options: {
    replicas: { type: 'string', default: '3,20,50,200' },
    watchers: { type: 'string', default: '1000000' },
  },
});
const watchers = Number(values.watchers);
const keyOf = (index: number) => `apps/v1/Deployment/namespace-${index % 1000}/app-${index}`;
const restMs = 10_000;

for (const size of values.replicas.split(',').map(Number)) {
  console.log(JSON.stringify(measure(size)));
}

function measure(size: number): object {
  const group = new GroupSimulation();
  const isSettled = () => group.isSettled();
  for (let index = 0; index < size; index++) group.start(`replica-${index}`);
  group.runUntil(isSettled);

  const before = { writes: group.writes, steps: group.steps };
  const cpu = process.cpuUsage();
  group.runFor(restMs);
  const { user, system } = process.cpuUsage(cpu);
  const steps = group.steps - before.steps;
  const writes = group.writes - before.writes;

  const joined = group.start(`replica-${size}`);
  const joinMs = group.runUntil(isSettled);
  joined.feed({ type: 'leave' });
  const leaveMs = group.runUntil(isSettled);
  const [killed] = group.living;
  killed!.isDead = true;
  const killMs = group.runUntil(isSettled);

  return {
    replicas: size,
    writesPerSecond: (writes * 1000) / restMs,
    eventsPerSecond: (writes * size * 1000) / restMs,
    ...moves(size),
    joinMs,
    leaveMs,
    killMs,
    stepMicros: Math.round((user + system) / steps),
    cpuPercentPerReplica: Number((((user + system) / 1000 / restMs / size) * 100).toFixed(2)),
    ...looking(group),
  };
}

/** How many watchers change their owner when one more comes, and how evenly they are shared. */
function moves(size: number): object {
  const members = Array.from({ length: size + 1 }, (_, index) => `replica-${index}`);
  const before = createRendezvous(members.slice(0, -1));
  const after = createRendezvous(members);
  const shares = new Map<string, number>();
  let moved = 0;
  let astray = 0;
  for (let index = 0; index < watchers; index++) {
    const key = keyOf(index);
    const [from, to] = [before.winner(key)!, after.winner(key)!];
    shares.set(from, (shares.get(from) ?? 0) + 1);
    if (from === to) continue;
    moved += 1;
    if (to !== members.at(-1)) astray += 1;
  }
  const counts = [...shares.values()];
  return { moved, astray, least: Math.min(...counts), most: Math.max(...counts) };
}

/** How long a replica looks at all watchers when the members change. */
function looking({ living }: GroupSimulation): object {
  const owns = ownershipTest(living[0]!.holding);
  const looked = Math.min(watchers, 100_000);
  const cpu = process.cpuUsage();
  let owned = 0;
  for (let index = 0; index < looked; index++) if (owns(keyOf(index))) owned += 1;
  const { user, system } = process.cpuUsage(cpu);
  return { lookMs: Math.round(((user + system) / 1000) * (watchers / looked)), owned };
}
