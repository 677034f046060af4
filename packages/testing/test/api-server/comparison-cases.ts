import type { RawClient } from './raw-client.ts';

/** One thing to ask both servers; what it returns must be the same, once masked. */
export interface ComparisonCase {
  readonly name: string;
  run(context: ComparisonContext): Promise<unknown>;
}

export interface ComparisonContext {
  readonly client: RawClient;
  /** A user without any rights. */
  readonly nobody: RawClient;
  /** A fresh namespace of the case's own. */
  readonly namespace: string;
}

export type Step = readonly [
  method: string,
  path: string,
  body?: unknown,
  options?: {
    type?: string;
    accept?: string;
    as?: 'nobody';
    token?: string;
    headers?: Readonly<Record<string, string | readonly string[]>>;
    /** Sent again until the answer's body is so: for what a server does only after it has answered. */
    until?: (body: any) => boolean;
  },
];

/** Requests one after the other, in order; `{ns}` in a path is the namespace of the case. */
export function script(name: string, steps: readonly Step[]): ComparisonCase {
  return {
    name,
    async run({ client, nobody, namespace }) {
      const answers: unknown[] = [];
      for (const [method, path, body, options = {}] of steps) {
        const { type, accept, as, token, headers, until } = options;
        const ask = () =>
          (as === 'nobody' ? nobody : client).request(method, path.replaceAll('{ns}', namespace), {
            ...(body !== undefined && {
              body: JSON.parse(JSON.stringify(body).replaceAll('{ns}', namespace)),
            }),
            ...(typeof body === 'string' && { body }),
            ...(type && { contentType: type }),
            ...(accept && { accept }),
            ...(token !== undefined && { token }),
            ...(headers && {
              headers: JSON.parse(JSON.stringify(headers).replaceAll('{ns}', namespace)),
            }),
          });
        let answer = await ask();
        while (until && answer.status < 300 && !until(answer.body)) answer = await ask();
        const lines = answer.text.trimEnd().split('\n');
        answers.push({
          request: `${method} ${path}`,
          status: answer.status,
          contentType: answer.contentType,
          ...(answer.headers['warning'] && { warning: answer.headers['warning'] }),
          ...(answer.headers['retry-after'] && { retryAfter: answer.headers['retry-after'] }),
          body:
            path.includes('watch') &&
            answer.status === 200 &&
            lines.every((line) => line.startsWith('{'))
              ? lines.map((line) => JSON.parse(line))
              : answer.body,
          // Every JSON answer ends with a newline.
          newline: answer.text.endsWith('\n'),
        });
      }
      return answers;
    },
  };
}

export const merge = { type: 'application/merge-patch+json' };
export const json = { type: 'application/json-patch+json' };
export const strategic = { type: 'application/strategic-merge-patch+json' };
const metadataOnly = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const metadataList = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

const maps = '/api/v1/namespaces/{ns}/configmaps';
const secrets = '/api/v1/namespaces/{ns}/secrets';
const services = '/api/v1/namespaces/{ns}/services';
const deployments = '/apis/apps/v1/namespaces/{ns}/deployments';
const roles = '/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/roles';
const bindings = '/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/rolebindings';

function map(name: string, more: object = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...more }, data: { a: '1' } };
}

export function workload(name: string, spec: object = {}): object {
  return {
    metadata: { name },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          containers: [
            {
              name: 'c',
              image: 'registry.example/image:1.2',
              ports: [{ containerPort: 80 }],
              env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'm', key: 'k' } } }],
              envFrom: [{ secretRef: { name: 's' } }],
              volumeMounts: [{ name: 'v', mountPath: '/v' }],
              readinessProbe: { httpGet: { path: '/', port: 80 } },
            },
          ],
          initContainers: [{ name: 'i', image: 'image' }],
          volumes: [
            { name: 'v', configMap: { name: 'm' } },
            { name: 's', secret: { secretName: 's' } },
            { name: 'p', projected: { sources: [{ secret: { name: 's' } }] } },
            { name: 'e', emptyDir: {} },
          ],
        },
      },
      ...spec,
    },
  };
}

export const comparisonCases: readonly ComparisonCase[] = [
  script('create: what is stored, and what is refused', [
    ['POST', maps, map('a')],
    ['POST', maps, map('a')],
    ['POST', maps, { metadata: { name: 'bare' } }],
    ['POST', maps, map('Upper_Case')],
    ['POST', maps, map('a'.repeat(254))],
    ['POST', maps, map('elsewhere', { namespace: 'other' })],
    ['POST', maps, { metadata: {} }],
    ['POST', maps, { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'x' } }],
    ['POST', maps, { kind: 'ConfigMap', apiVersion: 'v2', metadata: { name: 'x' } }],
    ['POST', maps, map('versioned', { resourceVersion: '5' })],
    ['POST', maps, map('labelled', { labels: { 'a b': 'x' } })],
    ['POST', maps, map('labelled', { labels: { a: '-' } })],
    ['POST', maps, map('labelled', { labels: { a: 'x'.repeat(64) } })],
    // One at a time: the real one goes through a map, and tells of several in any order.
    ['POST', maps, map('labelled', { labels: { ['x'.repeat(64)]: 'a' } })],
    ['POST', maps, map('labelled', { labels: { 'A/b': 'c' } })],
    ['POST', maps, map('labelled', { labels: { '/b': 'c' } })],
    ['POST', maps, map('with-uid', { uid: 'mine', creationTimestamp: '2001-01-01T00:00:00Z' })],
    ['POST', '/api/v1/namespaces/does-not-exist/configmaps', map('x')],
    ['POST', '/api/v1/configmaps', map('x')],
    ['POST', `${maps}?dryRun=All`, map('dry')],
    ['GET', `${maps}/dry`],
    ['POST', maps, 'text', { type: 'text/plain' }],
    ['POST', '/api/v1/namespaces', { metadata: { name: 'Not.A.Label' } }],
  ]),
  script('update: optimistic locking, no-ops, mismatches', [
    ['POST', maps, map('a')],
    ['PUT', `${maps}/a`, { ...map('a'), data: { a: '2' } }],
    ['PUT', `${maps}/a`, { ...map('a'), data: { a: '2' } }],
    ['PUT', `${maps}/a`, map('a', { resourceVersion: '1' })],
    ['PUT', `${maps}/a`, map('a', { resourceVersion: 'abc' })],
    ['PUT', `${maps}/a`, map('b')],
    ['PUT', `${maps}/a`, map('a', { namespace: 'other' })],
    ['PUT', `${maps}/a`, map('a', { uid: 'other' })],
    ['PUT', `${maps}/a`, map('')],
    ['PUT', `${maps}/missing`, map('missing')],
    ['PUT', maps, map('a')],
  ]),
  script('patch: of three kinds', [
    ['POST', maps, map('a')],
    ['PATCH', `${maps}/a`, { data: { b: '2' } }, merge],
    ['PATCH', `${maps}/a`, { data: { b: '2' } }, merge],
    ['PATCH', `${maps}/a`, { data: { a: null } }, merge],
    ['PATCH', `${maps}/a`, { metadata: { labels: { l: 'm' }, annotations: { x: 'y' } } }, merge],
    ['PATCH', `${maps}/a`, { metadata: { labels: null } }, merge],
    ['PATCH', `${maps}/a`, { metadata: { resourceVersion: '1' }, data: {} }, merge],
    ['PATCH', `${maps}/a`, { metadata: { name: 'b' } }, merge],
    ['PATCH', `${maps}/missing`, { data: {} }, merge],
    ['PATCH', maps, { data: {} }, merge],
    ['PATCH', `${maps}/a`, { data: { c: '3' } }, strategic],
    ['PATCH', `${maps}/a`, [{ op: 'add', path: '/data/d', value: '4' }], json],
    ['PATCH', `${maps}/a`, [{ op: 'test', path: '/data/d', value: '5' }], json],
    ['PATCH', `${maps}/a`, [{ op: 'test', path: '/data/d', value: '4' }], json],
    ['PATCH', `${maps}/a`, [{ op: 'remove', path: '/data/zz' }], json],
    ['PATCH', `${maps}/a`, [{ op: 'replace', path: '/data/d', value: '6' }], json],
    ['PATCH', `${maps}/a`, { op: 'add' }, json],
    ['PATCH', `${maps}/a`, { data: {} }, { type: 'application/json' }],
    ['PATCH', `${maps}/a`, { data: {} }, { type: 'application/strategic-merge-patch' }],
  ]),
  script('delete: answers and preconditions', [
    ['POST', maps, map('a')],
    ['DELETE', `${maps}/a`, { preconditions: { uid: 'other' } }],
    ['DELETE', `${maps}/a`, { preconditions: { resourceVersion: '1' } }],
    ['DELETE', `${maps}/a?dryRun=All`],
    ['DELETE', `${maps}/a`],
    ['DELETE', `${maps}/a`],
    ['POST', '/api/v1/namespaces/{ns}/serviceaccounts', { metadata: { name: 'sa' } }],
    ['DELETE', '/api/v1/namespaces/{ns}/serviceaccounts/sa'],
    ['POST', maps, map('x1')],
    ['POST', maps, map('x2', { labels: { keep: 'no' } })],
    ['DELETE', `${maps}?labelSelector=keep`],
    ['POST', '/api/v1/namespaces/{ns}/services', { metadata: { name: 'Svc' }, spec: {} }],
    ['DELETE', '/api/v1/namespaces/kube-system'],
    ['DELETE', '/apis/apps/v1/namespaces/{ns}/deployments/missing'],
    ['DELETE', maps],
    ['GET', maps],
    ['POST', `${maps}/x`, {}],
  ]),
  script('finalizers', [
    ['POST', maps, map('a', { finalizers: ['example.com/f'] })],
    ['DELETE', `${maps}/a`],
    ['DELETE', `${maps}/a`],
    ['PATCH', `${maps}/a`, { metadata: { finalizers: ['example.com/f', 'example.com/g'] } }, merge],
    ['PATCH', `${maps}/a`, { data: { b: '2' } }, merge],
    ['PATCH', `${maps}/a`, { metadata: { finalizers: null } }, merge],
    ['GET', `${maps}/a`],
    ['POST', deployments, workload('d')],
    ['PATCH', `${deployments}/d`, { metadata: { finalizers: ['example.com/f'] } }, merge],
    ['DELETE', `${deployments}/d`],
    ['PATCH', `${deployments}/d`, { metadata: { finalizers: [] } }, merge],
    ['GET', `${deployments}/d`],
  ]),
  script('lists: order, pages, selectors', [
    ...['b', 'a', 'a-b', 'c', 'ab'].map((name): Step => [
      'POST',
      maps,
      map(name, { labels: { name, [`has-${name}`]: '' } }),
    ]),
    ['GET', maps],
    ['GET', `${maps}?limit=2`],
    ['GET', `${maps}?limit=5`],
    ['GET', `${maps}?limit=2&labelSelector=name`],
    ['GET', `${maps}?limit=2&resourceVersion=0`],
    ['GET', `${maps}?labelSelector=name%20in%20(a,b),!has-b`],
    ['GET', `${maps}?labelSelector=name!=a`],
    ['GET', `${maps}?fieldSelector=metadata.name%3Dab`],
    ['GET', `${maps}?fieldSelector=metadata.name!%3Dab,metadata.namespace%3D{ns}`],
    ['GET', `${maps}?fieldSelector=metadata.name%3D%3Da,metadata.name%3Db`],
    ['GET', `${maps}?fieldSelector=metadata.namespace%3Dother`],
    ['GET', '/api/v1/configmaps?fieldSelector=metadata.namespace%3D{ns},metadata.name%3Da'],
    ['GET', '/api/v1/namespaces/does-not-exist/configmaps'],
    ['GET', `${maps}?resourceVersion=1`],
    ['GET', `${maps}?watch=false&limit=1`],
  ]),
  script('lists: bad queries', [
    ['GET', `${maps}?limit=x`],
    ['GET', `${maps}?limit=-1`],
    ['GET', `${maps}?timeoutSeconds=x`],
    ['GET', `${maps}?resourceVersion=abc`],
    ['GET', `${maps}?resourceVersion=-1`],
    ['GET', `${maps}?continue=bad`],
    ['GET', `${maps}?continue=eyJ2IjoidjkifQ`],
    ['GET', `${maps}?continue=e30&resourceVersion=5`],
    ['GET', `${maps}?resourceVersionMatch=Exact`],
    ['GET', `${maps}?resourceVersionMatch=NotOlderThan`],
    ['GET', `${maps}?resourceVersionMatch=Exact&resourceVersion=0`],
    ['GET', `${maps}?resourceVersionMatch=Other&resourceVersion=1`],
    ['GET', `${maps}?resourceVersionMatch=Exact&continue=abc`],
    ['GET', `${maps}?sendInitialEvents=true`],
    ['GET', `${maps}?labelSelector=a%20b`],
    ['GET', `${maps}?labelSelector=a%20in%20(b`],
    ['GET', `${maps}?labelSelector=a%20in%20b`],
    ['GET', `${maps}?labelSelector=%3Db`],
    ['GET', `${maps}?labelSelector=a,,b`],
    ['GET', `${maps}?labelSelector=,`],
    ['GET', `${maps}?labelSelector=a%3D.b`],
    ['GET', `${maps}?labelSelector=.a`],
    ['GET', `${maps}?labelSelector=a%3Ex`],
    ['GET', `${maps}?labelSelector=a%20notin%20(b,-)`],
    ['GET', `${maps}?labelSelector=a/b/c`],
    ['GET', `${maps}?fieldSelector=foo`],
    ['GET', `${maps}?fieldSelector=foo%3Dbar`],
    ['GET', `${maps}?fieldSelector=metadata.name%3Da%5C`],
    ['GET', `${maps}?fieldSelector=metadata.name%3Da%3Db`],
    ['GET', `${maps}?fieldSelector=metadata.name%3Da%5Cb`],
    ['GET', `${maps}?fieldSelector=metadata.labels%3Da`],
    ['GET', '/api/v1/pods?fieldSelector=spec.foo%3Dx'],
    ['GET', '/api/v1/nodes?fieldSelector=metadata.namespace%3Dx'],
    ['GET', '/apis/apps/v1/replicasets?fieldSelector=spec.foo%3Dx'],
    ['GET', `${roles}?fieldSelector=spec.foo%3Dx`],
  ]),
  script('versions that are still to come', [
    ['GET', `${maps}?resourceVersion=999999999`],
    ['GET', `${maps}/a?resourceVersion=999999999`],
    ['GET', `${maps}?resourceVersion=999999999&resourceVersionMatch=Exact`],
    [
      'GET',
      `${maps}?watch=1&timeoutSeconds=5&resourceVersion=999999999&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`,
    ],
    ['GET', `${maps}?watch=1&timeoutSeconds=1&resourceVersion=999999999&allowWatchBookmarks=true`],
  ]),
  script('watches: what they start with', [
    ['POST', maps, map('a', { labels: { l: 'm' } })],
    ['POST', maps, map('b')],
    ['GET', `${maps}?watch=1&timeoutSeconds=1`],
    ['GET', `${maps}?watch=1&timeoutSeconds=1&resourceVersion=0`],
    ['GET', `${maps}?watch=1&timeoutSeconds=1&allowWatchBookmarks=true`],
    [
      'GET',
      `${maps}?watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    ],
    [
      'GET',
      `${maps}?watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`,
    ],
    [
      'GET',
      `${maps}?watch=1&timeoutSeconds=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    ],
    [
      'GET',
      `${maps}?watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&fieldSelector=metadata.name%3Da`,
    ],
    ['GET', `${maps}?watch=1&timeoutSeconds=1&labelSelector=l`],
    ['GET', `${maps}?watch&timeoutSeconds=1&limit=1`],
    ['GET', `${maps}?watch=true&timeoutSeconds=1`, undefined, { accept: metadataOnly }],
    [
      'GET',
      `${maps}?watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
      undefined,
      { accept: `${metadataOnly},application/json` },
    ],
    ['GET', '/api/v1/watch/namespaces/{ns}/configmaps?timeoutSeconds=1'],
    ['GET', `${maps}/a?watch=1&timeoutSeconds=1`],
  ]),
  script('watches: bad queries', [
    ['GET', `${maps}?watch=1&sendInitialEvents=true`],
    ['GET', `${maps}?watch=1&sendInitialEvents=false`],
    ['GET', `${maps}?watch=1&resourceVersionMatch=NotOlderThan`],
    ['GET', `${maps}?watch=1&resourceVersionMatch=Exact&sendInitialEvents=true`],
    ['GET', `${maps}?watch=1&resourceVersion=abc`],
    ['GET', `${maps}?watch=1&limit=x`],
    ['GET', `${maps}?watch=1&timeoutSeconds=x`],
    ['GET', `${maps}?watch=1&labelSelector=a%20b`],
    ['GET', `${maps}?watch=1&fieldSelector=a`],
    ['GET', `${maps}?watch=1&continue=abc`],
    ['GET', `${maps}?watch=1`, undefined, { accept: 'application/xml' }],
  ]),
  {
    name: 'watches: every change, seen with and without selectors',
    async run({ client, namespace }) {
      const path = `/api/v1/namespaces/${namespace}/configmaps`;
      const start = (await client.get(path)).body.metadata.resourceVersion;
      await client.post(path, map('a', { labels: { l: '1' } }));
      await client.post(path, map('b'));
      await client.patch(`${path}/b`, { metadata: { labels: { l: '1' } } });
      await client.patch(`${path}/a`, { data: { x: 'y' } });
      await client.patch(`${path}/a`, { data: { x: 'y' } });
      await client.patch(`${path}/a`, { metadata: { labels: { l: '2' } } });
      await client.patch(`${path}/b`, { metadata: { finalizers: ['example.com/f'] } });
      await client.delete(`${path}/a`);
      await client.delete(`${path}/b`);
      await client.patch(`${path}/b`, { metadata: { finalizers: null } });
      const queries = [
        '',
        '&labelSelector=l%3D1',
        '&labelSelector=l!%3D1',
        '&fieldSelector=metadata.name%3Db',
        '&fieldSelector=metadata.name!%3Db',
      ];
      const results = [];
      for (const query of queries) {
        const watch = await client.watch(
          `${path}?watch=1&timeoutSeconds=1&resourceVersion=${start}${query}`,
        );
        results.push({ query, ended: await watch.untilEnd(), lines: watch.lines });
      }
      return results;
    },
  },
  {
    name: 'pages are a consistent snapshot',
    async run({ client, namespace }) {
      const path = `/api/v1/namespaces/${namespace}/configmaps`;
      for (const name of ['a', 'b', 'c', 'd']) await client.post(path, map(name));
      const first = (await client.get(`${path}?limit=2`)).body;
      await client.post(path, map('bb'));
      await client.patch(`${path}/c`, { data: { changed: 'yes' } });
      await client.delete(`${path}/d`);
      const token = first.metadata.continue;
      const { resourceVersion } = first.metadata;
      return [
        first,
        (await client.get(`${path}?limit=1&continue=${token}`)).body,
        (await client.get(`${path}?continue=${token}`)).body,
        (await client.get(`${path}?continue=${token}&resourceVersion=0`)).body,
        (await client.get(`${path}?continue=${token}&resourceVersion=${resourceVersion}`)).body,
        (
          await client.get(
            `${path}?resourceVersion=${resourceVersion}&resourceVersionMatch=Exact&limit=3`,
          )
        ).body,
        (await client.get(`${path}?resourceVersion=${resourceVersion}&limit=3`)).body,
        (
          await client.get(
            `${path}?resourceVersion=${resourceVersion}&resourceVersionMatch=NotOlderThan`,
          )
        ).body,
        // Where the first page ends, told without the version.
        JSON.parse(Buffer.from(token, 'base64url').toString()).start,
      ];
    },
  },
  script('metadata alone, and other representations', [
    ['POST', maps, map('a', { labels: { l: 'm' }, annotations: { x: 'y' } })],
    ['GET', `${maps}/a`, undefined, { accept: metadataOnly }],
    ['GET', maps, undefined, { accept: metadataList }],
    ['GET', `${maps}?limit=1`, undefined, { accept: `${metadataList},application/json` }],
    ['PATCH', `${maps}/a`, { data: { z: '1' } }, { ...merge, accept: metadataOnly }],
    ['GET', `${maps}/a`, undefined, { accept: 'application/json;q=0.8,*/*;q=0.1' }],
    ['GET', `${maps}/missing`, undefined, { accept: metadataOnly }],
    ['GET', `${maps}/a`, undefined, { accept: 'application/json;as=Other;g=meta.k8s.io;v=v1' }],
  ]),
  script('paths and methods that lead nowhere', [
    ['GET', '/nope'],
    ['GET', '/apis/nope.example.com/v1/foos'],
    ['GET', '/apis/nope.example.com'],
    ['GET', '/apis/nope.example.com/v1'],
    ['GET', '/apis/apps/v1/foos'],
    ['GET', '/apis/apps/v9'],
    ['GET', '/apis/apps/v9/deployments'],
    ['GET', '/api/v1/namespaces/{ns}/foos'],
    ['GET', '/api/v2'],
    ['GET', '/api/v1/nodes/a/b'],
    ['GET', '/api/v1/configmaps/a'],
    ['GET', `${maps}/a/status`],
    ['GET', '/api/v1/namespaces/{ns}/nodes'],
    ['POST', `${deployments}/d/status`, {}],
    ['DELETE', '/api/v1/configmaps'],
    ['DELETE', '/api/v1/namespaces'],
    ['PUT', '/api/v1/namespaces', {}],
  ]),
  script('who may not', [
    ['GET', maps, undefined, { as: 'nobody' }],
    ['GET', `${maps}/a`, undefined, { as: 'nobody' }],
    ['GET', '/api/v1/configmaps?watch=1', undefined, { as: 'nobody' }],
    ['GET', `${maps}?fieldSelector=metadata.name%3Da`, undefined, { as: 'nobody' }],
    ['GET', `${maps}?watch=1&fieldSelector=metadata.name%3Da`, undefined, { as: 'nobody' }],
    ['POST', maps, map('a'), { as: 'nobody' }],
    ['PUT', `${maps}/a`, map('a'), { as: 'nobody' }],
    ['PATCH', `${deployments}/d/status`, {}, { as: 'nobody', ...merge }],
    ['DELETE', maps, undefined, { as: 'nobody' }],
    ['GET', '/api/v1/namespaces/{ns}', undefined, { as: 'nobody' }],
    ['GET', '/api/v1/nodes/x', undefined, { as: 'nobody' }],
    ['GET', '/apis/nope.example.com/v1/foos', undefined, { as: 'nobody' }],
    ['GET', '/nope', undefined, { as: 'nobody' }],
    ['GET', '/api', undefined, { token: '' }],
    ['GET', maps, undefined, { token: '' }],
    ['GET', maps, undefined, { token: 'unknown' }],
    ['GET', '/readyz', undefined, { token: '' }],
  ]),
  {
    name: 'RBAC: what roles grant, at once',
    async run({ client, nobody, namespace }) {
      const prefix = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
      const path = `/api/v1/namespaces/${namespace}/configmaps`;
      await client.post(path, map('a'));
      await client.post(`${prefix}/roles`, {
        metadata: { name: 'r' },
        rules: [
          {
            apiGroups: [''],
            resources: ['configmaps'],
            resourceNames: ['a'],
            verbs: ['get', 'list', 'watch'],
          },
          { apiGroups: ['apps'], resources: ['deployments/status'], verbs: ['get'] },
        ],
      });
      const binding = await client.post(`${prefix}/rolebindings`, {
        metadata: { name: 'b' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
        subjects: [{ kind: 'User', name: 'nobody' }],
      });
      const ask = async (paths: readonly string[]): Promise<unknown[]> => {
        const answers = [];
        for (const asked of paths) {
          const { status, body } = await nobody.get(asked);
          answers.push([asked, status, body?.message]);
        }
        return answers;
      };
      const paths = [
        `${path}/a`,
        `${path}/b`,
        path,
        `${path}?fieldSelector=metadata.name%3Da`,
        `${path}?fieldSelector=metadata.name%3D%3Da`,
        `${path}?fieldSelector=metadata.name%3Db`,
        `${path}?fieldSelector=metadata.name!%3Da`,
        `${path}?fieldSelector=metadata.name%3Da,metadata.namespace%3D${namespace}`,
        `${path}?watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3Da`,
        `${path}?watch=1&timeoutSeconds=1`,
        '/api/v1/configmaps?fieldSelector=metadata.name%3Da',
        `/apis/apps/v1/namespaces/${namespace}/deployments/x/status`,
        `/apis/apps/v1/namespaces/${namespace}/deployments/x`,
      ];
      // The real server's authoriser reads roles from a cache of its own.
      while ((await nobody.get(`${path}/a`)).status !== 200);
      const granted = await ask(paths);
      await client.delete(`${prefix}/rolebindings/b`);
      while ((await nobody.get(`${path}/a`)).status !== 403);
      return [binding.body, granted, await ask(paths.slice(0, 1))];
    },
  },
  script('workloads: defaults, generation, status', [
    ['POST', deployments, workload('d')],
    ['PUT', `${deployments}/d`, workload('d')],
    ['PATCH', `${deployments}/d`, { spec: { replicas: 3 } }, merge],
    ['PATCH', `${deployments}/d`, { metadata: { labels: { l: 'm' } } }, merge],
    ['PATCH', `${deployments}/d`, { metadata: { annotations: { x: 'y' } } }, merge],
    ['PATCH', `${deployments}/d`, { status: { replicas: 3 } }, merge],
    ['PATCH', `${deployments}/d/status`, { status: { replicas: 3 }, spec: { replicas: 5 } }, merge],
    ['GET', `${deployments}/d/status`],
    [
      'PATCH',
      `${deployments}/d`,
      {
        spec: {
          template: {
            metadata: { annotations: { 'example.com/hash': 'abc' } },
            spec: {
              containers: [
                { name: 'c', env: [{ name: 'B', value: '1' }] },
                { name: 'sidecar', image: 'sidecar:latest' },
              ],
            },
          },
        },
      },
      strategic,
    ],
    [
      'PATCH',
      `${deployments}/d`,
      { spec: { template: { spec: { containers: [{ name: 'c', $patch: 'delete' }] } } } },
      strategic,
    ],
    ['POST', '/apis/apps/v1/namespaces/{ns}/statefulsets', workload('s', { serviceName: 'x' })],
    ['POST', '/apis/apps/v1/namespaces/{ns}/daemonsets', workload('a')],
    [
      'PATCH',
      '/apis/apps/v1/namespaces/{ns}/daemonsets/a',
      { spec: { template: { metadata: { labels: { more: 'x' } } } } },
      merge,
    ],
    [
      'PATCH',
      '/apis/apps/v1/namespaces/{ns}/daemonsets/a',
      { metadata: { labels: { a: 'b' } } },
      merge,
    ],
    ['POST', '/apis/apps/v1/namespaces/{ns}/replicasets', workload('r')],
    ['POST', deployments, workload('recreate', { strategy: { type: 'Recreate' } })],
    ['POST', deployments, { metadata: { name: 'empty' } }],
    ['POST', deployments, workload('mismatch', { selector: { matchLabels: { app: 'other' } } })],
    ['DELETE', `${deployments}/d`],
  ]),
  script('other built-in kinds', [
    [
      'POST',
      '/api/v1/namespaces/{ns}/secrets',
      { metadata: { name: 's' }, stringData: { a: 'b' } },
    ],
    ['GET', '/api/v1/namespaces/{ns}/secrets?fieldSelector=type%3DOpaque'],
    ['GET', '/api/v1/namespaces/{ns}/secrets?fieldSelector=type%3DOther'],
    [
      'POST',
      '/api/v1/namespaces/{ns}/pods',
      { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    ],
    ['GET', '/api/v1/namespaces/{ns}/pods?fieldSelector=spec.nodeName%3D,status.phase%3DPending'],
    ['PATCH', '/api/v1/namespaces/{ns}/pods/p/status', { status: { phase: 'Running' } }, merge],
    ['GET', '/api/v1/namespaces/{ns}/pods?fieldSelector=status.phase!%3DPending'],
    ['POST', '/api/v1/namespaces/{ns}/pods', { metadata: { name: 'empty' } }],
    ['DELETE', '/api/v1/namespaces/{ns}/pods/p'],
    ['POST', roles, { metadata: { name: 'with:colon' }, rules: [] }],
    [
      'POST',
      bindings,
      {
        metadata: { name: 'b' },
        roleRef: { kind: 'Role', name: 'r' },
        subjects: [
          { kind: 'User', name: 'u' },
          { kind: 'ServiceAccount', name: 'sa', namespace: '{ns}' },
        ],
      },
    ],
    ['GET', '/api/v1/namespaces/{ns}'],
    ['DELETE', '/api/v1/namespaces/default'],
  ]),
  {
    name: 'a pod that is deleted is marked before it goes',
    async run({ client, namespace }) {
      const path = `/api/v1/namespaces/${namespace}/pods`;
      const { body } = await client.post(path, {
        metadata: { name: 'p' },
        spec: { containers: [{ name: 'c', image: 'i' }] },
      });
      await client.delete(`${path}/p`);
      const watch = await client.watch(
        `${path}?watch=1&timeoutSeconds=1&resourceVersion=${body.metadata.resourceVersion}`,
      );
      await watch.untilEnd();
      return watch.lines.map(({ type, object }) => [type, object.metadata]);
    },
  },
  {
    name: 'a pod on a node is given time to end',
    async run({ client, namespace }) {
      const path = `/api/v1/namespaces/${namespace}/pods`;
      await client.post(path, {
        metadata: { name: 'p' },
        spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] },
      });
      const marked = (await client.delete(`${path}/p`)).body;
      const forced = await client.delete(`${path}/p`, { gracePeriodSeconds: 0 });
      return [
        marked.metadata.deletionGracePeriodSeconds,
        marked.metadata.generation,
        forced.status,
        (await client.get(`${path}/p`)).body,
      ];
    },
  },
  {
    name: 'a custom resource comes, lives and goes',
    async run({ client, namespace }) {
      const group = `${namespace}.example.com`;
      const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
      const schema = {
        openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      };
      const created = await client.post(definitions, {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: `widgets.${group}` },
        spec: {
          group,
          scope: 'Namespaced',
          names: { plural: 'widgets', kind: 'Widget', shortNames: ['w'] },
          versions: [
            { name: 'v1', served: true, storage: true, schema, subresources: { status: {} } },
            { name: 'v1beta1', served: true, storage: false, schema },
          ],
        },
      });
      const widgets = `/apis/${group}/v1/namespaces/${namespace}/widgets`;
      while ((await client.get(widgets)).status !== 200);
      const established = await client.get(`${definitions}/widgets.${group}`);
      const widget = (name: string, more: object = {}): object => ({
        apiVersion: `${group}/v1`,
        kind: 'Widget',
        metadata: { name },
        ...more,
      });
      const watch = await client.watch(`/apis/${group}/v1/widgets?watch=1&resourceVersion=0`);
      const answers = [];
      for (const [method, path, body, contentType] of [
        ['GET', `/apis/${group}`],
        ['GET', `/apis/${group}/v1`],
        ['GET', `/apis/${group}/v1beta1`],
        ['GET', `/apis/${group}/v2`],
        ['GET', `/apis/${group}/v1/gadgets`],
        ['POST', widgets, widget('w', { spec: { a: 1 }, status: { s: 1 } })],
        ['PATCH', `${widgets}/w`, { spec: { a: 2 }, status: { s: 2 } }, 'merge-patch+json'],
        ['PATCH', `${widgets}/w`, { metadata: { labels: { l: 'm' } } }, 'merge-patch+json'],
        ['PATCH', `${widgets}/w/status`, { spec: { a: 3 }, status: { s: 3 } }, 'merge-patch+json'],
        ['PATCH', `${widgets}/w`, { spec: {} }, 'strategic-merge-patch+json'],
        ['PUT', `${widgets}/w`, widget('w')],
        ['POST', widgets, widget('W')],
        ['POST', widgets, { metadata: { name: 'x' } }],
        ['POST', widgets, { ...widget('x'), apiVersion: `${group}/v2` }],
        ['POST', widgets, { ...widget('x'), kind: 'Gadget' }],
        ['GET', widgets],
        ['GET', `${widgets}?limit=1`],
        ['GET', `${widgets}?fieldSelector=spec.a%3D1`],
        ['GET', `/apis/${group}/v1beta1/namespaces/${namespace}/widgets/w`],
        ['GET', `/apis/${group}/v1beta1/namespaces/${namespace}/widgets/w/status`],
        ['GET', `${widgets}?watch=1&timeoutSeconds=1&allowWatchBookmarks=true`],
        ['DELETE', `${widgets}/w`],
        ['POST', widgets, widget('last')],
      ] as const) {
        const options = body && {
          body,
          ...(contentType && { contentType: `application/${contentType}` }),
        };
        const { status, text, body: answered } = await client.request(method, path, options);
        const lines = path.includes('watch') && text.trimEnd().split('\n');
        answers.push([
          method,
          path,
          status,
          lines ? lines.map((line) => JSON.parse(line)) : answered,
        ]);
      }
      const deleted = await client.delete(`${definitions}/widgets.${group}`);
      const ended = await watch.untilEnd();
      while ((await client.get(widgets)).status !== 404);
      while ((await client.get(`/apis/${group}`)).status !== 404);
      const gone = await client.get(widgets);
      return [
        created.status,
        created.body.spec,
        established.body.status.acceptedNames,
        established.body.status.storedVersions,
        established.body.status.conditions.map((condition: any) => [
          condition.type,
          condition.status,
          condition.reason,
          condition.message,
        ]),
        answers,
        [deleted.status, deleted.body.metadata],
        ended,
        watch.lines,
        [gone.status, gone.text],
      ];
    },
  },
  script('data: immutable, and no key twice', [
    ['POST', maps, { ...map('frozen'), immutable: true }],
    ['PUT', `${maps}/frozen`, { ...map('frozen'), immutable: true, data: { a: '2' } }],
    ['PATCH', `${maps}/frozen`, { binaryData: { b: 'AAEC' } }, merge],
    ['PATCH', `${maps}/frozen`, { immutable: false }, merge],
    ['PATCH', `${maps}/frozen`, { metadata: { labels: { still: 'changeable' } } }, merge],
    ['POST', maps, { ...map('twice'), binaryData: { a: 'AAEC' } }],
    ['POST', secrets, { metadata: { name: 'frozen' }, data: { a: 'MQ==' }, immutable: true }],
    ['PATCH', `${secrets}/frozen`, { stringData: { a: '2' } }, merge],
    ['PATCH', `${secrets}/frozen`, { stringData: { a: '1' } }, merge],
    ['DELETE', `${secrets}/frozen`],
  ]),
  script('a headless service', [
    [
      'POST',
      services,
      { metadata: { name: 's' }, spec: { clusterIP: 'None', selector: { a: 'x' } } },
    ],
    ['PATCH', `${services}/s`, { spec: { selector: { a: 'y' } } }, merge],
  ]),
  {
    name: 'discovery of everything in one answer',
    async run({ client }) {
      const definition = 'gadgets.aggregated.example.com';
      await client.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
        metadata: { name: definition },
        spec: {
          group: 'aggregated.example.com',
          names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', shortNames: ['gd'] },
          scope: 'Namespaced',
          versions: ['v1', 'v1beta1'].map((name) => ({
            name,
            served: true,
            storage: name === 'v1',
            schema: { openAPIV3Schema: { type: 'object' } },
            ...(name === 'v1' && { subresources: { status: {} } }),
          })),
        },
      });
      const groupsAt = async (path: string): Promise<any[]> => {
        const { body } = await client.request('GET', path, { accept: aggregated });
        return body.items;
      };
      const named = new Map<string, any>();
      while (!named.has('aggregated.example.com')) {
        // Each round waits for an answer, so this turns as fast as the server does.
        for (const group of await groupsAt('/apis')) named.set(group.metadata.name, group);
      }
      await client.request(
        'DELETE',
        `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${definition}`,
      );
      const known = new Set(
        'configmaps namespaces nodes secrets deployments customresourcedefinitions gadgets'.split(
          ' ',
        ),
      );
      // Of the real server's, the resources and subresources that both have.
      const shared = (group: any): unknown => ({
        ...group,
        versions: group.versions.map(({ resources, ...version }: any) => ({
          ...version,
          resources: resources
            .filter(({ resource }: any) => known.has(resource))
            .map(({ subresources, ...resource }: any) => ({
              ...resource,
              subresources: subresources?.filter(
                ({ subresource }: any) => subresource === 'status',
              ),
            })),
        })),
      });
      const found = [
        ...(await groupsAt('/api')),
        ...['apps', 'apiextensions.k8s.io', 'aggregated.example.com'].map((name) =>
          named.get(name),
        ),
      ].map(shared);
      const answers: unknown[] = [];
      for (const accept of [
        aggregated,
        `${aggregated},application/json`,
        `application/json,${aggregated}`,
        aggregated.replace('v=v2', 'v=v9'),
        `${aggregated.replace('v=v2', 'v=v9')},application/json`,
        'text/plain',
      ]) {
        const { status, contentType, headers } = await client.request('GET', '/apis', { accept });
        answers.push([accept, status, contentType, headers['vary']]);
      }
      return [found, answers];
    },
  },
  {
    name: 'discovery of what both have',
    async run({ client }) {
      const known = new Set([
        'configmaps',
        'namespaces',
        'namespaces/status',
        'nodes',
        'nodes/status',
        'pods',
        'pods/status',
        'secrets',
        'serviceaccounts',
        'services',
        'services/status',
      ]);
      const core = (await client.get('/api/v1')).body;
      const results: unknown[] = [
        { ...core, resources: core.resources.filter(({ name }: any) => known.has(name)) },
      ];
      const groups = (await client.get('/apis')).body;
      for (const group of ['apps', 'rbac.authorization.k8s.io', 'apiextensions.k8s.io']) {
        results.push(groups.groups.find(({ name }: any) => name === group));
        results.push((await client.get(`/apis/${group}`)).body);
        const resources = (await client.get(`/apis/${group}/v1`)).body;
        results.push({
          ...resources,
          resources: resources.resources.filter(
            ({ name }: any) => !name.includes('scale') && !name.includes('controllerrevisions'),
          ),
        });
      }
      results.push((await client.get('/healthz')).text, (await client.get('/livez')).text);
      results.push(Object.keys((await client.get('/version')).body));
      return results;
    },
  },
];
