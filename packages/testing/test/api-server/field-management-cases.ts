/** One request: `{ns}` in the path is the namespace of the case. */
export interface Step {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'GET' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly type?: string;
  readonly userAgent?: string;
  /** A `PUT` of what is there, changed; its own manager and version are left in it. */
  readonly change?: (object: any) => unknown;
}

/** Requests, one after the other, to which both servers must say the same, managedFields included. */
export interface FieldManagementCase {
  readonly name: string;
  readonly steps: readonly Step[];
}

const maps = '/api/v1/namespaces/{ns}/configmaps';
const pods = '/api/v1/namespaces/{ns}/pods';
const services = '/api/v1/namespaces/{ns}/services';
const secrets = '/api/v1/namespaces/{ns}/secrets';
const accounts = '/api/v1/namespaces/{ns}/serviceaccounts';
const deployments = '/apis/apps/v1/namespaces/{ns}/deployments';
const daemonSets = '/apis/apps/v1/namespaces/{ns}/daemonsets';
const statefulSets = '/apis/apps/v1/namespaces/{ns}/statefulsets';
const bindings = '/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/rolebindings';
const roles = '/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles';
const batch = '/apis/batch/v1/namespaces/{ns}';
const networking = '/apis/networking.k8s.io/v1/namespaces/{ns}';
const budgets = '/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets';
const autoscalers = '/apis/autoscaling/v2/namespaces/{ns}/horizontalpodautoscalers';
const slices = '/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices';
const hooks = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
const events = '/apis/events.k8s.io/v1/namespaces/{ns}/events';
const leases = '/apis/coordination.k8s.io/v1/namespaces/{ns}/leases';
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const gadgets = '/apis/managed.depwatch.test/v1/namespaces/{ns}/gadgets';
const gizmos = '/apis/managed.depwatch.test/v1/namespaces/{ns}/gizmos';

const post = (path: string, body: unknown, manager = 'creator'): Step => ({
  method: 'POST',
  path: `${path}?fieldManager=${manager}`,
  body,
});
const put = (path: string, change: (object: any) => unknown, manager = 'updater'): Step => ({
  method: 'PUT',
  path: `${path}?fieldManager=${manager}`,
  change,
});
const patch = (path: string, body: unknown, kind = 'merge', manager = 'patcher'): Step => ({
  method: 'PATCH',
  path: `${path}?fieldManager=${manager}`,
  body,
  type: `application/${kind}-patch+json`,
});
const apply = (path: string, body: unknown, manager = 'applier', more = ''): Step => ({
  method: 'PATCH',
  path: `${path}?${manager && `fieldManager=${manager}`}${more}`,
  body,
  type: 'application/apply-patch+yaml',
});
const force = '&force=true';

const map = (data?: object, metadata: object = {}): any => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', ...metadata },
  ...(data && { data }),
});
const pod = (spec: object, metadata: object = {}): any => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a', ...metadata },
  spec,
});
const workload = (kind: string, spec: object = {}, container: object = {}): any => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: 'a' },
  spec: {
    selector: { matchLabels: { app: 'a' } },
    template: {
      metadata: { labels: { app: 'a' } },
      spec: { containers: [{ name: 'c', image: 'image:1', ...container }] },
    },
    ...spec,
  },
});
const jobTemplate = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } };
const deployment = (spec?: object, container?: object): any =>
  workload('Deployment', spec, container);
const service = (spec: object): any => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'a' },
  spec,
});
const custom = (kind: string, fields: object): any => ({
  apiVersion: 'managed.depwatch.test/v1',
  kind,
  metadata: { name: 'a' },
  ...fields,
});
const ownerOf = (fieldsV1: object): object => ({
  manager: 'sent',
  operation: 'Update',
  apiVersion: 'v1',
  fieldsType: 'FieldsV1',
  fieldsV1,
});
const containerOf = (...containers: object[]): any => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'a' },
  spec: { template: { spec: { containers } } },
});

function definition(kind: string, schema: object): any {
  const plural = `${kind.toLowerCase()}s`;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.managed.depwatch.test` },
    spec: {
      group: 'managed.depwatch.test',
      scope: 'Namespaced',
      names: { plural, kind },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: schema },
        },
      ],
    },
  };
}

const text = { type: 'string' };
const keyed = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['host', 'port'],
  items: {
    type: 'object',
    required: ['host'],
    properties: { host: text, port: { type: 'integer', default: 80 }, path: text },
  },
};

/** What both servers are told before the cases: two definitions, with and without a schema that says more than "object". */
export const definitionsOfCases: readonly object[] = [
  definition('Gadget', {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          size: { type: 'integer' },
          labels: { type: 'object', additionalProperties: text },
          fixed: { type: 'object', additionalProperties: text, 'x-kubernetes-map-type': 'atomic' },
          nested: { type: 'object', properties: { a: text, b: text } },
          plain: { type: 'array', items: text },
          tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: text },
          routes: keyed,
        },
      },
      status: { type: 'object', properties: { phase: text, seen: { type: 'integer' } } },
    },
  }),
  definition('Gizmo', { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }),
];

const gadget = (spec: object): any => custom('Gadget', { spec });
const gizmo = (spec: object): any => custom('Gizmo', { spec });

export const fieldManagementCases: readonly FieldManagementCase[] = [
  {
    name: 'a create is an Update of all that was sent, by whom the user agent names',
    steps: [
      { method: 'POST', path: maps, body: map({ a: '1' }), userAgent: 'kubectl/v1.36 (linux)' },
      { method: 'POST', path: maps, body: map({}, { name: 'b', labels: { x: 'y' } }) },
      { method: 'POST', path: maps, body: map(undefined, { name: 'c' }), userAgent: 'some agent' },
      post(maps, map({ a: '1' }, { name: 'd', annotations: { x: 'y' }, finalizers: ['a.b/c'] })),
      post(maps, map({ a: '1' }, { name: undefined, generateName: 'e-' })),
      { method: 'POST', path: maps, body: map({ a: '' }, { name: 'f' }), userAgent: '' },
      post(maps, { ...map(undefined, { name: 'g' }), immutable: false, binaryData: { b: 'YQ==' } }),
    ],
  },
  {
    name: 'managers and options that are refused',
    steps: [
      post(maps, map(), 'x'.repeat(129)),
      post(maps, map(), 'a%01b'),
      apply(`${maps}/a`, map(), ''),
      apply(`${maps}/a`, map(), 'x'.repeat(129)),
      { ...patch(`${maps}/a`, {}, 'merge'), path: `${maps}/a?force=true` },
      apply(`${maps}/a`, map(), 'applier', '&force=maybe'),
    ],
  },
  {
    name: 'owner references and finalizers are tracked by item',
    steps: [
      post(
        maps,
        map(
          { a: '1' },
          {
            ownerReferences: [
              {
                apiVersion: 'v1',
                kind: 'Pod',
                name: 'p',
                uid: 'aaaaaaaa-0000-0000-0000-000000000001',
              },
            ],
            finalizers: ['a.b/c', 'a.b/d'],
          },
        ),
      ),
      patch(`${maps}/a`, { metadata: { finalizers: ['a.b/d', 'a.b/e'] } }),
      patch(`${maps}/a`, { metadata: { finalizers: null } }, 'merge', 'other'),
    ],
  },
  {
    name: 'an update owns what it changed, and what it removed is nobody’s',
    steps: [
      post(maps, map({ a: '1', b: '1', c: '1' })),
      put(`${maps}/a`, (live) => ({ ...live, data: { a: '2', b: '1', d: '1' } })),
      put(`${maps}/a`, (live) => ({ ...live, data: { a: '3', b: '1' } }), 'creator'),
      put(`${maps}/a`, ({ data: _data, ...live }) => live),
    ],
  },
  {
    name: 'an update that changes nothing leaves managers and version alone',
    steps: [
      post(maps, map({ a: '1' })),
      put(`${maps}/a`, (live) => live, 'other'),
      patch(`${maps}/a`, { data: { a: '1' } }, 'merge', 'other'),
      patch(`${maps}/a`, [{ op: 'add', path: '/data/a', value: '1' }], 'json', 'other'),
    ],
  },
  {
    name: 'each kind of patch is an Update',
    steps: [
      post(maps, map({ a: '1' })),
      patch(`${maps}/a`, { data: { b: '1' } }, 'merge', 'merger'),
      patch(`${maps}/a`, [{ op: 'add', path: '/data/c', value: '1' }], 'json', 'stepper'),
      patch(`${maps}/a`, { data: { d: '1' } }, 'strategic-merge', 'strategist'),
      patch(`${maps}/a`, { metadata: { labels: { x: 'y' } } }, 'merge', 'merger'),
    ],
  },
  {
    name: 'managedFields that a client sends are taken, reset or ignored',
    steps: [
      post(maps, map({ a: '1' })),
      put(`${maps}/a`, ({ metadata: { managedFields: _gone, ...metadata }, ...live }) => ({
        ...live,
        metadata,
        data: { a: '2' },
      })),
      put(`${maps}/a`, (live) => ({
        ...live,
        metadata: { ...live.metadata, managedFields: live.metadata.managedFields.slice(0, 1) },
      })),
      patch(`${maps}/a`, { metadata: { managedFields: [{}] } }),
      patch(`${maps}/a`, { data: { b: '1' } }),
      apply(`${maps}/a`, map({ c: '1' })),
      patch(`${maps}/a`, { metadata: { managedFields: [{}] } }),
      apply(`${maps}/a`, map({ a: '7' })),
      patch(`${maps}/a`, { metadata: { managedFields: [] } }),
      patch(`${maps}/a`, { metadata: { managedFields: [{ manager: 'x', operation: 'Do' }] } }),
      patch(`${maps}/a`, { metadata: { managedFields: [ownerOf({ 'f:data': { 'f:a': {} } })] } }),
      patch(`${maps}/a`, { metadata: { managedFields: [ownerOf({ 'k:{': {} })] } }),
      patch(`${maps}/a`, { metadata: { managedFields: [ownerOf({ 'v:': {} })] } }),
    ],
  },
  {
    name: 'pods: defaults are the creator’s, lists are known by their keys',
    steps: [
      post(
        pods,
        pod({
          containers: [
            {
              name: 'c',
              image: 'image:1',
              env: [
                { name: 'A', value: '1' },
                { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
                { name: 'C', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
              ],
              envFrom: [{ configMapRef: { name: 'm' } }],
              ports: [
                { containerPort: 80 },
                { containerPort: 443, name: 'tls' },
                { containerPort: 80, protocol: 'UDP' },
              ],
              args: ['a', 'b'],
              volumeMounts: [{ name: 'v', mountPath: '/v' }],
              resources: { requests: { cpu: '1' }, limits: { cpu: '1' } },
              livenessProbe: { httpGet: { path: '/', port: 80 } },
            },
          ],
          nodeSelector: { a: 'b' },
          tolerations: [{ key: 'a', operator: 'Exists' }],
          imagePullSecrets: [{ name: 's' }],
          volumes: [
            { name: 'v', emptyDir: {} },
            { name: 'w', configMap: { name: 'm', items: [{ key: 'k', path: 'p' }] } },
            { name: 'x', projected: { sources: [{ secret: { name: 's' } }] } },
          ],
          securityContext: { runAsUser: 1 },
        }),
      ),
      patch(
        `${pods}/a`,
        { spec: { containers: [{ name: 'c', image: 'image:2' }] } },
        'strategic-merge',
      ),
      patch(`${pods}/a/status`, {
        status: { phase: 'Running', podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] },
      }),
      patch(
        `${pods}/a/status`,
        { status: { conditions: [{ type: 'Ready', status: 'True' }] } },
        'strategic-merge',
        'kubelet',
      ),
      patch(
        `${pods}/a/status`,
        { status: { conditions: [{ type: 'Ready', status: 'False' }] } },
        'strategic-merge',
        'other',
      ),
    ],
  },
  {
    name: 'deployments: what is created, scaled and reported',
    steps: [
      post(deployments, deployment()),
      patch(`${deployments}/a`, { spec: { replicas: 3 } }),
      patch(`${deployments}/a/status`, { status: { replicas: 3, observedGeneration: 2 } }),
      put(`${deployments}/a/status`, (live) => ({ ...live, status: { replicas: 2 } })),
      put(`${deployments}/a`, (live) => ({ ...live, status: { replicas: 9 } })),
    ],
  },
  {
    name: 'scale: replicas are whose who scales',
    steps: [
      apply(`${deployments}/a`, deployment({ replicas: 1 })),
      patch(`${deployments}/a/scale`, { spec: { replicas: 2 } }, 'merge', 'scaler'),
      put(`${deployments}/a/scale`, (live) => ({ ...live, spec: { replicas: 3 } }), 'autoscaler'),
      { method: 'GET', path: `${deployments}/a` },
      apply(`${deployments}/a`, deployment({ replicas: 1 })),
      apply(`${deployments}/a`, deployment()),
      patch(`${deployments}/a`, { spec: { replicas: 4 } }),
      patch(`${deployments}/a/scale`, { spec: { replicas: 5 } }, 'merge', 'scaler'),
      { method: 'GET', path: `${deployments}/a` },
      apply(`${statefulSets}/a`, workload('StatefulSet', { serviceName: 'a' })),
      patch(`${statefulSets}/a/scale`, { spec: { replicas: 5 } }, 'merge', 'scaler'),
      { method: 'GET', path: `${statefulSets}/a` },
    ],
  },
  {
    name: 'daemon sets and stateful sets',
    steps: [
      post(daemonSets, workload('DaemonSet')),
      patch(`${daemonSets}/a`, { spec: { minReadySeconds: 3 } }),
      post(statefulSets, workload('StatefulSet', { serviceName: 'a' })),
      patch(`${statefulSets}/a`, { spec: { replicas: 2 } }),
    ],
  },
  {
    name: 'services: ports by number and protocol, addresses are the server’s',
    steps: [
      post(
        services,
        service({ selector: { a: 'b' }, clusterIP: 'None', ports: [{ name: 't', port: 80 }] }),
      ),
      patch(
        `${services}/a`,
        { spec: { ports: [{ port: 53, protocol: 'UDP', name: 'u' }] } },
        'strategic-merge',
      ),
      patch(`${services}/a`, { spec: { selector: { c: 'd' } } }),
      post(services, {
        ...service({ type: 'NodePort', selector: { a: 'b' }, ports: [{ port: 80 }] }),
        metadata: { name: 'b' },
      }),
      patch(`${services}/b`, { metadata: { labels: { a: 'b' } } }),
    ],
  },
  {
    name: 'secrets, service accounts, bindings, leases',
    steps: [
      post(secrets, { metadata: { name: 'a' }, stringData: { a: 'b' }, data: { c: 'ZA==' } }),
      post(accounts, {
        metadata: { name: 'a' },
        secrets: [{ name: 's' }],
        imagePullSecrets: [{ name: 'i' }],
      }),
      post(bindings, {
        metadata: { name: 'a' },
        roleRef: { kind: 'Role', name: 'r' },
        subjects: [{ kind: 'User', name: 'u' }],
      }),
      post(leases, {
        metadata: { name: 'a' },
        spec: { holderIdentity: 'x', leaseDurationSeconds: 5 },
      }),
    ],
  },
  {
    name: 'jobs, budgets, ingresses and their like',
    steps: [
      post(`${batch}/jobs`, { metadata: { name: 'a' }, spec: { template: jobTemplate } }),
      apply(`${batch}/jobs/b`, {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'b' },
        spec: { template: jobTemplate },
      }),
      post(`${batch}/cronjobs`, {
        metadata: { name: 'a' },
        spec: { schedule: '0 * * * *', jobTemplate: { spec: { template: jobTemplate } } },
      }),
      post(budgets, {
        metadata: { name: 'a' },
        spec: { minAvailable: 1, selector: { matchLabels: { a: 'b' } } },
      }),
      post(`${networking}/ingresses`, {
        metadata: { name: 'a' },
        spec: {
          rules: [
            {
              host: 'h',
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
      post(`${networking}/networkpolicies`, {
        metadata: { name: 'a' },
        spec: { podSelector: {}, ingress: [{ ports: [{ port: 80 }] }] },
      }),
      post(autoscalers, {
        metadata: { name: 'a' },
        spec: {
          maxReplicas: 3,
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' },
        },
      }),
      post(slices, {
        metadata: { name: 'a' },
        addressType: 'IPv4',
        endpoints: [{ addresses: ['10.0.0.1'] }],
        ports: [{ name: 'p', port: 80 }],
      }),
      post(hooks, {
        metadata: { name: '{ns}' },
        webhooks: [
          {
            name: 'a.b.c',
            clientConfig: { url: 'https://a.example' },
            sideEffects: 'None',
            admissionReviewVersions: ['v1'],
            rules: [
              { apiGroups: ['x'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['y'] },
            ],
          },
        ],
      }),
      post(roles, {
        metadata: { name: 'a' },
        rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
      }),
      apply(`${roles}/a`, {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'a' },
        rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }],
      }),
    ],
  },
  {
    name: 'events, by both of their groups',
    steps: [
      post('/api/v1/namespaces/{ns}/events', {
        metadata: { name: 'a' },
        involvedObject: { namespace: '{ns}', kind: 'Pod', name: 'p' },
        reason: 'R',
        message: 'm',
        type: 'Normal',
        source: { component: 'c' },
        firstTimestamp: '2026-01-01T00:00:00Z',
        lastTimestamp: '2026-01-01T00:00:00Z',
        count: 1,
      }),
      patch('/api/v1/namespaces/{ns}/events/a', { count: 2 }),
      post(events, {
        metadata: { name: 'b' },
        eventTime: '2026-01-01T00:00:00.000000Z',
        regarding: { namespace: '{ns}', kind: 'Pod', name: 'p' },
        reason: 'R',
        note: 'n',
        type: 'Normal',
        action: 'A',
        reportingController: 'c/d',
        reportingInstance: 'i',
      }),
      patch(`${events}/b`, {
        series: { count: 2, lastObservedTime: '2026-01-01T00:00:01.000000Z' },
      }),
    ],
  },
  {
    name: 'namespaces carry their label, and no finalizer of their creator',
    steps: [
      { method: 'GET', path: '/api/v1/namespaces/default' },
      post('/api/v1/namespaces', { metadata: { name: '{ns}-more', labels: { a: 'b' } } }),
      patch('/api/v1/namespaces/{ns}-more', { metadata: { annotations: { c: 'd' } } }),
    ],
  },
  {
    name: 'custom resources: with a schema and without one',
    steps: [
      post(
        gadgets,
        gadget({ size: 1, labels: { a: 'b' }, plain: ['a'], tags: ['x', 'y'], nested: {} }),
      ),
      patch(`${gadgets}/a`, { spec: { size: 2, fixed: { a: 'b' }, nested: { a: '1' } } }),
      patch(`${gadgets}/a/status`, { status: { phase: 'Ready' } }),
      put(`${gadgets}/a/status`, (live) => ({ ...live, status: { phase: 'Done', seen: 1 } })),
      post(gizmos, gizmo({ list: [{ a: 1 }], map: { b: { c: 1 } }, none: null, empty: {} })),
      patch(`${gizmos}/a`, { spec: { map: { b: { d: 2 } }, list: [] } }),
    ],
  },
  {
    name: 'apply creates what is absent, and owns what it said',
    steps: [
      apply(`${maps}/a`, map({ a: '1' }, { labels: { x: 'y' } })),
      apply(
        `${maps}/b`,
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\ndata:\n  a: "1"\n',
      ),
      apply(`${maps}/c`, map({}, { name: undefined })),
      apply(
        `${leases}/a`,
        'apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata:\n  name: a\nspec:\n  renewTime: 2026-01-02T03:04:05.123456Z\n',
      ),
      apply(
        `${maps}/e`,
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: e\nimmutable: yes\ndata:\n  a: "1"\n  a: "2"\n  __proto__: x\n',
      ),
      apply(`${maps}/d`, map({ a: '1' }, { name: 'd' }), 'applier', '&dryRun=All'),
      { method: 'GET', path: `${maps}/d` },
      apply(`${deployments}/a`, deployment({ replicas: 2 }, { ports: [{ containerPort: 80 }] })),
      apply(
        `${services}/a`,
        service({
          selector: { a: 'b' },
          clusterIP: 'None',
          ports: [{ port: 80, protocol: 'TCP' }],
        }),
      ),
      apply(`${pods}/a`, pod({ containers: [{ name: 'c', image: 'i' }] })),
      apply(`${secrets}/a`, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'a' },
        stringData: { a: 'b' },
      }),
    ],
  },
  {
    name: 'an apply of the same is no write, whoever does it',
    steps: [
      apply(`${maps}/a`, map({ a: '1' })),
      apply(`${maps}/a`, map({ a: '1' })),
      apply(`${maps}/a`, map({ a: '1' }), 'other'),
      apply(`${maps}/a`, map({ a: '1' }), 'other'),
      apply(`${maps}/a`, map({ a: '1' }), 'applier', force),
    ],
  },
  {
    name: 'what a manager no longer applies goes, unless others own it',
    steps: [
      apply(`${maps}/a`, map({ a: '1', b: '1', c: '1' }, { labels: { x: 'y', z: 'z' } })),
      apply(`${maps}/a`, map({ b: '1' }), 'other'),
      patch(`${maps}/a`, { data: { d: '1' } }),
      apply(`${maps}/a`, map({ a: '1' })),
      apply(`${maps}/a`, map()),
      apply(`${maps}/a`, map(undefined), 'other'),
    ],
  },
  {
    name: 'conflicts name managers and fields',
    steps: [
      post(maps, map({ a: '1', b: '1' }, { labels: { x: 'y' } })),
      apply(`${maps}/a`, map({ a: '2' })),
      apply(`${maps}/a`, map({ a: '2', b: '2' }, { labels: { x: 'z' } })),
      apply(`${maps}/a`, map({ a: '1' })),
      apply(`${maps}/a`, map({ a: '2' }), 'applier', force),
      apply(`${maps}/a`, map({ a: '3' }), 'other'),
      apply(`${maps}/a`, map({ a: '3', b: '3' }), 'other'),
      apply(`${maps}/a`, map({ a: '3', b: '3' }), 'other', force),
      apply(`${maps}/a`, map({ a: '2' })),
      { method: 'GET', path: `${maps}/a` },
    ],
  },
  {
    name: 'conflicts in keyed lists, sets and atomic values',
    steps: [
      apply(`${deployments}/a`, deployment({ replicas: 1 }, { env: [{ name: 'A', value: '1' }] })),
      apply(`${deployments}/a`, containerOf({ name: 'c', image: 'image:2' }), 'other'),
      apply(
        `${deployments}/a`,
        containerOf({ name: 'c', env: [{ name: 'A', value: '2' }] }),
        'other',
      ),
      apply(`${deployments}/a`, containerOf({ name: 'c', args: ['x'] }), 'other'),
      apply(`${deployments}/a`, containerOf({ name: 'c', args: ['y'] })),
      apply(
        `${deployments}/a`,
        { ...containerOf(), spec: { selector: { matchLabels: { b: 'c' } } } },
        'other',
      ),
      patch(`${deployments}/a/status`, { status: { replicas: 1 } }, 'merge', 'controller'),
      apply(
        `${deployments}/a/status`,
        { ...containerOf(), spec: undefined, status: { replicas: 2 } },
        'other',
      ),
    ],
  },
  {
    name: 'keyed lists are merged, ordered and pruned by item',
    steps: [
      apply(
        `${deployments}/a`,
        deployment(undefined, {
          env: [
            { name: 'A', value: '1' },
            { name: 'B', value: '1' },
          ],
        }),
      ),
      apply(
        `${deployments}/a`,
        containerOf({
          name: 'c',
          env: [
            { name: 'C', value: '1' },
            { name: 'B', value: '1' },
          ],
        }),
        'other',
      ),
      apply(`${deployments}/a`, containerOf({ name: 'side', image: 'side:1' }), 'side'),
      apply(
        `${deployments}/a`,
        containerOf({
          name: 'c',
          env: [
            { name: 'D', value: '1' },
            { name: 'C', value: '1' },
          ],
        }),
        'other',
      ),
      apply(
        `${deployments}/a`,
        deployment(undefined, {
          env: [
            { name: 'B', value: '1' },
            { name: 'A', value: '1' },
          ],
        }),
      ),
      apply(`${deployments}/a`, deployment()),
      apply(`${deployments}/a`, { ...containerOf(), spec: {} }, 'side'),
      apply(`${deployments}/a`, { ...containerOf(), spec: undefined }, 'other'),
    ],
  },
  {
    name: 'ports have a protocol by default',
    steps: [
      apply(`${deployments}/a`, deployment(undefined, { ports: [{ containerPort: 80 }] })),
      apply(
        `${deployments}/a`,
        containerOf({ name: 'c', ports: [{ containerPort: 80, protocol: 'TCP', name: 'x' }] }),
        'other',
      ),
      apply(
        `${deployments}/a`,
        containerOf({ name: 'c', ports: [{ containerPort: 80, protocol: 'UDP' }] }),
        'udp',
      ),
      apply(`${deployments}/a`, deployment()),
    ],
  },
  {
    name: 'sets are merged by value',
    steps: [
      apply(`${maps}/a`, map(undefined, { finalizers: ['a.b/c', 'a.b/d'] })),
      apply(`${maps}/a`, map(undefined, { finalizers: ['a.b/e', 'a.b/d'] }), 'other'),
      apply(`${maps}/a`, map(undefined, { finalizers: ['a.b/c'] })),
      apply(`${maps}/a`, map(undefined), 'other'),
    ],
  },
  {
    name: 'an Update takes over from an apply, and gives back',
    steps: [
      apply(`${maps}/a`, map({ a: '1', b: '1' })),
      patch(`${maps}/a`, { data: { a: '2' } }),
      apply(`${maps}/a`, map({ a: '1', b: '1' })),
      apply(`${maps}/a`, map({ a: '2', b: '1' })),
      apply(`${maps}/a`, map({ b: '1' })),
    ],
  },
  {
    name: 'the same name as Update and as Apply is two managers',
    steps: [
      post(maps, map({ a: '1' }), 'both'),
      apply(`${maps}/a`, map({ a: '1', b: '1' }), 'both'),
      apply(`${maps}/a`, map({ a: '2', b: '1' }), 'both'),
      apply(`${maps}/a`, map({ b: '1' }), 'both'),
    ],
  },
  {
    name: 'spec and status are applied apart',
    steps: [
      apply(`${deployments}/a`, { ...deployment({ replicas: 1 }), status: { replicas: 5 } }),
      apply(`${deployments}/a/status`, { ...deployment({ replicas: 9 }), status: { replicas: 1 } }),
      apply(`${deployments}/a`, deployment({ replicas: 2 })),
      apply(`${deployments}/a/status`, {
        ...containerOf(),
        spec: undefined,
        status: { observedGeneration: 1 },
      }),
      apply(`${deployments}/none/status`, { ...deployment(), metadata: { name: 'none' } }),
    ],
  },
  {
    name: 'custom resources: maps, sets, keyed and atomic lists by their schema',
    steps: [
      apply(`${gadgets}/a`, gadget({ size: 1, labels: { a: '1' }, tags: ['x'], plain: ['a'] })),
      apply(`${gadgets}/a`, gadget({ labels: { b: '1' }, tags: ['y', 'x'] }), 'other'),
      apply(`${gadgets}/a`, gadget({ plain: ['a', 'b'] }), 'other'),
      apply(
        `${gadgets}/a`,
        gadget({
          routes: [
            { host: 'a', port: 80 },
            { host: 'a', port: 81, path: '/' },
          ],
        }),
        'routes',
      ),
      apply(`${gadgets}/a`, gadget({ routes: [{ host: 'a', port: 80, path: '/x' }] }), 'path'),
      apply(`${gadgets}/a`, gadget({ fixed: { a: '1' }, nested: { a: '1' } }), 'fixer'),
      apply(`${gadgets}/a`, gadget({ fixed: { b: '1' }, nested: { b: '1' } }), 'breaker'),
      apply(`${gadgets}/a`, gadget({ fixed: { b: '1' }, nested: { b: '1' } }), 'breaker', force),
      apply(`${gadgets}/a`, gadget({}), 'routes'),
      apply(`${gadgets}/a`, gadget({ size: 1 })),
      apply(`${gadgets}/a/status`, custom('Gadget', { status: { phase: 'Up' } }), 'reporter'),
      apply(
        `${gadgets}/a/status`,
        custom('Gadget', { spec: { size: 3 }, status: { seen: 1 } }),
        'reporter',
      ),
    ],
  },
  {
    name: 'custom resources without a schema: maps granular, lists atomic',
    steps: [
      apply(`${gizmos}/a`, gizmo({ map: { a: 1, b: { c: 1 } }, list: [1], empty: {} })),
      apply(`${gizmos}/a`, gizmo({ map: { b: { d: 1 } } }), 'other'),
      apply(`${gizmos}/a`, gizmo({ list: [1, 2] }), 'other'),
      apply(`${gizmos}/a`, gizmo({ map: { a: 1 } })),
    ],
  },
  {
    name: 'what cannot be applied',
    steps: [
      apply(`${maps}/a`, map({ a: '1' }, { managedFields: [{}] })),
      apply(`${maps}/a`, { kind: 'ConfigMap', metadata: { name: 'a' } }),
      apply(`${maps}/a`, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } }),
      apply(`${maps}/a`, { apiVersion: 'v2', kind: 'ConfigMap', metadata: { name: 'a' } }),
      apply(`${maps}/a`, map({ a: '1' }, { name: 'b' })),
      apply(`${maps}/a`, map({ a: '1' }, { namespace: 'elsewhere' })),
      apply(`${maps}/a`, map({ a: '1' }, { uid: 'mine' })),
      apply(`${maps}/a`, map({ a: '1' }, { resourceVersion: '1' })),
      apply(`${maps}/a`, map({ a: '1' }, { uid: 'mine' })),
      apply(`${maps}/a`, { ...map(), more: 'x' }),
      apply(`${maps}/a`, map({ a: 1 })),
      apply(`${maps}/a`, '{'),
      apply(`${maps}/a`, '[1]'),
      apply(`${maps}/a`, 'just text'),
      apply(`${maps}/a`, map({ a: '1' })),
      apply(`${maps}/a`, map({ a: '2' }, { resourceVersion: '1' })),
      apply(`${maps}/a`, map({ a: '2' }, { uid: 'mine' })),
      apply(`${deployments}/a`, deployment(undefined, { env: [{ name: 'A' }, { name: 'A' }] })),
      apply(`${deployments}/a`, { ...deployment(), spec: {} }),
      { ...apply(`${maps}`, map()), method: 'POST' },
    ],
  },
  {
    name: 'a definition: what its creator and the server own',
    steps: [
      patch(`${definitions}/gizmos.managed.depwatch.test`, {
        metadata: { labels: { '{ns}': 'x' } },
      }),
    ],
  },
  {
    name: 'kubectl: client-side apply gives way to server-side apply',
    steps: [
      {
        ...post(
          maps,
          map(
            { a: '1', b: '1' },
            {
              annotations: {
                'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(map({ a: '1' })),
              },
            },
          ),
          'kubectl-client-side-apply',
        ),
      },
      apply(`${maps}/a`, map({ a: '2' }), 'kubectl'),
      apply(`${maps}/a`, map({ a: '3', b: '3' }), 'kubectl'),
    ],
  },
  {
    // Named in the order in which they come, so that it doesn't matter in which second they do.
    name: 'more than ten updaters become one of long ago',
    steps: [
      post(maps, map({ a: '1' }), 'a'),
      ...Array.from({ length: 12 }, (_, index) =>
        patch(`${maps}/a`, { data: { [`k${index}`]: '1' } }, 'merge', `m${10 + index}`),
      ),
    ],
  },
];
