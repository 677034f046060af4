import type { KubernetesObject } from '@depwatch/controller';

import { reloadAnnotation } from '../opt-in.ts';
import type { WorkloadKind } from '../workload.ts';

/** The namespace that the demo lives in. */
export const demoNamespace = 'demo';

/** The spec of a pod, as far as the demo cares. */
export type Pod = { readonly containers: readonly object[]; readonly volumes?: readonly object[] };

/** Takes routes from the ConfigMap of this name. */
export function apiPod(routes: string): Pod {
  const key = { name: 'database', key: 'password' };
  const container = containerOf('api', {
    env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef: key } }],
    volumeMounts: [{ name: 'routes', mountPath: '/etc/routes' }],
  });
  return { containers: [container], volumes: [{ name: 'routes', configMap: { name: routes } }] };
}

/** What the demo begins with. */
export const seed: readonly KubernetesObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: demoNamespace } },
  dataOf('ConfigMap', 'web-settings', { data: { GREETING: 'hello', THEME: 'light' } }),
  dataOf('ConfigMap', 'feature-flags', { data: { sampling: '1', search: 'off' } }),
  dataOf('ConfigMap', 'routes-blue', { data: { 'routes.txt': '/ -> web\n' } }),
  dataOf('ConfigMap', 'routes-green', { data: { 'routes.txt': '/ -> web\n/api -> api\n' } }),
  dataOf('Secret', 'database', { stringData: { user: 'app', password: 'change-me' } }),
  workloadOf('Deployment', 'web', 'auto', {
    containers: [containerOf('web', { envFrom: [{ configMapRef: { name: 'web-settings' } }] })],
  }),
  workloadOf('Deployment', 'api', 'auto', apiPod('routes-blue')),
  workloadOf('StatefulSet', 'database', 'secret/database', {
    containers: [containerOf('database', { envFrom: [{ secretRef: { name: 'database' } }] })],
  }),
  workloadOf('DaemonSet', 'collector', 'auto', {
    containers: [
      containerOf('collector', {
        env: [
          {
            name: 'SAMPLING',
            valueFrom: { configMapKeyRef: { name: 'feature-flags', key: 'sampling' } },
          },
        ],
      }),
    ],
  }),
];

function dataOf(kind: string, name: string, data: object): KubernetesObject {
  return { apiVersion: 'v1', kind, metadata: { namespace: demoNamespace, name }, ...data };
}

function workloadOf(
  kind: WorkloadKind,
  name: string,
  reload: string,
  pod: Pod,
): KubernetesObject & { spec: object } {
  const labels = { app: name };
  const annotations = { [reloadAnnotation]: reload };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { namespace: demoNamespace, name, annotations },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: pod },
      ...(kind === 'StatefulSet' && { serviceName: name }),
    },
  };
}

function containerOf(name: string, more: object): object {
  return { name, image: 'registry.example/app:1', ...more };
}
