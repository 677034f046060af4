import type { V1ConfigMap, V1Container, V1PodSpec, V1Secret } from '@kubernetes/client-node';

import { reloadAnnotation } from '../opt-in.ts';
import type { WorkloadKind } from '../workload.ts';

/** The namespace that the demo lives in. */
export const demoNamespace = 'demo';

/** The ConfigMaps that the demo begins with. */
export const configMaps: readonly V1ConfigMap[] = [
  { metadata: { name: 'web-settings' }, data: { GREETING: 'hello', THEME: 'light' } },
  { metadata: { name: 'feature-flags' }, data: { sampling: '1', search: 'off' } },
  { metadata: { name: 'routes-blue' }, data: { 'routes.txt': '/ -> web\n' } },
  { metadata: { name: 'routes-green' }, data: { 'routes.txt': '/ -> web\n/api -> api\n' } },
];

/** The Secrets that the demo begins with. */
export const secrets: readonly V1Secret[] = [
  { metadata: { name: 'database' }, stringData: { user: 'app', password: 'change-me' } },
];

/** A workload, as far as the demo cares. */
export interface DemoWorkload {
  readonly kind: WorkloadKind;
  readonly name: string;
  readonly annotations: { readonly [key: string]: string };
  readonly pod: V1PodSpec;
}

/** Takes routes from the ConfigMap of this name. */
export function apiPod(routes: string): V1PodSpec {
  return {
    containers: [
      container('api', {
        env: [
          {
            name: 'PASSWORD',
            valueFrom: { secretKeyRef: { name: 'database', key: 'password' } },
          },
        ],
        volumeMounts: [{ name: 'routes', mountPath: '/etc/routes' }],
      }),
    ],
    volumes: [{ name: 'routes', configMap: { name: routes } }],
  };
}

/** The workloads that the demo begins with. */
export const workloads: readonly DemoWorkload[] = [
  {
    kind: 'Deployment',
    name: 'web',
    annotations: { [reloadAnnotation]: 'auto' },
    pod: {
      containers: [container('web', { envFrom: [{ configMapRef: { name: 'web-settings' } }] })],
    },
  },
  {
    kind: 'Deployment',
    name: 'api',
    annotations: { [reloadAnnotation]: 'auto' },
    pod: apiPod('routes-blue'),
  },
  {
    kind: 'StatefulSet',
    name: 'database',
    annotations: { [reloadAnnotation]: 'secret/database' },
    pod: {
      containers: [container('database', { envFrom: [{ secretRef: { name: 'database' } }] })],
    },
  },
  {
    kind: 'DaemonSet',
    name: 'collector',
    annotations: { [reloadAnnotation]: 'auto' },
    pod: {
      containers: [
        container('collector', {
          env: [
            {
              name: 'SAMPLING',
              valueFrom: { configMapKeyRef: { name: 'feature-flags', key: 'sampling' } },
            },
          ],
        }),
      ],
    },
  },
];

function container(name: string, more: Partial<V1Container>): V1Container {
  return { name, image: 'registry.example/app:1', ...more };
}
