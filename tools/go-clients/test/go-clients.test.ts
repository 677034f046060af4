import { beforeAll, describe, expect, test } from 'vitest';

import { startApiServer } from '../../../packages/testing/src/index.ts';
import { findKubeApiServer } from '../../kube-apiserver/binaries.ts';
import { startControlPlane } from '../../kube-apiserver/control-plane.ts';
import { findGoClients, runGoClients, scenarios } from '../program.ts';

// Neither is built here, which would take minutes and the network: on a machine that has none, nothing is run.
const log = (line: string): void => console.log(`skipped: ${line}`);
const program = await findGoClients({ log });
const binaries = program ? await findKubeApiServer({ log }) : undefined;
const timeoutMs = 60_000;

/** Where the clients run: with the server, and what it lacks. */
const servers = [
  {
    name: 'the in-process server',
    isThere: program !== undefined,
    run: async () => {
      await using server = await startApiServer();
      return await runGoClients(program!, { kubeConfig: server.kubeConfig, timeoutMs });
    },
  },
  {
    name: 'a real kube-apiserver',
    isThere: binaries !== undefined,
    run: async () => {
      await using plane = await startControlPlane({ binaries: binaries! });
      const { kubeConfig } = plane;
      return await runGoClients(program!, { kubeConfig, collectGarbage: true, timeoutMs });
    },
  },
];

for (const { name, isThere, run } of servers) {
  describe.skipIf(!isThere)(`Go’s clients on ${name}`, () => {
    let lines: readonly string[];
    beforeAll(async () => {
      lines = await run();
    }, timeoutMs + 30_000);

    test.each(scenarios)('%s', (scenario) => {
      const line = lines.find((one) => one.split(' ')[1]?.replace(/:$/, '') === scenario);
      expect(line).toMatch(/^passed /);
    });
  });
}
