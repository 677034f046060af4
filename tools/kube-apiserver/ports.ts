import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

// Below the ports that systems hand out by themselves (from 32768 on Linux, 49152 elsewhere): while a
// server that was killed is down, no outgoing connection can take its port, and no client that dials
// the port can be connected to itself.
const lowestPort = 20_000;
const highestPort = 30_000;
const attempts = 50;

/**
 * Finds a TCP port that is free on 127.0.0.1. It is not held: somebody else may take it before it is used.
 *
 * @throws Error if none is found.
 */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = randomInt(lowestPort, highestPort);
    const server = createServer();
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening');
      return port;
    } catch {
      continue;
    } finally {
      server.close();
    }
  }
  throw new Error(
    `found no free port between ${lowestPort} and ${highestPort} in ${attempts} attempts`,
  );
}
