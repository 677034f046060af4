import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Contestant } from '../contestants/contestant.ts';
import { now } from '../meter.ts';
import { type AnyScenario, type Case, checkOpenWatches, defineScenario } from './scenario.ts';
import { lastVersions, Sightings } from './sightings.ts';
import { watchEach } from './watch-each.ts';

const outageMs = 3_000;
/** Writes to more than these would take longer than the watches do, and the server's time with it. */
const mostWritten = 2_000;

/** What an outage is of. */
export interface Outage {
  /** Each is watched by name. */
  readonly objects: number;
  /** Whether several of them may share a watch. */
  readonly mayShare?: boolean;
}

/**
 * The API server is killed, and started again 3 s later. As soon as it is ready every object is written to, or 2,000 of
 * them. The floors have no part in it, since they never come back. Cache on.
 */
export function outage(
  scenario: Pick<AnyScenario, 'id' | 'title'> & {
    cases(full: boolean): readonly Case<Outage>[];
  },
): AnyScenario {
  return defineScenario({
    ...scenario,
    server: 'real',
    measures: [
      { key: 'watches', label: 'watches', unit: '' },
      { key: 'liveMs', label: 'ready → all are live', unit: 'ms' },
      { key: 'seenMs', label: 'ready → all that was written is seen', unit: 'ms' },
      { key: 'writtenMs', label: 'ready → all written', unit: 'ms' },
      { key: 'failed', label: 'failed attempts', unit: '' },
      { key: 'requests', label: 'requests', unit: '' },
      { key: 'lists', label: 'relists', unit: '' },
      { key: 'peak', label: 'peak requests/s', unit: '' },
      { key: 'logLines', label: 'log lines', unit: '' },
    ],
    steps({ params: { objects, mayShare = false }, wire, start }) {
      const sightings = new Sightings();
      let contestant: Contestant;
      let loggedBefore = 0;
      return {
        async open() {
          contestant = await watchEach(start, objects, sightings, !mayShare);
        },
        /** From here on it counts. */
        begin() {
          wire.reset();
          loggedBefore = contestant.logLines;
        },
        /** Resolves to the counts, when all of these have been seen. */
        async until(versions: [index: number, version: number][]) {
          const all = await sightings.until(versions);
          return {
            lastMs: all.at(-1)!.ms,
            answered: [...wire.answers.values()],
            failed: wire.failedAttempts,
            requests: wire.requests,
            lists: wire.lists,
            peak: wire.peakRequestsPerSecond,
            logLines: contestant.logLines - loggedBefore,
          };
        },
      };
    },
    async run({ params: { objects, mayShare }, server, steps }) {
      await server.load.create(objects);
      await steps.open();
      const watches = mayShare ? await server.openWatches() : objects;
      await checkOpenWatches(server, watches);
      await steps.begin();
      await server.kill();
      await sleep(outageMs);
      await server.restart();
      const readyMs = now();
      const count = Math.min(objects, mostWritten);
      const writes = await server.load.write({ count, among: objects });
      const writtenMs = now() - readyMs;
      const { lastMs, answered, ...counts } = await steps.until(lastVersions(writes));
      assert.equal(answered.length, watches, 'watches that were answered after the outage');
      await checkOpenWatches(server, watches);
      return {
        watches,
        liveMs: Math.max(...answered) - readyMs,
        seenMs: lastMs - readyMs,
        writtenMs,
        ...counts,
      };
    },
  });
}
