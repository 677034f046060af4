import {
  budgets,
  deployments,
  jobs,
  merge,
  pod,
  pods,
  replicaSets,
  serviceAccounts,
  statefulSets,
  workload,
} from '../objects.ts';
import type { Room } from '../script.ts';

const scale = (replicas: number, metadata: object = {}): object => ({
  apiVersion: 'autoscaling/v1',
  kind: 'Scale',
  metadata: { name: 'd', namespace: '{ns}', ...metadata },
  spec: { replicas },
});
const eviction = (name: string, more: object = {}): object => ({
  apiVersion: 'policy/v1',
  kind: 'Eviction',
  metadata: { name, namespace: '{ns}' },
  ...more,
});
const labelled = { labels: { app: 'guarded' } };

export const room: Room = {
  name: 'subresources',
  scripts: {
    scale: [
      ['POST', deployments, workload('d')],
      ['GET', `${deployments}/d/scale`],
      ['PUT', `${deployments}/d/scale`, scale(3)],
      ['PATCH', `${deployments}/d/scale`, { spec: { replicas: 4 } }, merge],
      ['PUT', `${deployments}/d/scale`, scale(5, { resourceVersion: '1' })],
      ['PUT', `${deployments}/d/scale`, scale(-1)],
      ['GET', `${deployments}/d`],
      ['GET', `${deployments}/none/scale`],
      ['POST', statefulSets, workload('s', { serviceName: 'x' }, 'StatefulSet')],
      ['PATCH', `${statefulSets}/s/scale`, { spec: { replicas: 2 } }, merge],
      ['POST', replicaSets, workload('r', {}, 'ReplicaSet')],
      ['GET', `${replicaSets}/r/scale`],
    ],
    'eviction, with and without a budget': [
      ['POST', pods, pod('free')],
      ['POST', `${pods}/free/eviction`, eviction('free', { deleteOptions: { dryRun: ['All'] } })],
      ['POST', `${pods}/free/eviction`, eviction('other')],
      ['POST', `${pods}/free/eviction`, eviction('free')],
      ['GET', `${pods}/free`],
      ['POST', `${pods}/none/eviction`, eviction('none')],
      ['POST', pods, pod('guarded', {}, labelled)],
      [
        'PATCH',
        `${pods}/guarded/status`,
        { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } },
        merge,
      ],
      [
        'POST',
        budgets,
        {
          metadata: { name: 'b' },
          spec: { minAvailable: 1, selector: { matchLabels: { app: 'guarded' } } },
        },
      ],
      ['POST', `${pods}/guarded/eviction`, eviction('guarded')],
      [
        'PATCH',
        `${budgets}/b/status`,
        {
          status: {
            observedGeneration: 1,
            disruptionsAllowed: 1,
            expectedPods: 2,
            currentHealthy: 2,
            desiredHealthy: 1,
          },
        },
        merge,
      ],
      ['POST', `${pods}/guarded/eviction`, eviction('guarded')],
      ['GET', `${budgets}/b`],
    ],
    'binding, status, and what needs a node': [
      ['POST', pods, pod('p')],
      [
        'POST',
        `${pods}/p/binding`,
        { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n' } },
      ],
      [
        'POST',
        `${pods}/p/binding`,
        { metadata: { name: 'p' }, target: { kind: 'Node', name: 'm' } },
      ],
      ['GET', `${pods}/p`],
      [
        'PATCH',
        `${pods}/p/status`,
        { status: { phase: 'Running', podIP: '10.1.2.3', podIPs: [{ ip: '10.1.2.3' }] } },
        merge,
      ],
      ['PATCH', `${pods}/p/status`, { status: { phase: 'Odd' } }, merge],
      [
        'PATCH',
        `${pods}/p/status`,
        { metadata: { labels: { a: 'b' } }, spec: { hostname: 'x' } },
        merge,
      ],
      [
        'PATCH',
        `${pods}/p/ephemeralcontainers`,
        { spec: { ephemeralContainers: [{ name: 'e', image: 'e' }] } },
        { type: 'application/strategic-merge-patch+json' },
      ],
      ['DELETE', `${pods}/p?gracePeriodSeconds=0`],
    ],
    'tokens of service accounts': [
      ['POST', serviceAccounts, { metadata: { name: 's' } }],
      [
        'POST',
        `${serviceAccounts}/s/token`,
        { spec: { audiences: ['a'], expirationSeconds: 3600 } },
      ],
      ['POST', `${serviceAccounts}/s/token`, { spec: {} }],
      ['POST', `${serviceAccounts}/s/token`, { spec: { expirationSeconds: 5 } }],
      ['POST', `${serviceAccounts}/none/token`, { spec: {} }],
    ],
    'status of others': [
      [
        'POST',
        jobs,
        {
          metadata: { name: 'j' },
          spec: {
            template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } },
          },
        },
      ],
      ['GET', `${jobs}/j/status`],
      ['PATCH', `${jobs}/j/status`, { status: { succeeded: 1 } }, merge],
      ['GET', '/api/v1/namespaces/{ns}/status'],
      ['PATCH', '/api/v1/namespaces/{ns}/status', { status: { phase: 'Terminating' } }, merge],
      [
        'POST',
        '/api/v1/nodes',
        { metadata: { name: 'node-{ns}' }, status: { capacity: { cpu: '2' } } },
      ],
      [
        'PATCH',
        '/api/v1/nodes/node-{ns}/status',
        { status: { conditions: [{ type: 'Ready', status: 'True' }] } },
        merge,
      ],
      [
        'PATCH',
        '/api/v1/nodes/node-{ns}',
        { spec: { unschedulable: true, taints: [{ key: 'k', effect: 'NoSchedule' }] } },
        merge,
      ],
      ['DELETE', '/api/v1/nodes/node-{ns}'],
      ['GET', `${serviceAccounts}/s/status`],
    ],
  },
};
