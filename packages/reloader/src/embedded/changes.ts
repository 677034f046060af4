import { randomUUID } from 'node:crypto';

import type { KubernetesObject, ObjectClient } from '@depwatch/controller';

import { reloadAnnotation } from '../opt-in.ts';
import { apiPod, demoNamespace } from './seed.ts';

type Data = { readonly [key: string]: string };
type ConfigMap = KubernetesObject & { data?: Data };

/** One thing that an administrator does; `round` counts up from 1, so that what is written is new each time. */
export type DemoChange = (admin: ObjectClient, round: number) => Promise<unknown>;

/** What happens over and over, in this order; between them they lead to every outcome that a reloader knows. */
export function demoChanges(): readonly DemoChange[] {
  let removed: ConfigMap = {};
  const remove: DemoChange = async (admin) => {
    const id = idOf('ConfigMap', 'web-settings');
    const { data = {} } = (await admin.get<ConfigMap>(id)) ?? {};
    const metadata = { namespace: demoNamespace, name: 'web-settings' };
    removed = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
    await admin.delete(id);
  };
  const restore = (admin: ObjectClient, data: Data = {}) =>
    admin.create({ ...removed, data: { ...removed.data, ...data } });
  const routes = (round: number): string => (round % 2 === 1 ? 'routes-green' : 'routes-blue');
  return [
    // Other data: rolls who uses it.
    patch('ConfigMap', 'web-settings', (round) => ({ data: { GREETING: `hello ${round}` } })),
    // Another label, the same data: rolls nobody.
    patch('ConfigMap', 'web-settings', (round) => ({
      metadata: { labels: { round: `${round}` } },
    })),
    // A new password: rolls the two that use it.
    patch('Secret', 'database', () => ({ stringData: { password: randomUUID() } })),
    // A key that nobody uses.
    patch('ConfigMap', 'feature-flags', (round) => ({ data: { search: `index-${round}` } })),
    // One that somebody does.
    patch('ConfigMap', 'feature-flags', (round) => ({ data: { sampling: `${round + 1}` } })),
    // A pod template that names something else rolls by itself; it is watched for that from now on.
    patch('Deployment', 'api', (round) => ({
      spec: { template: { spec: apiPod(routes(round)) } },
    })),
    (admin, round) =>
      admin.patch(idOf('ConfigMap', routes(round)), {
        data: { 'routes.txt': `/ -> web\n/api -> api-${round}\n` },
      }),
    // Gone, and back as it was: rolls nobody, who needed it meanwhile waited.
    remove,
    (admin) => restore(admin),
    // Gone, and back with other data: rolls once.
    remove,
    (admin, round) => restore(admin, { THEME: round % 2 === 1 ? 'dark' : 'light' }),
    // Opted out, a change that it sleeps through, opted in again: rolls for what it slept through.
    patch('DaemonSet', 'collector', () => reload('off')),
    patch('ConfigMap', 'feature-flags', (round) => ({ data: { sampling: `${round}.5` } })),
    patch('DaemonSet', 'collector', () => reload('auto')),
  ];
}

function patch(kind: string, name: string, change: (round: number) => object): DemoChange {
  return (admin, round) => admin.patch(idOf(kind, name), change(round));
}

function reload(value: string): object {
  return { metadata: { annotations: { [reloadAnnotation]: value } } };
}

function idOf(kind: string, name: string) {
  const isCore = kind === 'ConfigMap' || kind === 'Secret';
  return { ...(!isCore && { group: 'apps' }), version: 'v1', kind, namespace: demoNamespace, name };
}
