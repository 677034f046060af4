import { type ComparisonCase, merge, script, type Step } from './comparison-cases.ts';

const core = '/api/v1/namespaces/{ns}';
const batch = '/apis/batch/v1/namespaces/{ns}';
const networking = '/apis/networking.k8s.io/v1/namespaces/{ns}';
const containers = [{ name: 'c', image: 'i' }];
const template = { metadata: { labels: { a: 'b' } }, spec: { containers } };
const jobTemplate = { spec: { restartPolicy: 'Never', containers } };
const service = { service: { name: 's', namespace: 'n' } };
const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['foo'] };
const webhook = {
  name: 'a.example.com',
  clientConfig: service,
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  rules: [rule],
};
const target = { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' };
const admission = '/apis/admissionregistration.k8s.io/v1';
const storage = '/apis/storage.k8s.io/v1';

/** Kinds, each with what a good object of it needs. */
const kinds: readonly (readonly [path: string, object: object])[] = [
  [`${core}/endpoints`, { subsets: [{ addresses: [{ ip: '1.2.3.4' }], ports: [{ port: 80 }] }] }],
  [`${core}/limitranges`, { spec: { limits: [{ type: 'Container', default: { cpu: '1' } }] } }],
  [`${core}/resourcequotas`, { spec: { hard: { pods: '5' } } }],
  [`${core}/podtemplates`, { template }],
  [`${core}/replicationcontrollers`, { spec: { template } }],
  [
    `${batch}/cronjobs`,
    { spec: { schedule: '* * * * *', jobTemplate: { spec: { template: jobTemplate } } } },
  ],
  [
    `${networking}/ingresses`,
    { spec: { defaultBackend: { service: { name: 'a', port: { number: 80 } } } } },
  ],
  [
    `${networking}/networkpolicies`,
    { spec: { podSelector: {}, egress: [{ ports: [{ port: 53 }] }] } },
  ],
  ['/apis/networking.k8s.io/v1/ingressclasses', { spec: { controller: 'example.com/c' } }],
  [
    '/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets',
    { spec: { minAvailable: 1, selector: { matchLabels: { a: 'b' } } } },
  ],
  [
    '/apis/autoscaling/v2/namespaces/{ns}/horizontalpodautoscalers',
    {
      spec: {
        scaleTargetRef: target,
        maxReplicas: 3,
        behavior: { scaleDown: { stabilizationWindowSeconds: 5 } },
      },
    },
  ],
  [
    '/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices',
    { addressType: 'IPv4', endpoints: [{ addresses: ['1.2.3.4'] }], ports: [{ port: 80 }] },
  ],
  ['/apis/apps/v1/namespaces/{ns}/controllerrevisions', { revision: 1, data: { b: 1, a: 2 } }],
  [`${storage}/storageclasses`, { provisioner: 'example.com/p' }],
  [`${storage}/csidrivers`, { spec: {} }],
  [`${storage}/csinodes`, { spec: { drivers: [] } }],
  [
    `${storage}/volumeattachments`,
    { spec: { attacher: 'a.b', nodeName: 'n', source: { persistentVolumeName: 'p' } } },
  ],
  ['/apis/scheduling.k8s.io/v1/priorityclasses', { value: 5 }],
  ['/apis/node.k8s.io/v1/runtimeclasses', { handler: 'h' }],
  [`${admission}/validatingwebhookconfigurations`, { webhooks: [webhook] }],
  [`${admission}/mutatingwebhookconfigurations`, { webhooks: [webhook] }],
];

function lifeOf(path: string, object: object): Step[] {
  const metadata = { name: '{ns}' };
  const labelled = { ...metadata, labels: { l: 'm' } };
  return [
    ['PUT', `${path}/{ns}`, { ...object, metadata }],
    ['POST', path, { ...object, metadata }],
    ['PATCH', `${path}/{ns}`, { metadata: { labels: { x: 'y' } } }, merge],
    ['PUT', `${path}/{ns}`, { ...object, metadata: labelled }],
    // What becomes of those that it owns is said, since kinds differ in that.
    ['DELETE', `${path}/{ns}?propagationPolicy=Background`],
  ];
}

/** The kinds that are there: what discovery says of them, and what becomes of their objects. */
export const kindCases: readonly ComparisonCase[] = [
  ...kinds.map(([path, object]) => script(`the life of one of ${path}`, lifeOf(path, object))),
  script('jobs select their pods by their own uid', [
    ['POST', `${batch}/jobs`, { metadata: { name: 'j' }, spec: { template: jobTemplate } }],
    ['PATCH', `${batch}/jobs/j`, { spec: { parallelism: 3 } }, merge],
    ['PATCH', `${batch}/jobs/j`, { spec: { completions: 3 } }, merge],
    ['DELETE', `${batch}/jobs/j?propagationPolicy=Background`],
    [
      'POST',
      `${batch}/jobs`,
      {
        metadata: { generateName: '{ns}', name: 'i', labels: { own: 'label' } },
        spec: { template: jobTemplate, completionMode: 'Indexed', completions: 3, parallelism: 2 },
      },
    ],
    [
      'POST',
      `${batch}/jobs`,
      { metadata: { name: 'p' }, spec: { template: jobTemplate, parallelism: 2 } },
    ],
    [
      'POST',
      `${batch}/jobs`,
      { metadata: { name: 'r' }, spec: { template: { spec: { containers } } } },
    ],
    ['POST', `${batch}/jobs`, { metadata: { name: 'n' } }],
  ]),
  script('what these kinds need, and what of them never changes', [
    [
      'POST',
      `${batch}/cronjobs`,
      { metadata: { name: 'c' }, spec: { jobTemplate: { spec: { template: jobTemplate } } } },
    ],
    ['POST', `${core}/replicationcontrollers`, { metadata: { name: 'r' } }],
    ['POST', `${core}/persistentvolumeclaims`, { metadata: { name: 'p' } }],
    ['POST', `${storage}/storageclasses`, { metadata: { name: '{ns}' } }],
    ['POST', '/apis/node.k8s.io/v1/runtimeclasses', { metadata: { name: '{ns}' } }],
    ['POST', '/apis/apps/v1/namespaces/{ns}/controllerrevisions', { metadata: { name: 'c' } }],
    [
      'POST',
      '/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices',
      { metadata: { name: 'e' } },
    ],
    [
      'POST',
      '/apis/scheduling.k8s.io/v1/priorityclasses',
      { metadata: { name: '{ns}' }, value: 1 },
    ],
    ['PATCH', '/apis/scheduling.k8s.io/v1/priorityclasses/{ns}', { value: 2 }, merge],
    ['PATCH', '/apis/scheduling.k8s.io/v1/priorityclasses/{ns}', { preemptionPolicy: 'X' }, merge],
    ['PATCH', '/apis/scheduling.k8s.io/v1/priorityclasses/{ns}', { description: 'd' }, merge],
    ['DELETE', '/apis/scheduling.k8s.io/v1/priorityclasses/{ns}'],
  ]),
  script('what else these kinds are refused for', [
    ['POST', `${networking}/ingresses`, { metadata: { name: 'i' } }],
    [
      'POST',
      `${networking}/ingresses`,
      {
        metadata: { name: 'i' },
        spec: {
          rules: [
            {
              host: 'a.b',
              http: {
                paths: [{ path: '/', backend: { service: { name: 's', port: { number: 80 } } } }],
              },
            },
          ],
        },
      },
    ],
    [
      'POST',
      '/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets',
      { metadata: { name: 'b' }, spec: { minAvailable: 1, maxUnavailable: 1 } },
    ],
    ...[
      {},
      { scaleTargetRef: target, maxReplicas: 0 },
      { scaleTargetRef: target, minReplicas: 5, maxReplicas: 3 },
    ].map((spec): Step => [
      'POST',
      '/apis/autoscaling/v2/namespaces/{ns}/horizontalpodautoscalers',
      { metadata: { name: 'h' }, spec },
    ]),
    [
      'POST',
      `${batch}/cronjobs`,
      {
        metadata: { name: 'c' },
        spec: { schedule: 'often', jobTemplate: { spec: { template: jobTemplate } } },
      },
    ],
    [
      'POST',
      `${batch}/jobs`,
      { metadata: { name: 'j' }, spec: { backoffLimit: -1, template: jobTemplate } },
    ],
  ]),
  script('services are given an address, and keep it', [
    ['POST', `${core}/services`, { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } }],
    ['PUT', `${core}/services/s`, { metadata: { name: 's' }, spec: { ports: [{ port: 81 }] } }],
    ['PATCH', `${core}/services/s`, { spec: { type: 'NodePort' } }, merge],
    ['PATCH', `${core}/services/s`, { spec: { type: 'ClusterIP' } }, merge],
    ['PATCH', `${core}/services/s`, { spec: { clusterIP: '10.0.0.7' } }, merge],
    [
      'POST',
      `${core}/services`,
      { metadata: { name: 'l' }, spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } },
    ],
  ]),
  script('what is left out of what is stored', [
    [
      'POST',
      `${core}/configmaps`,
      {
        metadata: {
          name: 'm',
          selfLink: '/x',
          ownerReferences: [1, 2].map(() => ({
            apiVersion: 'v1',
            kind: 'ConfigMap',
            name: 'o',
            uid: 'u',
          })),
        },
      },
    ],
    [
      'POST',
      '/apis/coordination.k8s.io/v1/namespaces/{ns}/leases',
      {
        metadata: { name: 'l' },
        spec: { strategy: 'OldestEmulationVersion', preferredHolder: 'a' },
      },
    ],
    ['POST', '/api/v1/nodes', { metadata: { name: '{ns}' }, status: { capacity: { cpu: '2' } } }],
    ['DELETE', '/api/v1/nodes/{ns}'],
  ]),
  {
    name: 'discovery of the built-in groups, in their order',
    async run({ client }) {
      const served = new Set([
        'apiregistration.k8s.io',
        'apps',
        'events.k8s.io',
        'batch',
        'networking.k8s.io',
        'policy',
        'rbac.authorization.k8s.io',
        'storage.k8s.io',
        'admissionregistration.k8s.io',
        'apiextensions.k8s.io',
        'scheduling.k8s.io',
        'coordination.k8s.io',
        'node.k8s.io',
        'discovery.k8s.io',
      ]);
      const missing =
        /^(servicecidrs|ipaddresses|volumeattributesclasses|csistoragecapacities|(validating|mutating)admission|(bindings|componentstatuses)$|(pods|nodes|services)\/(proxy|attach|exec|log|portforward|resize|ephemeral)|namespaces\/finalize)/;
      const groups = (await client.get('/apis')).body.groups.filter(({ name }: any) =>
        served.has(name),
      );
      const resources: unknown[] = [];
      for (const path of ['/api/v1', ...[...served].map((group) => `/apis/${group}/v1`)]) {
        const { body } = await client.get(path);
        const known = body.resources.filter(({ name }: any) => !missing.test(name));
        resources.push({ ...body, resources: known });
      }
      return [groups, resources, (await client.get('/apis/autoscaling/v2')).body];
    },
  },
];
