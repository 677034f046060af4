import { type ComparisonCase, merge, script, type Step, workload } from './comparison-cases.ts';

const maps = '/api/v1/namespaces/{ns}/configmaps';
const deployments = '/apis/apps/v1/namespaces/{ns}/deployments';
const services = '/api/v1/namespaces/{ns}/services';
const leases = '/apis/coordination.k8s.io/v1/namespaces/{ns}/leases';

function map(name: string, more: object): object {
  return { metadata: { name }, ...more };
}

function container(more: object): object {
  return workload('d', { template: { spec: { containers: [{ name: 'c', ...more }] } } });
}

/** What built-in kinds hold, and in which order they are written. */
export const typeCases: readonly ComparisonCase[] = [
  script(
    'wrong types are refused as Go refuses them',
    [
      map('a', { data: { a: 5 } }),
      map('a', { data: [] }),
      map('a', { data: 'x' }),
      map('a', { data: { a: true } }),
      map('a', { data: { b: {} } }),
      map('a', { immutable: 'true' }),
      map('a', { binaryData: { a: 'not base64!' } }),
      map('a', { binaryData: { a: 'eA' } }),
      map('a', { binaryData: { a: 5 } }),
      { metadata: { name: 5 } },
      { metadata: [] },
      { metadata: { name: 'a', labels: { a: 5 } } },
      { metadata: { name: 'a', finalizers: 'x' } },
      { metadata: { name: 'a', ownerReferences: [{ controller: 'yes' }] } },
      { metadata: { name: 'a', creationTimestamp: 'yesterday' } },
      { metadata: { name: 'a', creationTimestamp: 5 } },
      { metadata: { name: 'a', generation: '5' } },
    ].map((body): Step => ['POST', maps, body]),
  ),
  script('wrong types deep within a workload', [
    ['POST', deployments, workload('d', { replicas: '3' })],
    ['POST', deployments, workload('d', { replicas: 3.5 })],
    ['POST', deployments, workload('d', { replicas: 3_000_000_000 })],
    ['POST', deployments, workload('d', { template: { spec: { containers: {} } } })],
    ['POST', deployments, container({ env: [{ name: 'A', value: 5 }] })],
    ['POST', deployments, container({ resources: { limits: { cpu: 'x' } } })],
    ['POST', deployments, container({ resources: { limits: { cpu: true } } })],
    ...[{ port: '80' }, { port: 80, targetPort: true }, { port: 80, targetPort: 1.5 }, 5].map(
      (port): Step => ['POST', services, { metadata: { name: 's' }, spec: { ports: [port] } }],
    ),
    ['POST', services, { metadata: { name: 's' }, spec: 5 }],
    ['POST', services, { metadata: { name: 's' }, spec: null }],
  ]),
  script('nulls are left out, or stand for nothing', [
    ['POST', maps, map('a', { data: { a: null }, binaryData: null, immutable: null })],
    ['GET', `${maps}/a`],
    ['PATCH', `${maps}/a`, { data: { b: null, c: '3' } }, merge],
    ['PUT', `${maps}/a`, map('a', { data: { b: 1 } })],
  ]),
  script('unknown fields: warned of, refused, or passed over', [
    ['POST', maps, { metadata: { name: 'a', foo: 1 }, bar: 1 }],
    ['POST', `${maps}?fieldValidation=Warn`, { metadata: { name: 'a', foo: 1 }, bar: 1 }],
    ['POST', `${maps}?fieldValidation=Strict`, { metadata: { name: 'b', foo: 1 }, bar: 1 }],
    ['POST', `${maps}?fieldValidation=Ignore`, { metadata: { name: 'c', foo: 1 }, bar: 1 }],
    ['POST', `${maps}?fieldValidation=Other`, { metadata: { name: 'd' } }],
    ['PATCH', `${maps}/a`, { bar: 5 }, merge],
    ['PUT', `${maps}/a?fieldValidation=Strict`, { metadata: { name: 'a' }, bar: 1 }],
    [
      'POST',
      `${deployments}?fieldValidation=Strict`,
      workload('d', {
        template: { spec: { bar: 1, containers: [{ name: 'c', Image: 'x', baz: [1] }] } },
        foo: 5,
      }),
    ],
  ]),
  script('amounts are stored in their canonical form', [
    [
      'POST',
      deployments,
      workload('d', {
        template: {
          metadata: { labels: { app: 'd' } },
          spec: {
            containers: [
              '0.5',
              '1000m',
              '1024Mi',
              '1e3',
              '1500',
              '0.1Gi',
              '1Ki',
              '.5Mi',
              2,
              '100u',
            ].map((cpu, index) => ({
              name: `c${index}`,
              image: 'i',
              resources: { limits: { 'example.com/a': 1, cpu } },
            })),
          },
        },
      }),
    ],
  ]),
  script(
    'times of a lease, to the microsecond and in any zone',
    [
      '2026-11-27T09:00:00.000Z',
      '2026-11-27T09:00:00.000000Z',
      '2026-11-27T09:00:00Z',
      '2026-11-27T09:00:00.0000000Z',
      '2026-11-27T09:00:00.123456+02:00',
      '2026-11-27T09:00:00.123456',
      'yesterday',
      '',
      5,
      null,
      '2026-13-27T09:00:00.000000Z',
      '2026-02-29T09:00:00.000000Z',
      '2026-11-27 09:00:00.000000Z',
    ].map((renewTime): Step => [
      'POST',
      `${leases}?dryRun=All`,
      { metadata: { name: 'l' }, spec: { renewTime } },
    ]),
  ),
  {
    name: 'keys are written in Go’s order, maps sorted',
    async run({ client, namespace }) {
      const { text } = await client.post(`/api/v1/namespaces/${namespace}/configmaps`, {
        data: { z: '1', y: '2', b: '3' },
        metadata: {
          labels: { z: '1', a: '2' },
          annotations: { b: '1', a: '2' },
          name: 'a',
          ownerReferences: [{ uid: 'u', name: 'n', kind: 'ConfigMap', apiVersion: 'v1' }],
        },
        binaryData: { c: 'eA==', a: 'eA==' },
      });
      const deployment = await client.post(
        `/apis/apps/v1/namespaces/${namespace}/deployments`,
        workload('d'),
      );
      const order = (json: string): unknown =>
        json.replace(/"managedFields":\[.*?\]\},?/, '').match(/"[\w-]+":/g);
      return [order(text), order(deployment.text)];
    },
  },
];
