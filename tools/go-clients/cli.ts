import { parseArgs } from 'node:util';

import { startApiServer } from '../../packages/testing/src/index.ts';
import { findKubeApiServer } from '../kube-apiserver/binaries.ts';
import { startControlPlane } from '../kube-apiserver/control-plane.ts';
import { findGoClients, runGoClients, scenarios } from './program.ts';

const help = `Runs Go's clients on a real kube-apiserver, with Kubernetes' own garbage collector, and on the
in-process server.

usage: npm run -s go-clients -- [options] [scenario…]

  --build  only build the program if there is none
  --help   print this

scenarios: ${scenarios.join(', ')} (default: all)
`;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { build: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const log = (line: string): void => console.error(line);
  const program = await findGoClients({ build: true, log });
  if (!program) return 1;
  if (values.build) return 0;
  const binaries = await findKubeApiServer({ log });
  if (!binaries) return 1;
  await using real = await startControlPlane({ binaries });
  await using own = await startApiServer();
  const [onReal, onOwn] = await Promise.all([
    runGoClients(program, {
      kubeConfig: real.kubeConfig,
      collectGarbage: true,
      scenarios: positionals,
    }),
    runGoClients(program, { kubeConfig: own.kubeConfig, scenarios: positionals }),
  ]);
  console.log(['kube-apiserver', ...onReal].join('\n  '));
  console.log(['in-process server', ...onOwn].join('\n  '));
  return [...onReal, ...onOwn].every((line) => line.startsWith('passed')) ? 0 : 1;
}
