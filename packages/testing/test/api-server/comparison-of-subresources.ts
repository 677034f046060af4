import {
  type ComparisonCase,
  json,
  merge,
  script,
  type Step,
  strategic,
  workload,
} from './comparison-cases.ts';

const deployments = '/apis/apps/v1/namespaces/{ns}/deployments';
const pods = '/api/v1/namespaces/{ns}/pods';
const budgets = '/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets';
const scale = `${deployments}/d/scale`;
const containers = [{ name: 'c', image: 'i' }];
const labels = { a: 'b' };
const template = { metadata: { labels }, spec: { containers } };

function pod(name: string, spec: object = {}): object {
  return { metadata: { name, labels }, spec: { containers, ...spec } };
}

function wanted(replicas: unknown, metadata: object = {}): object {
  return { metadata: { name: 'd', ...metadata }, spec: { replicas } };
}

function budget(name: string, spec: object = {}): object {
  return {
    metadata: { name },
    spec: { minAvailable: 1, selector: { matchLabels: labels }, ...spec },
  };
}

const running = { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } };
const evict: Step = ['POST', `${pods}/p/eviction`, { metadata: { name: 'p' } }];

/** What is asked of an object's subresources beside its status. */
export const subresourceCases: readonly ComparisonCase[] = [
  script('scale of a deployment', [
    ['POST', deployments, workload('d')],
    ['GET', scale],
    ['PUT', scale, wanted(3)],
    ['PUT', scale, { kind: 'Scale', apiVersion: 'autoscaling/v1', ...wanted(3) }],
    ['PUT', scale, wanted(3, { resourceVersion: '1' })],
    ['PUT', scale, wanted(3, { uid: 'x' })],
    ['PUT', scale, wanted(3, { name: 'other' })],
    ['PUT', scale, wanted('3')],
    ['PUT', scale, wanted(-1)],
    ['PUT', `${scale}?dryRun=All`, wanted(9)],
    ['PUT', scale, { metadata: { name: 'd' } }],
    ['PATCH', scale, { spec: { replicas: 5 } }, merge],
    ['PATCH', scale, { spec: { replicas: 5 } }, merge],
    ['PATCH', scale, [{ op: 'replace', path: '/spec/replicas', value: 2 }], json],
    ['PATCH', scale, { spec: { replicas: 4 } }, strategic],
    ['PATCH', scale, { spec: { replicas: -1 } }, merge],
    ['PATCH', scale, { foo: 1 }, merge],
    ['GET', `${deployments}/d`],
    ['DELETE', scale],
    ['POST', scale, {}],
    ['GET', `${deployments}/missing/scale`],
    ['PUT', `${deployments}/missing/scale`, { metadata: { name: 'missing' } }],
    ['PATCH', `${deployments}/missing/scale`, { spec: { replicas: 5 } }, merge],
  ]),
  script('scale of what else has one', [
    [
      'POST',
      '/apis/apps/v1/namespaces/{ns}/statefulsets',
      {
        metadata: { name: 's' },
        spec: {
          serviceName: 's',
          selector: {
            matchLabels: labels,
            matchExpressions: [
              { key: 'z', operator: 'DoesNotExist' },
              { key: 'a', operator: 'In', values: ['c', 'b'] },
            ],
          },
          template,
        },
      },
    ],
    ['GET', '/apis/apps/v1/namespaces/{ns}/statefulsets/s/scale'],
    [
      'POST',
      '/api/v1/namespaces/{ns}/replicationcontrollers',
      { metadata: { name: 'r' }, spec: { template } },
    ],
    ['GET', '/api/v1/namespaces/{ns}/replicationcontrollers/r/scale'],
    ['GET', '/apis/apps/v1/namespaces/{ns}/daemonsets/x/scale'],
    ['GET', '/api/v1/namespaces/{ns}/configmaps/x/scale'],
  ]),
  {
    name: 'scale of a custom resource, where its definition has the paths',
    async run({ client, namespace }) {
      const group = `${namespace}.example.com`;
      const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
      const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
      await client.post(definitions, {
        metadata: { name: `foos.${group}` },
        spec: {
          group,
          scope: 'Namespaced',
          names: { plural: 'foos', kind: 'Foo' },
          versions: [
            {
              name: 'v1',
              served: true,
              storage: true,
              schema: {
                openAPIV3Schema: {
                  type: 'object',
                  properties: { spec: anything, status: anything },
                },
              },
              subresources: {
                status: {},
                scale: {
                  specReplicasPath: '.spec.size',
                  statusReplicasPath: '.status.size',
                  labelSelectorPath: '.status.selector',
                },
              },
            },
          ],
        },
      });
      const path = `/apis/${group}/v1/namespaces/${namespace}/foos`;
      const foo = { kind: 'Foo', apiVersion: `${group}/v1`, metadata: { name: 'f' } };
      let created = await client.post(path, { ...foo, spec: { size: 2 } });
      while (created.status === 404) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        created = await client.post(path, { ...foo, spec: { size: 2 } });
      }
      const status = { size: 1, selector: 'a=b' };
      await client.request('PATCH', `${path}/f/status`, {
        body: { status },
        contentType: 'application/merge-patch+json',
      });
      const answers = [
        await client.get(`${path}/f/scale`),
        await client.put(`${path}/f/scale`, { metadata: { name: 'f' }, spec: { replicas: 7 } }),
        await client.patch(`${path}/f/scale`, { spec: { replicas: 8 } }),
        await client.get(`${path}/f`),
        await client.get(`/apis/${group}/v1`),
      ];
      await client.delete(`${definitions}/foos.${group}`);
      return answers.map((answer) => [answer.status, answer.body]);
    },
  },
  script('binding a pod to a node', [
    ['POST', pods, pod('p')],
    ['POST', `${pods}/p/binding`, { target: { kind: 'Node', name: 'n' } }],
    ['POST', `${pods}/p/binding`, { metadata: { name: 'q' }, target: { name: 'n' } }],
    ['POST', `${pods}/p/binding`, { metadata: { name: 'p' }, target: { kind: 'Pod', name: 'n' } }],
    ['POST', `${pods}/p/binding`, { metadata: { name: 'p' }, target: {} }],
    ['POST', `${pods}/p/binding?dryRun=All`, { metadata: { name: 'p' }, target: { name: 'n' } }],
    [
      'POST',
      `${pods}/p/binding`,
      { metadata: { name: 'p', annotations: { x: 'y' } }, target: { kind: 'Node', name: 'n' } },
    ],
    ['POST', `${pods}/p/binding`, { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n' } }],
    ['GET', `${pods}/p`],
    ['POST', `${pods}/none/binding`, { metadata: { name: 'none' }, target: { name: 'n' } }],
    ['GET', `${pods}/p/binding`],
  ]),
  script('an eviction waits for the disruption budget', [
    ['POST', pods, pod('p', { nodeName: 'n' })],
    ['PATCH', `${pods}/p/status`, running, merge],
    ['POST', budgets, budget('b')],
    ['POST', `${pods}/p/eviction`, { metadata: { name: 'other' } }],
    ['POST', `${pods}/none/eviction`, { metadata: { name: 'none' } }],
    evict,
    ['PATCH', `${budgets}/b/status`, { status: { observedGeneration: 1 } }, merge],
    evict,
    [
      'PATCH',
      `${budgets}/b/status`,
      { status: { disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 } },
      merge,
    ],
    ['POST', `${pods}/p/eviction?dryRun=All`, { metadata: { name: 'p' } }],
    ['POST', budgets, budget('c')],
    evict,
    ['DELETE', `${budgets}/c`],
    ['PATCH', `${budgets}/b/status`, { status: { disruptionsAllowed: 1 } }, merge],
    [
      'POST',
      `${pods}/p/eviction`,
      { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } },
    ],
    ['GET', `${pods}/p`],
    evict,
    ['GET', `${pods}/p/eviction`],
  ]),
  script('an eviction of what no budget protects', [
    ['POST', budgets, budget('b')],
    ['POST', pods, pod('pending')],
    ['POST', `${pods}/pending/eviction`, { metadata: { name: 'pending' } }],
    ['GET', `${pods}/pending`],
    ['POST', pods, { metadata: { name: 'p' }, spec: { nodeName: 'n', containers } }],
    ['PATCH', `${pods}/p/status`, running, merge],
    // Its budget allows none.
    [
      'POST',
      `${pods}/pending/eviction`,
      { metadata: { name: 'pending' }, deleteOptions: { preconditions: { uid: 'x' } } },
    ],
    ['DELETE', `${budgets}/b`],
    [
      'POST',
      `${pods}/p/eviction`,
      { metadata: { name: 'p' }, deleteOptions: { preconditions: { uid: 'x' } } },
    ],
    [
      'POST',
      `${pods}/p/eviction`,
      { metadata: { name: 'p' }, deleteOptions: { gracePeriodSeconds: 5 } },
    ],
    ['GET', `${pods}/p`],
  ]),
  {
    name: 'tokens of service accounts: what may be asked for, and what is answered',
    async run({ client, namespace }) {
      const home = `/api/v1/namespaces/${namespace}`;
      const path = `${home}/serviceaccounts/s/token`;
      await client.post(`${home}/serviceaccounts`, { metadata: { name: 's' } });
      await client.post(`${home}/pods`, {
        metadata: { name: 'p' },
        spec: { serviceAccountName: 's', containers },
      });
      await client.post(`${home}/pods`, { metadata: { name: 'q' }, spec: { containers } });
      const bound = (reference: object) => ({
        spec: { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'p', ...reference } },
      });
      const bodies = [
        {},
        { spec: { expirationSeconds: 600, audiences: ['a', 'b'] } },
        { spec: { expirationSeconds: 599 } },
        { spec: { expirationSeconds: 5_000_000_000 } },
        { spec: { expirationSeconds: 'x' } },
        { metadata: { name: 'other' } },
        { metadata: { namespace: 'other' } },
        bound({}),
        bound({ uid: 'x' }),
        bound({ name: 'q' }),
        bound({ name: 'none' }),
        bound({ kind: 'Foo' }),
        bound({ apiVersion: 'apps/v1' }),
      ];
      const answers: unknown[] = [];
      for (const body of bodies) {
        const answer = await client.post(path, body);
        const { token = '', expirationTimestamp = 0 } = answer.body.status ?? {};
        const lives =
          Date.parse(expirationTimestamp) - Date.parse(answer.body.metadata.creationTimestamp);
        const parts = String(token).split('.').length;
        answers.push([
          answer.status,
          {
            ...answer.body,
            status: typeof answer.body.status === 'string' ? answer.body.status : [parts, lives],
          },
        ]);
      }
      for (const method of ['GET', 'PUT', 'DELETE']) {
        answers.push((await client.request(method, path, { body: {} })).status);
      }
      answers.push((await client.post(`${home}/serviceaccounts/none/token`, {})).body);
      return answers;
    },
  },
  {
    name: 'tokens of service accounts: good for what RBAC grants',
    async run({ client, namespace }) {
      const home = `/api/v1/namespaces/${namespace}`;
      await client.post(`${home}/serviceaccounts`, { metadata: { name: 's' } });
      const bindings = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`;
      await client.post(bindings, {
        metadata: { name: 'b' },
        roleRef: {
          apiGroup: 'rbac.authorization.k8s.io',
          kind: 'ClusterRole',
          name: 'cluster-admin',
        },
        subjects: [{ kind: 'ServiceAccount', name: 's', namespace }],
      });
      const issued = await client.post(`${home}/serviceaccounts/s/token`, {});
      const { token } = issued.body.status;
      // A real server's RBAC takes a moment to know.
      let read = await client.get(`${home}/configmaps`, { token });
      while (read.status === 403) read = await client.get(`${home}/configmaps`, { token });
      const elsewhere = await client.get('/api/v1/namespaces/default/configmaps', { token });
      const other = await client.post(`${home}/serviceaccounts/s/token`, {
        spec: { audiences: ['a'] },
      });
      const foreign = await client.get(`${home}/configmaps`, { token: other.body.status.token });
      return [read.status, elsewhere.body, foreign.body];
    },
  },
];
