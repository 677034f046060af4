import { randomUUID } from 'node:crypto';

import type { ObjectClient } from '@depwatch/controller';

import { reloadAnnotation } from '../opt-in.ts';

/** One thing that an administrator does; `round` counts up from 1, so that what is written is new each time. */
export type DemoChange = (admin: ObjectClient, round: number) => Promise<unknown>;

/** What happens over and over, in this order, to what `manifests/demo.yaml` holds. */
export function demoChanges(): readonly DemoChange[] {
  const remove: DemoChange = (admin) => admin.delete(idOf('ConfigMap', 'web-settings'));
  const restore = (admin: ObjectClient, theme: string) =>
    admin.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'demo', name: 'web-settings' },
      data: { GREETING: 'hello', THEME: theme },
    });
  return [
    // Other data: rolls who uses it.
    patch('ConfigMap', 'web-settings', (round) => ({ data: { THEME: `blue ${round}` } })),
    // Another label, the same data: rolls nobody.
    patch('ConfigMap', 'web-settings', (round) => ({
      metadata: { labels: { round: `${round}` } },
    })),
    // A new password: rolls the two that use it.
    patch('Secret', 'database', () => ({ stringData: { password: randomUUID() } })),
    // A key that nobody uses, and one that somebody does.
    patch('ConfigMap', 'feature-flags', (round) => ({ data: { search: `index-${round}` } })),
    patch('ConfigMap', 'feature-flags', (round) => ({ data: { sampling: `${round + 1}` } })),
    // A pod template that changes rolls by itself; the record follows.
    patch('Deployment', 'api', (round) => ({
      spec: { template: { metadata: { labels: { round: `${round}` } } } },
    })),
    // Gone, and back as it was: rolls nobody, who needed it meanwhile waited. Then once more, with other data.
    remove,
    (admin, round) => restore(admin, `blue ${round}`),
    remove,
    (admin, round) => restore(admin, `dark ${round}`),
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
  return { ...(!isCore && { group: 'apps' }), version: 'v1', kind, namespace: 'demo', name };
}
