import { type ComparisonCase, script, type Step } from './comparison-cases.ts';

const authorization = '/apis/authorization.k8s.io/v1';
const authentication = '/apis/authentication.k8s.io/v1';
const rbac = '/apis/rbac.authorization.k8s.io/v1';
const maps = '/api/v1/namespaces/{ns}/configmaps';
const selfReviews = `${authorization}/selfsubjectaccessreviews`;
const reviews = `${authorization}/subjectaccessreviews`;
const localReviews = `${authorization}/namespaces/{ns}/localsubjectaccessreviews`;
const whoAmI = `${authentication}/selfsubjectreviews`;

const getMaps = { verb: 'get', resource: 'configmaps', namespace: '{ns}' };
const getVersion = { path: '/version', verb: 'get' };

const namespacedRoles = `${rbac}/namespaces/{ns}/roles`;
const namespacedBindings = `${rbac}/namespaces/{ns}/rolebindings`;
const merge = 'application/merge-patch+json';
const nobody = { as: 'nobody' } as const;

type Headers = Readonly<Record<string, string | readonly string[]>>;

/** A request as somebody else, by an administrator or by one who may not. */
function as(headers: Headers, path = maps, by?: 'nobody'): Step {
  const method = path === whoAmI ? 'POST' : 'GET';
  return [method, path, method === 'POST' ? {} : undefined, { headers, ...(by && { as: by }) }];
}

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}

/**
 * A server's authorizer learns of roles and bindings by watching them, so some time after the writes were answered.
 * What follows waits for a review that says so; the first rule stands for all, since they come as one role.
 */
function inForce({ apiGroups, resources, resourceNames, verbs }: Rule, isAllowed: boolean): Step {
  return [
    'POST',
    reviews,
    {
      spec: {
        user: 'nobody',
        resourceAttributes: {
          group: apiGroups?.[0],
          resource: resources?.[0],
          name: resourceNames?.[0],
          verb: verbs[0],
        },
      },
    },
    { until: (answer) => answer.status.allowed === isAllowed },
  ];
}

function rights(name: string, rules: readonly [Rule, ...Rule[]]): readonly Step[] {
  const role = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: `{ns}-${name}` };
  return [
    ['POST', `${rbac}/clusterroles`, { metadata: { name: role.name }, rules }],
    [
      'POST',
      `${rbac}/clusterrolebindings`,
      {
        metadata: { name: role.name },
        roleRef: role,
        subjects: [{ kind: 'User', name: 'nobody' }],
      },
    ],
    inForce(rules[0], true),
  ];
}

function binding(name: string, kind: string, role: string): object {
  return {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: role },
    subjects: [{ kind: 'User', name: 'somebody' }],
  };
}

function undone(name: string): readonly Step[] {
  return [
    ['DELETE', `${rbac}/clusterrolebindings/{ns}-${name}`],
    ['DELETE', `${rbac}/clusterroles/{ns}-${name}`],
  ];
}

/** Who asks, as whom, and what they may. They change rights of one user, so they run one after the other. */
export const accessCases: readonly ComparisonCase[] = [
  script('impersonation: who is who', [
    as({ 'impersonate-user': 'alice' }),
    as({ 'impersonate-user': 'alice', 'impersonate-group': 'system:masters' }),
    as({ 'impersonate-user': 'alice' }, '/readyz'),
    as({ 'impersonate-user': 'alice' }, whoAmI),
    as(
      {
        'impersonate-user': 'alice',
        'impersonate-group': ['a', 'b'],
        'impersonate-uid': 'u',
        'impersonate-extra-acme.com%2fFoo': ['x', 'y'],
      },
      whoAmI,
    ),
    as({ 'impersonate-user': 'system:serviceaccount:{ns}:builder' }, whoAmI),
    as(
      { 'impersonate-user': 'system:serviceaccount:{ns}:builder', 'impersonate-group': 'g' },
      whoAmI,
    ),
    as({ 'impersonate-user': 'system:node:n' }, whoAmI),
    as({ 'impersonate-user': 'system:node:n', 'impersonate-uid': 'u' }, whoAmI),
    as({ 'impersonate-user': 'system:node:Not_A_Node' }, whoAmI),
    as({ 'impersonate-user': 'system:anonymous' }, whoAmI),
    as({ 'impersonate-user': 'x', 'impersonate-group': 'system:unauthenticated' }, whoAmI),
    as({ 'impersonate-group': 'alice' }),
    as({ 'impersonate-group': ['a', 'b"c'] }),
    as({ 'impersonate-uid': 'u', 'impersonate-extra-foo': ['x', 'y'] }),
    as({ 'impersonate-user': '' }, '/readyz'),
    as({ 'impersonate-user': '<b>&' }),
  ]),
  script('impersonation: who may not', [
    as({ 'impersonate-user': 'alice' }, maps, 'nobody'),
    as({ 'impersonate-user': 'alice' }, `${maps}/a`, 'nobody'),
    as({ 'impersonate-user': 'alice' }, '/version', 'nobody'),
    as({ 'impersonate-user': 'system:serviceaccount:{ns}:x' }, maps, 'nobody'),
    as({ 'impersonate-user': 'system:node:n' }, maps, 'nobody'),
    as({ 'impersonate-user': 'system:node:n', 'impersonate-group': 'g' }, maps, 'nobody'),
    as({ 'impersonate-group': 'g' }, maps, 'nobody'),
  ]),
  script('impersonation: what it takes', [
    ...rights('imp', [
      {
        apiGroups: [''],
        resources: ['users', 'groups'],
        verbs: ['impersonate'],
        resourceNames: ['alice', 'g'],
      },
    ]),
    as({ 'impersonate-user': 'alice' }, whoAmI, 'nobody'),
    as({ 'impersonate-user': 'bob' }, whoAmI, 'nobody'),
    as({ 'impersonate-user': 'alice', 'impersonate-group': 'g' }, whoAmI, 'nobody'),
    as({ 'impersonate-user': 'alice', 'impersonate-group': ['g', 'h'] }, whoAmI, 'nobody'),
    as({ 'impersonate-user': 'alice', 'impersonate-uid': 'u' }, whoAmI, 'nobody'),
    ...undone('imp'),
    ...rights('constrained', [
      {
        apiGroups: ['authentication.k8s.io'],
        resources: ['users', 'groups'],
        verbs: ['impersonate:user-info'],
      },
      { apiGroups: [''], resources: ['configmaps'], verbs: ['impersonate-on:user-info:list'] },
    ]),
    as({ 'impersonate-user': 'carol' }, maps, 'nobody'),
    as({ 'impersonate-user': 'carol' }, `${maps}/a`, 'nobody'),
    as({ 'impersonate-user': 'carol', 'impersonate-group': 'system:masters' }, maps, 'nobody'),
    as({ 'impersonate-user': 'carol', 'impersonate-uid': 'u' }, maps, 'nobody'),
    ...undone('constrained'),
  ]),
  script('access reviews', [
    ['POST', selfReviews, { spec: { resourceAttributes: getMaps } }],
    ['POST', selfReviews, { spec: { resourceAttributes: getMaps } }, { as: 'nobody' }],
    ['POST', selfReviews, { spec: { nonResourceAttributes: { path: '/x', verb: 'get' } } }],
    [
      'POST',
      selfReviews,
      { spec: { nonResourceAttributes: { path: '/x', verb: 'get' } } },
      { as: 'nobody' },
    ],
    [
      'POST',
      `${selfReviews}?dryRun=All`,
      {
        kind: 'SelfSubjectAccessReview',
        apiVersion: 'authorization.k8s.io/v1',
        spec: { resourceAttributes: getMaps },
      },
      { as: 'nobody' },
    ],
    ['POST', selfReviews, {}],
    [
      'POST',
      selfReviews,
      { spec: { resourceAttributes: getMaps, nonResourceAttributes: getVersion } },
    ],
    ['POST', selfReviews, { spec: { resourceAttributes: { ...getMaps, fieldSelector: {} } } }],
    [
      'POST',
      selfReviews,
      { spec: { resourceAttributes: { ...getMaps, labelSelector: { rawSelector: 'a b c' } } } },
    ],
    ['POST', reviews, { spec: { nonResourceAttributes: getVersion } }],
    ['POST', reviews, { spec: { user: 'bob', resourceAttributes: getMaps } }],
    [
      'POST',
      reviews,
      { spec: { groups: ['system:masters'], resourceAttributes: getMaps, extra: { a: ['b'] } } },
    ],
    ['POST', reviews, { spec: { user: 'bob', resourceAttributes: getMaps } }, { as: 'nobody' }],
    ['POST', localReviews, { spec: { user: 'bob', resourceAttributes: getMaps } }],
    [
      'POST',
      localReviews,
      { metadata: { namespace: 'other' }, spec: { user: 'bob', resourceAttributes: getMaps } },
    ],
    [
      'POST',
      localReviews,
      { spec: { user: 'bob', resourceAttributes: { ...getMaps, namespace: 'x' } } },
    ],
    ['POST', localReviews, { spec: { user: 'bob', nonResourceAttributes: getVersion } }],
    ['GET', reviews],
    ['GET', `${reviews}/x`],
    ['PUT', `${reviews}/x`, {}],
    ['DELETE', reviews],
    ['POST', `${authorization}/localsubjectaccessreviews`, {}],
    ['POST', `${authorization}/namespaces/{ns}/subjectaccessreviews`, {}],
    ['GET', authorization],
    ['GET', authentication],
    ['GET', '/apis/authorization.k8s.io'],
  ]),
  script('access reviews: by which binding', [
    ...rights('read', [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }]),
    ['POST', selfReviews, { spec: { resourceAttributes: getMaps } }, { as: 'nobody' }],
    [
      'POST',
      `${rbac}/namespaces/{ns}/rolebindings`,
      {
        metadata: { name: 'b' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'none' },
        subjects: [{ kind: 'User', name: 'nobody' }],
      },
    ],
    ['GET', '/api/v1/namespaces/{ns}/secrets', undefined, { as: 'nobody' }],
    [
      'POST',
      selfReviews,
      { spec: { resourceAttributes: { ...getMaps, verb: 'list' } } },
      { as: 'nobody' },
    ],
    ['POST', `${authorization}/selfsubjectrulesreviews`, { spec: {} }],
    ...undone('read'),
  ]),
  {
    name: 'rules reviews',
    async run({ client, nobody, namespace }) {
      const sorted = (rules: readonly object[]) =>
        rules.map((rule) => JSON.stringify(rule)).toSorted();
      const answers = [];
      for (const asker of [client, nobody]) {
        const { body } = await asker.post(`${authorization}/selfsubjectrulesreviews`, {
          spec: { namespace },
        });
        const { resourceRules, nonResourceRules, ...status } = body.status;
        // Bindings come in no order.
        answers.push({ ...status, all: [sorted(resourceRules), sorted(nonResourceRules)] });
      }
      return answers;
    },
  },
  script('nobody grants what they lack', [
    ...rights('grant', [
      {
        apiGroups: ['rbac.authorization.k8s.io'],
        resources: ['*'],
        verbs: ['create', 'update', 'patch', 'get'],
      },
      { apiGroups: [''], resources: ['pods', '*/scale'], verbs: ['get', 'list'] },
      { apiGroups: [''], resources: ['secrets'], resourceNames: ['s'], verbs: ['get'] },
      { nonResourceURLs: ['/logs/*'], verbs: ['get'] },
    ]),
    ...(
      [
        [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
        [{ apiGroups: [''], resources: ['pods', 'services'], verbs: ['get', 'delete'] }],
        [{ apiGroups: ['', 'apps'], resources: ['pods'], verbs: ['*'] }],
        [
          {
            apiGroups: [''],
            resources: ['secrets'],
            resourceNames: ['s', 't'],
            verbs: ['get', 'list'],
          },
        ],
        [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }],
        [{ apiGroups: [''], resources: ['things/scale'], verbs: ['get'] }],
        [],
      ] as const
    ).map((rules, index): Step => [
      'POST',
      namespacedRoles,
      { metadata: { name: `r${index}` }, rules },
      nobody,
    ]),
    [
      'POST',
      `${rbac}/clusterroles`,
      {
        metadata: { name: '{ns}-c' },
        rules: [{ nonResourceURLs: ['/logs/x', '/other'], verbs: ['get', 'post'] }],
      },
      nobody,
    ],
    [
      'POST',
      `${rbac}/clusterroles`,
      {
        metadata: { name: '{ns}-c' },
        rules: [],
        aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] },
      },
      nobody,
    ],
    [
      'PATCH',
      `${namespacedRoles}/r0`,
      { metadata: { labels: { a: 'b' } } },
      { ...nobody, type: merge },
    ],
    [
      'PATCH',
      `${namespacedRoles}/r0`,
      { rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }] },
      { ...nobody, type: merge },
    ],
    [
      'POST',
      namespacedRoles,
      {
        metadata: { name: 'strong' },
        rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }],
      },
    ],
    [
      'PATCH',
      `${namespacedRoles}/strong`,
      { metadata: { labels: { a: 'b' } } },
      { ...nobody, type: merge },
    ],
    [
      'PATCH',
      `${namespacedRoles}/strong`,
      { metadata: { finalizers: ['example.com/x'] } },
      { ...nobody, type: merge },
    ],
    ['POST', namespacedBindings, binding('b', 'Role', 'strong'), nobody],
    ['POST', namespacedBindings, binding('b', 'Role', 'r0'), nobody],
    ['POST', namespacedBindings, binding('c', 'ClusterRole', 'cluster-admin'), nobody],
    ['POST', namespacedBindings, binding('d', 'Role', 'missing'), nobody],
    ['POST', `${rbac}/clusterrolebindings`, binding('{ns}-d', 'ClusterRole', 'missing'), nobody],
    ...undone('grant'),
    ...rights('escalate', [
      {
        apiGroups: ['rbac.authorization.k8s.io'],
        resources: ['*'],
        verbs: ['create', 'bind', 'escalate'],
      },
    ]),
    [
      'POST',
      namespacedRoles,
      {
        metadata: { name: 'e' },
        rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }],
      },
      nobody,
    ],
    ['POST', namespacedBindings, binding('e', 'Role', 'strong'), nobody],
    ['POST', namespacedBindings, binding('f', 'Role', 'missing'), nobody],
    ...undone('escalate'),
  ]),
  script('token reviews', [
    ['POST', `${authentication}/tokenreviews`, {}],
    ['POST', `${authentication}/tokenreviews`, { spec: { token: 'x' } }],
    [
      'POST',
      `${authentication}/tokenreviews`,
      { metadata: { name: 'a' }, spec: { token: 'a.b.c' } },
    ],
    ['POST', `${authentication}/tokenreviews`, { spec: { token: 'x', audiences: ['y'] } }],
    ['POST', `${authentication}/tokenreviews`, { spec: { token: 'x' } }, { as: 'nobody' }],
  ]),
  script('HEAD is for paths of the server alone', [
    ...[
      `${maps}/a`,
      maps,
      '/version',
      '/api',
      '/apis',
      '/api/v1',
      '/apis/apps',
      '/apis/apps/v1',
      '/readyz',
      '/nope',
    ].flatMap((path): readonly Step[] => [
      ['HEAD', path],
      ['HEAD', path, undefined, nobody],
    ]),
    ['HEAD', `${authorization}/subjectaccessreviews`],
    ['OPTIONS', maps],
  ]),
  script('old paths of watches', [
    ['POST', maps, { metadata: { name: 'a' } }],
    ['POST', maps, { metadata: { name: 'b' } }],
    ...[
      '/api/v1/watch/namespaces/{ns}/configmaps',
      '/api/v1/watch/namespaces/{ns}/configmaps/b',
      '/api/v1/watch/namespaces/{ns}',
    ].flatMap((path): readonly Step[] => [
      ['GET', `${path}?timeoutSeconds=1`],
      ['GET', path, undefined, nobody],
    ]),
    [
      'GET',
      '/api/v1/watch/namespaces/{ns}/configmaps?timeoutSeconds=1&fieldSelector=metadata.name%3Da',
    ],
    ['POST', '/api/v1/watch/namespaces/{ns}/configmaps', {}],
    ['DELETE', '/api/v1/watch/namespaces/{ns}/configmaps/a'],
    ['GET', '/api/v1/watch/nope'],
    ['GET', '/api/v1/watch/namespaces/{ns}/configmaps/a/status'],
  ]),
  script('checks of the server', [
    ['GET', '/readyz/etcd'],
    ['GET', '/readyz/etcd', undefined, nobody],
    ['GET', '/healthz/log'],
    ['GET', '/livez/poststarthook/rbac/bootstrap-roles'],
    ['GET', '/readyz/nope'],
    ['GET', '/readyz?exclude=etcd'],
    ['GET', '/healthz/', undefined, nobody],
    ['POST', '/healthz', {}],
    ['GET', '/', undefined, nobody],
    ['GET', '/metrics', undefined, nobody],
  ]),
  {
    name: 'checks of the server, in words',
    async run({ client }) {
      const texts = [];
      for (const path of [
        '/healthz?verbose',
        '/livez?verbose',
        '/readyz?verbose&exclude=etcd&exclude=nope',
      ]) {
        const { text, contentType } = await client.get(path);
        const lines = text.split('\n');
        // The real one has many more.
        texts.push(
          contentType,
          lines.slice(0, 2),
          lines.filter((line) => line.includes(']etcd ')),
          lines.slice(-3 + Number(!text.includes('warn'))),
        );
      }
      return texts;
    },
  },
];
