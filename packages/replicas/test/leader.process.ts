/**
 * A candidate for one Lease, as a process of its own. Prints `leads TIME` and `stops TIME`, in milliseconds since the Unix
 * epoch, as the Go program of tools/go-clients does; releases at SIGTERM.
 */
import { KubeConfig } from '@kubernetes/client-node';

import { createReplicas } from '../src/index.ts';

const kubeConfig = new KubeConfig();
kubeConfig.loadFromString(process.env['KUBECONFIG_TEXT'] ?? '');
const replicas = createReplicas({
  kubeConfig,
  namespace: 'default',
  name: process.env['LEASE'] ?? '',
  identity: process.env['IDENTITY'] ?? '',
  mode: 'leader',
  leaseDurationMs: 3000,
  renewDeadlineMs: 2000,
  retryPeriodMs: 300,
});
let leads = false;
replicas.onChange(() => {
  if (replicas.owns('') === leads) return;
  leads = !leads;
  process.stdout.write(`${leads ? 'leads' : 'stops'} ${Date.now()}\n`);
});
process.once('SIGTERM', () => void replicas.stop());
await replicas.start();
