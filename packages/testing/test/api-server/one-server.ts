import { afterAll, beforeAll } from 'vitest';

import { type ApiServer, startApiServer } from '../../src/index.ts';
import { RawClient } from './raw-client.ts';

/** One server for all tests of the file that imports it, and a client of it. */
export let server: ApiServer;
export let client: RawClient;

beforeAll(async () => {
  server = await startApiServer();
  client = new RawClient(server.kubeConfig);
});

afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await server.stop();
});
