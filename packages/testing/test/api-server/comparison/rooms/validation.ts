import {
  bindings,
  configMap,
  deployments,
  json,
  maps,
  merge,
  pod,
  pods,
  roles,
  secrets,
  serviceAccounts,
  services,
  statefulSets,
  workload,
} from '../objects.ts';
import type { Room, Step } from '../script.ts';

const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'u' };
const service = (name: string, spec: object): Step => [
  'POST',
  services,
  { metadata: { name }, spec },
];
const secret = (name: string, more: object): Step => [
  'POST',
  secrets,
  { metadata: { name }, ...more },
];
const container = (more: object): object => ({ containers: [{ name: 'c', image: 'i', ...more }] });

export const room: Room = {
  name: 'validation',
  scripts: {
    metadata: [
      ['POST', maps, configMap('{n}', { ownerReferences: [{ ...owner, uid: '' }] })],
      ['POST', maps, configMap('{n}', { ownerReferences: [{ ...owner, name: undefined }] })],
      ['POST', maps, configMap('{n}', { ownerReferences: [{ ...owner, apiVersion: '' }] })],
      [
        'POST',
        maps,
        configMap('{n}', { ownerReferences: [{ ...owner, apiVersion: 'v1', kind: 'Event' }] }),
      ],
      [
        'POST',
        maps,
        configMap('{n}', {
          ownerReferences: [
            { ...owner, controller: true },
            { ...owner, name: 'p', uid: 'v', controller: true },
          ],
        }),
      ],
      ['POST', maps, configMap('twice', { ownerReferences: [owner, owner] })],
      ['POST', maps, configMap('{n}', { finalizers: ['plain'] })],
      ['POST', maps, configMap('{n}', { finalizers: ['bad name/x'] })],
      ['POST', maps, configMap('b', { finalizers: ['example.com/f', 'example.com/f'] })],
      ['POST', maps, configMap('{n}', { annotations: { 'bad key': 'x' } })],
      ['POST', maps, configMap('{n}', { annotations: { big: 'x'.repeat(262_145) } })],
      ['POST', maps, configMap('', { generateName: 'x'.repeat(70) })],
      ['POST', maps, configMap('', { generateName: 'Bad_' })],
      [
        'POST',
        maps,
        configMap('c', {
          deletionTimestamp: '2026-01-01T00:00:00Z',
          generation: 7,
          selfLink: '/x',
        }),
      ],
      ['POST', maps, configMap('d', { creationTimestamp: 'yesterday' })],
      ['PATCH', `${maps}/twice`, { metadata: { uid: 'other' } }, merge],
      ['PATCH', `${maps}/twice`, { metadata: { creationTimestamp: null } }, merge],
      ['POST', '/api/v1/namespaces', { metadata: { name: `${'n'.repeat(64)}` } }],
      ['POST', serviceAccounts, { metadata: { name: 'Bad' } }],
      ['POST', services, { metadata: { name: '1st' }, spec: { ports: [{ port: 1 }] } }],
    ],
    'ConfigMaps and Secrets': [
      ['POST', maps, { metadata: { name: '{n}' }, data: { 'bad key': 'x' } }],
      ['POST', maps, { metadata: { name: '{n}' }, data: { '..': 'x' } }],
      ['POST', maps, { metadata: { name: '{n}' }, data: { a: 'x' }, binaryData: { a: 'AAEC' } }],
      ['POST', maps, { metadata: { name: '{n}' }, binaryData: { a: 'no base64!' } }],
      ['POST', maps, { metadata: { name: '{n}' }, data: { a: 'x'.repeat(1_048_577) } }],
      secret('{n}', { data: { a: 'no base64!' } }),
      secret('{n}', { data: { 'bad key': 'MQ==' } }),
      secret('{n}', { type: 'kubernetes.io/tls', data: {} }),
      secret('{n}', { type: 'kubernetes.io/dockerconfigjson', data: {} }),
      secret('{n}', {
        type: 'kubernetes.io/dockerconfigjson',
        stringData: { '.dockerconfigjson': 'no' },
      }),
      secret('{n}', { type: 'kubernetes.io/basic-auth' }),
      secret('{n}', { type: 'kubernetes.io/ssh-auth' }),
      secret('{n}', { type: 'kubernetes.io/service-account-token' }),
      secret('t', { type: 'kubernetes.io/tls', stringData: { 'tls.crt': 'c', 'tls.key': 'k' } }),
      secret('own', { type: 'example.com/own', stringData: { a: 'b' } }),
      ['PATCH', `${secrets}/own`, { type: 'Opaque' }, merge],
      ['PATCH', `${secrets}/own`, { stringData: { a: 'c', d: 'e' } }, merge],
      ['PATCH', `${secrets}/own`, [{ op: 'add', path: '/data/x', value: 'plain' }], json],
    ],
    roles: [
      [
        'POST',
        roles,
        { metadata: { name: '{n}' }, rules: [{ apiGroups: [''], resources: ['pods'] }] },
      ],
      [
        'POST',
        roles,
        { metadata: { name: '{n}' }, rules: [{ verbs: ['get'], resources: ['pods'] }] },
      ],
      ['POST', roles, { metadata: { name: '{n}' }, rules: [{ verbs: ['get'], apiGroups: [''] }] }],
      [
        'POST',
        roles,
        { metadata: { name: '{n}' }, rules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }] },
      ],
      ['POST', bindings, { metadata: { name: '{n}' }, roleRef: { kind: 'Other', name: 'x' } }],
      ['POST', bindings, { metadata: { name: '{n}' }, roleRef: { kind: 'Role' } }],
      [
        'POST',
        bindings,
        {
          metadata: { name: '{n}' },
          roleRef: { kind: 'Role', name: 'r' },
          subjects: [{ kind: 'User' }],
        },
      ],
      [
        'POST',
        bindings,
        {
          metadata: { name: '{n}' },
          roleRef: { kind: 'Role', name: 'r' },
          subjects: [{ kind: 'ServiceAccount', name: 'x' }],
        },
      ],
      [
        'POST',
        bindings,
        {
          metadata: { name: 'b' },
          roleRef: { kind: 'Role', name: 'r' },
          subjects: [{ kind: 'Group', name: 'g' }],
        },
      ],
      ['PATCH', `${bindings}/b`, { roleRef: { name: 'other' } }, merge],
      ['PUT', `${roles}/made`, { metadata: { name: 'made' }, rules: [] }],
    ],
    services: [
      service('{n}', {}),
      service('{n}', { ports: [{ port: 0 }] }),
      service('{n}', { ports: [{ port: 80 }, { port: 81 }] }),
      service('{n}', {
        ports: [
          { name: 'x', port: 80 },
          { name: 'x', port: 81 },
        ],
      }),
      service('{n}', { ports: [{ port: 80, protocol: 'ICMP' }] }),
      service('{n}', { ports: [{ port: 80, targetPort: 'Bad_' }] }),
      service('{n}', { type: 'Odd', ports: [{ port: 80 }] }),
      service('{n}', { type: 'ExternalName' }),
      service('ext', { type: 'ExternalName', externalName: 'example.com' }),
      service('lb', { type: 'LoadBalancer', ports: [{ port: 80 }] }),
      service('good', {
        selector: { a: 'b' },
        ports: [{ name: 'http', port: 80, targetPort: 8080 }],
      }),
      ['PATCH', `${services}/good`, { spec: { clusterIP: '10.0.0.250' } }, merge],
      [
        'PATCH',
        `${services}/good/status`,
        { status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } } },
        merge,
      ],
      [
        'PATCH',
        `${services}/lb/status`,
        { status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } } },
        merge,
      ],
    ],
    workloads: [
      ['POST', deployments, workload('{n}', { replicas: -1 })],
      ['POST', deployments, workload('{n}', { selector: undefined })],
      ['POST', deployments, workload('{n}', { selector: { matchLabels: { app: 'b' } } })],
      [
        'POST',
        deployments,
        workload('{n}', {
          template: { metadata: { labels: { app: '{n}' } }, spec: { containers: [] } },
        }),
      ],
      [
        'POST',
        deployments,
        workload('{n}', {
          template: {
            metadata: { labels: { app: '{n}' } },
            spec: { ...container({}), restartPolicy: 'Never' },
          },
        }),
      ],
      ['POST', deployments, workload('{n}', { strategy: { type: 'Odd' } })],
      [
        'POST',
        deployments,
        workload('{n}', { strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } }),
      ],
      [
        'POST',
        deployments,
        workload('{n}', { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
      ],
      ['POST', deployments, workload('{n}', { replicas: '2' })],
      ['POST', deployments, workload('a')],
      ['PATCH', `${deployments}/a`, { spec: { selector: { matchLabels: { app: 'x' } } } }, merge],
      ['PATCH', `${deployments}/a`, { spec: { paused: true, minReadySeconds: 5 } }, merge],
      ['POST', statefulSets, workload('s', { serviceName: 'x' }, 'StatefulSet')],
      ['PATCH', `${statefulSets}/s`, { spec: { serviceName: 'y' } }, merge],
      ['PATCH', `${statefulSets}/s`, { spec: { replicas: 3 } }, merge],
    ],
    pods: [
      ['POST', pods, pod('{n}', { containers: [{ image: 'i' }] })],
      ['POST', pods, pod('{n}', { containers: [{ name: 'c' }] })],
      ['POST', pods, pod('{n}', { containers: [{ name: 'Bad_', image: 'i' }] })],
      [
        'POST',
        pods,
        pod('{n}', {
          containers: [
            { name: 'c', image: 'i' },
            { name: 'c', image: 'i' },
          ],
        }),
      ],
      ['POST', pods, pod('{n}', container({ env: [{ value: 'x' }] }))],
      [
        'POST',
        pods,
        pod(
          '{n}',
          container({
            env: [
              { name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            ],
          }),
        ),
      ],
      ['POST', pods, pod('{n}', container({ env: [{ name: 'A', value: 5 }] }))],
      ['POST', pods, pod('{n}', container({ ports: [{ containerPort: 0 }] }))],
      ['POST', pods, pod('{n}', container({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }))],
      [
        'POST',
        pods,
        pod('{n}', { volumes: [{ name: 'v', emptyDir: {}, configMap: { name: 'x' } }] }),
      ],
      [
        'POST',
        pods,
        pod('{n}', container({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } })),
      ],
      ['POST', pods, pod('{n}', container({ resources: { requests: { cpu: 'much' } } }))],
      ['POST', pods, pod('{n}', container({ imagePullPolicy: 'Sometimes' }))],
      ['POST', pods, pod('{n}', container({ livenessProbe: { periodSeconds: 5 } }))],
      ['POST', pods, pod('{n}', { restartPolicy: 'Perhaps' })],
      ['POST', pods, pod('{n}', { nodeSelector: { 'bad key': 'x' } })],
      [
        'POST',
        pods,
        pod('a', container({ resources: { requests: { cpu: '100m', memory: '0.5Gi' } } })),
      ],
      [
        'PATCH',
        `${pods}/a`,
        { spec: { containers: [{ name: 'c', image: 'other' }] } },
        { type: 'application/strategic-merge-patch+json' },
      ],
      [
        'PATCH',
        `${pods}/a`,
        { spec: { containers: [{ name: 'c', command: ['x'] }] } },
        { type: 'application/strategic-merge-patch+json' },
      ],
      ['PATCH', `${pods}/a`, { spec: { nodeName: 'n' } }, merge],
      ['PATCH', `${pods}/a`, { spec: { restartPolicy: 'Never' } }, merge],
    ],
  },
};
