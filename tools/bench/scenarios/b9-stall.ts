import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ContestantName } from '../contestants/contestant.ts';
import { now } from '../meter.ts';
import { checkOpenWatches, defineScenario } from './scenario.ts';
import { lastVersions, latencies, seenAt, Sightings } from './sightings.ts';
import { watchEach } from './watch-each.ts';

const stallMs = 500;
const perSecond = 5_000;
const seconds = 2;

/** The contestant's event loop is blocked for 500 ms while 5,000 events a second come to watches by name; cache on. */
export const b9 = defineScenario({
  id: 'B9',
  title: 'A stall of 500 ms under 5,000 events/s',
  server: 'in-process',
  measures: [
    { key: 'recoveryMs', label: 'stall’s end → all until then seen', unit: 'ms' },
    { key: 'lost', label: 'watches lost', unit: '' },
    { key: 'p50Ms', label: 'lag p50', unit: 'ms' },
    { key: 'p99Ms', label: 'lag p99', unit: 'ms' },
  ],
  cases: (full) => [
    sized(1_000, ['depwatch', ...(full ? (['client-node'] as const) : []), 'undici', 'http2']),
    ...(full ? [sized(10_000, ['depwatch', 'undici', 'http2'])] : []),
  ],
  steps({ params: { watches }, wire, start }) {
    const sightings = new Sightings();
    return {
      async open() {
        await watchEach(start, watches, sightings);
        wire.reset();
      },
      /** Resolves to when the loop goes on. */
      stall() {
        const end = now() + stallMs;
        while (now() < end);
        return end;
      },
      async until(versions: [index: number, version: number][]) {
        const all = await sightings.until(versions);
        return { sightings: all, lost: wire.requests };
      },
    };
  },
  async run({ params: { watches }, server, steps }) {
    await server.load.create(watches);
    await steps.open();
    const writing = server.load.write({ count: perSecond * seconds, among: watches, perSecond });
    await sleep(500);
    const stallEndMs = await steps.stall();
    const writes = await writing;
    const { sightings, lost } = await steps.until(lastVersions(writes));
    await checkOpenWatches(server, watches);
    const before = writes.filter(({ sentMs }) => sentMs < stallEndMs);
    assert(before.length > 0 && before.length < writes.length, 'the stall is amid the writes');
    const recoveredMs = seenAt(before, sightings).reduce((latest, ms) => Math.max(latest, ms), 0);
    return { recoveryMs: recoveredMs - stallEndMs, lost, ...latencies(writes, sightings) };
  },
});

function sized(watches: number, contestants: readonly ContestantName[]) {
  return { label: `${watches} watches`, params: { watches }, contestants };
}
