import { randomUUID } from 'node:crypto';

import type { DemoCluster } from './demo-cluster.ts';
import { apiPod } from './seed.ts';

/** One thing that happens in the demo's cluster; `round` counts up from 1, so that what is written is new each time. */
export type DemoChange = (cluster: DemoCluster, round: number) => Promise<void>;

/** What happens over and over, in this order; between them they lead to every outcome that a reloader knows. */
export const demoChanges: readonly DemoChange[] = [
  // Other data: rolls who uses it.
  (cluster, round) => cluster.setData('web-settings', { GREETING: `hello ${round}` }),
  // Another label, the same data: rolls nobody.
  (cluster, round) => cluster.label('web-settings', { round: String(round) }),
  // A new password: rolls the two that use it.
  (cluster) => cluster.setSecret('database', { password: randomUUID() }),
  // A key that nobody uses.
  (cluster, round) => cluster.setData('feature-flags', { search: `index-${round}` }),
  // One that somebody does.
  (cluster, round) => cluster.setData('feature-flags', { sampling: String(round + 1) }),
  // A pod template that names something else rolls by itself; it is watched for that from now on.
  (cluster, round) =>
    cluster.setPod('api', apiPod(round % 2 === 1 ? 'routes-green' : 'routes-blue')),
  (cluster, round) =>
    cluster.setData(round % 2 === 1 ? 'routes-green' : 'routes-blue', {
      'routes.txt': `/ -> web\n/api -> api-${round}\n`,
    }),
  // Gone, and back as it was: rolls nobody, who needed it meanwhile waited.
  (cluster) => cluster.remove('web-settings'),
  (cluster) => cluster.restore('web-settings', {}),
  // Gone, and back with other data: rolls once.
  (cluster) => cluster.remove('web-settings'),
  (cluster, round) =>
    cluster.restore('web-settings', { THEME: round % 2 === 1 ? 'dark' : 'light' }),
  // Opted out, a change that it sleeps through, opted in again: rolls for what it slept through.
  (cluster) => cluster.optIn('collector', 'off'),
  (cluster, round) => cluster.setData('feature-flags', { sampling: `${round}.5` }),
  (cluster) => cluster.optIn('collector', 'auto'),
];
