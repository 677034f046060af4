/**
 * What must not get worse unnoticed, by count or by ratio within one run, never by time: the scenarios themselves, on the
 * sources and the in-process server.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { ContestantName } from '../contestants/contestant.ts';
import { runOnce } from '../runner.ts';
import { b1 } from '../scenarios/b1-add-watches.ts';
import { b4 } from '../scenarios/b4-selector.ts';
import { b6 } from '../scenarios/b6-cold-start.ts';
import type { AnyScenario } from '../scenarios/scenario.ts';
import { startInProcessServer, type Server } from '../servers/server.ts';

const nodeFlags = ['--conditions=@depwatch/source'];
const timeout = 180_000;

let server: Server;
beforeAll(async () => {
  server = await startInProcessServer(nodeFlags);
});
afterAll(() => server[Symbol.asyncDispose]());

function run(scenario: AnyScenario, contestant: ContestantName, params: object) {
  return runOnce(scenario, { params, server, contestant, nodeFlags });
}

test(
  '350 watches take 350 requests, one for discovery, and four sockets',
  { timeout },
  async () => {
    const { requests, connections } = await run(b1, 'depwatch', { watches: 350 });
    expect({ requests, connections }).toEqual({ requests: 351, connections: 4 });
  },
);

test('an event allocates less than twice what the floor does', { timeout }, async () => {
  const params = { objects: 1_000, updates: 100_000 };
  const own = await run(b4, 'depwatch', params);
  const floor = await run(b4, 'http2', params);
  console.log(`bytes per event: ${own['bytes']}, the floor's ${floor['bytes']}`);
  // The text of an event has as many.
  expect(floor['bytes']).toBeGreaterThan(500);
  expect(own['bytes']! / floor['bytes']!).toBeLessThan(2);
});

test(
  'the start of 50,000 objects never holds the loop up for a tenth of its work',
  { timeout },
  async () => {
    const own = await run(b6, 'depwatch', { cache: true });
    const floor = await run(b6, 'http2', { cache: true });
    console.log(
      `longest stall, CPU: ${own['stallCpuMs']} ms, the floor's ${floor['stallCpuMs']} of ${floor['cpuMs']} ms`,
    );
    // By CPU, since the time includes what a busy machine does meanwhile. The floor's own stalls are too short to compare with.
    expect(own['stallCpuMs']! / floor['cpuMs']!).toBeLessThan(0.1);
  },
);
