import { deployments, jobs, merge, pods, workload } from '../objects.ts';
import type { Room, Step } from '../script.ts';

const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } };

/** An object of a kind, made and listed. */
function kind(path: string, object: object, ...more: readonly Step[]): Step[] {
  const [group, resource] = path.split(' ') as [string, string];
  const prefix = group.includes('/') ? `/apis/${group}` : `/api/${group}`;
  const scoped = resource.startsWith('*')
    ? `${prefix}/${resource.slice(1)}`
    : `${prefix}/namespaces/{ns}/${resource}`;
  return [['POST', scoped, object], ['GET', `${scoped}?fieldSelector=metadata.name=none`], ...more];
}

export const room: Room = {
  name: 'kinds',
  scripts: {
    'of batch': [
      ...kind('batch/v1 jobs', { metadata: { name: 'j' }, spec: { template } }),
      ['PATCH', `${jobs}/j`, { spec: { completions: 3 } }, merge],
      ['PATCH', `${jobs}/j`, { spec: { suspend: true, parallelism: 2 } }, merge],
      ['PATCH', `${jobs}/j/status`, { status: { active: 1 } }, merge],
      [
        'POST',
        jobs,
        {
          metadata: { name: 'k' },
          spec: { template: { spec: { containers: template.spec.containers } } },
        },
      ],
      ['POST', jobs, { metadata: { name: 'k' }, spec: { template, backoffLimit: -1 } }],
      ...kind('batch/v1 cronjobs', {
        metadata: { name: 'c' },
        spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template } } },
      }),
      [
        'POST',
        '/apis/batch/v1/namespaces/{ns}/cronjobs',
        {
          metadata: { name: 'd' },
          spec: { schedule: 'often', jobTemplate: { spec: { template } } },
        },
      ],
    ],
    'of networking, discovery and policy': [
      ...kind('networking.k8s.io/v1 ingresses', {
        metadata: { name: 'i' },
        spec: {
          rules: [
            {
              host: 'a.example.com',
              http: {
                paths: [
                  {
                    path: '/',
                    pathType: 'Prefix',
                    backend: { service: { name: 's', port: { number: 80 } } },
                  },
                ],
              },
            },
          ],
        },
      }),
      [
        'POST',
        '/apis/networking.k8s.io/v1/namespaces/{ns}/ingresses',
        { metadata: { name: 'j' }, spec: {} },
      ],
      ...kind('networking.k8s.io/v1 *ingressclasses', {
        metadata: { name: '{ns}' },
        spec: { controller: 'example.com/c' },
      }),
      ...kind('networking.k8s.io/v1 networkpolicies', {
        metadata: { name: 'n' },
        spec: { podSelector: {} },
      }),
      ...kind('discovery.k8s.io/v1 endpointslices', {
        metadata: { name: 'e' },
        addressType: 'IPv4',
        endpoints: [{ addresses: ['1.2.3.4'] }],
        ports: [{ port: 80 }],
      }),
      ...kind('v1 endpoints', {
        metadata: { name: 'e' },
        subsets: [{ addresses: [{ ip: '1.2.3.4' }], ports: [{ port: 80 }] }],
      }),
      ...kind('policy/v1 poddisruptionbudgets', {
        metadata: { name: 'p' },
        spec: { minAvailable: 1, selector: { matchLabels: { a: 'b' } } },
      }),
      [
        'POST',
        '/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets',
        { metadata: { name: 'q' }, spec: { minAvailable: 1, maxUnavailable: 1 } },
      ],
      ...kind('autoscaling/v2 horizontalpodautoscalers', {
        metadata: { name: 'h' },
        spec: {
          maxReplicas: 3,
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' },
        },
      }),
      [
        'POST',
        '/apis/autoscaling/v2/namespaces/{ns}/horizontalpodautoscalers',
        {
          metadata: { name: 'i' },
          spec: {
            minReplicas: 5,
            maxReplicas: 3,
            scaleTargetRef: { kind: 'Deployment', name: 'd' },
          },
        },
      ],
    ],
    'of storage and quotas': [
      ...kind('v1 persistentvolumeclaims', {
        metadata: { name: 'p' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      }),
      [
        'POST',
        '/api/v1/namespaces/{ns}/persistentvolumeclaims',
        { metadata: { name: 'q' }, spec: { accessModes: ['ReadWriteOnce'] } },
      ],
      [
        'PATCH',
        '/api/v1/namespaces/{ns}/persistentvolumeclaims/p',
        { spec: { accessModes: ['ReadOnlyMany'] } },
        merge,
      ],
      ...kind('v1 *persistentvolumes', {
        metadata: { name: '{ns}' },
        spec: {
          capacity: { storage: '1Gi' },
          accessModes: ['ReadWriteOnce'],
          hostPath: { path: '/x' },
        },
      }),
      ...kind('storage.k8s.io/v1 *storageclasses', {
        metadata: { name: '{ns}' },
        provisioner: 'example.com/p',
      }),
      ...kind('v1 resourcequotas', { metadata: { name: 'r' }, spec: { hard: { pods: '10' } } }),
      ...kind('v1 limitranges', {
        metadata: { name: 'l' },
        spec: { limits: [{ type: 'Container', default: { cpu: '1' } }] },
      }),
      ...kind('scheduling.k8s.io/v1 *priorityclasses', { metadata: { name: '{ns}' }, value: 5 }),
    ],
    'of workloads, of admission, of the cluster': [
      ...kind('apps/v1 controllerrevisions', {
        metadata: { name: 'r' },
        revision: 1,
        data: { a: 1 },
      }),
      ...kind('apps/v1 replicasets', workload('r', {}, 'ReplicaSet')),
      ...kind('apps/v1 daemonsets', workload('d', {}, 'DaemonSet')),
      ...kind('v1 replicationcontrollers', {
        metadata: { name: 'r' },
        spec: {
          selector: { a: 'b' },
          template: {
            metadata: { labels: { a: 'b' } },
            spec: { containers: template.spec.containers },
          },
        },
      }),
      ...kind('v1 podtemplates', {
        metadata: { name: 'p' },
        template: { spec: { containers: template.spec.containers } },
      }),
      ...kind('admissionregistration.k8s.io/v1 *validatingwebhookconfigurations', {
        metadata: { name: '{ns}' },
        webhooks: [],
      }),
      ...kind('admissionregistration.k8s.io/v1 *mutatingwebhookconfigurations', {
        metadata: { name: '{ns}' },
        webhooks: [],
      }),
      ...kind('v1 *nodes', { metadata: { name: '{ns}' } }, ['DELETE', '/api/v1/nodes/{ns}']),
      ...kind('v1 *namespaces', { metadata: { name: '{ns}-other' } }),
    ],
    'discovery, as informers and RESTMappers ask for it': [
      ['GET', '/api'],
      ['GET', '/api/v1'],
      ['GET', '/apis'],
      ['GET', '/apis/apps/v1'],
      ['GET', '/apis/batch/v1'],
      ['GET', '/apis/coordination.k8s.io/v1'],
      ['GET', '/apis/events.k8s.io/v1'],
      ['GET', '/apis/networking.k8s.io/v1'],
      ['GET', '/apis/policy/v1'],
      ['GET', '/apis/rbac.authorization.k8s.io/v1'],
      ['GET', '/apis/authorization.k8s.io/v1'],
      ['GET', '/apis/autoscaling/v2'],
      ['GET', '/apis/autoscaling/v1'],
      ['GET', '/apis/apps/v1beta1'],
      ['GET', `${deployments}x`],
      ['GET', `${pods}/none`],
    ],
  },
};
