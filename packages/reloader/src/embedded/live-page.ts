import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Controller } from '@depwatch/controller';
import { createInspector } from '@depwatch/inspector';

import { workloadKinds } from '../workload.ts';

/** A page that shows what a reloader does. */
export interface LivePage extends AsyncDisposable {
  /** Where it is, for a browser on this machine. */
  readonly address: string;
}

/** Serves the page of a reloader's controllers, by loopback alone, at a port that is free. */
export async function serveLivePage(reloader: readonly Controller[]): Promise<LivePage> {
  const named = reloader.map((controller, index) => [`${workloadKinds[index]}s`, controller]);
  const inspector = createInspector(Object.fromEntries(named));
  const server = createServer(inspector.handler);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    address: `http://localhost:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      inspector.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
