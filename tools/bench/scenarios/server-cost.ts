import { setTimeout as sleep } from 'node:timers/promises';

import type { Server } from '../servers/server.ts';
import type { Measure } from './scenario.ts';

/** What the API server's process spends on a contestant; see {@link startServerCost}. */
export const serverCost: readonly Measure[] = [
  { key: 'serverLiveMb', label: "server's live memory, added", unit: 'MB' },
  { key: 'serverRssMb', label: "server's RSS", unit: 'MB' },
  { key: 'serverCpuMs', label: "server's CPU", unit: 'ms' },
];

const lookMs = 500;
const looks = 40;
/** What a server that does nothing takes in that time, and a look at it. */
const idleCpuMs = 60;

/**
 * Restarts the server, so that what was there before leaves no garbage and no free memory, waits until it does no more, and
 * starts to measure. The result resolves to what has come since: what is alive after a collection, within 1 MB; CPU, that
 * of writes included. And to all of the resident memory, which has garbage in it, and what is not given back yet.
 */
export async function startServerCost(server: Server): Promise<() => Promise<ServerCost>> {
  await server.restart();
  await untilQuiet(server);
  await server.collectGarbage();
  const before = await server.usage();
  return async () => {
    const { cpuMs } = await server.usage();
    await server.collectGarbage();
    const { liveMb, rssMb: serverRssMb } = await server.usage();
    return {
      serverLiveMb: liveMb - before.liveMb,
      serverRssMb,
      serverCpuMs: cpuMs - before.cpuMs,
    };
  };
}

/** By the keys of {@link serverCost}. */
export type ServerCost = Record<'serverLiveMb' | 'serverRssMb' | 'serverCpuMs', number>;

async function untilQuiet(server: Server): Promise<void> {
  let { cpuMs: before } = await server.usage();
  for (let look = 0; look < looks; look++) {
    await sleep(lookMs);
    const { cpuMs } = await server.usage();
    if (cpuMs - before <= idleCpuMs) return;
    before = cpuMs;
  }
}
