import { type ComparisonCase, merge, script, type Step } from './comparison-cases.ts';

const pods = '/api/v1/namespaces/{ns}/pods';
const services = '/api/v1/namespaces/{ns}/services';
const apps = '/apis/apps/v1/namespaces/{ns}';
const container = { name: 'c', image: 'i' };
const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [container] } };
const workload = { selector: { matchLabels: { a: 'b' } }, template };

function dryRuns(path: string, specs: readonly object[]): Step[] {
  return specs.map((spec): Step => [
    'POST',
    `${path}?dryRun=All`,
    { metadata: { name: 'n' }, spec },
  ]);
}

/** Pods whose one container has something more. */
function containers(more: readonly object[]): object[] {
  return more.map((fields) => ({
    containers: [{ ...container, ...fields }],
    volumes: [{ name: 'v', emptyDir: {} }],
  }));
}

/** Pods that have something beside their container. */
function specs(more: readonly object[]): object[] {
  return more.map((fields) => ({ containers: [container], ...fields }));
}

const configMapKeyRef = { name: 'm', key: 'k' };

/** What pods, workloads and services are refused for. */
export const workloadCases: readonly ComparisonCase[] = [
  script('pods: containers', [
    ...dryRuns(pods, [
      {},
      { containers: [] },
      { containers: [{}] },
      { containers: [container, container] },
      { containers: [container], initContainers: [container] },
      { containers: [container], initContainers: [{ name: 'i' }] },
      ...containers([
        { name: 'A_' },
        { image: ' i ' },
        { imagePullPolicy: 'X' },
        { livenessProbe: {} },
        { ports: [{ containerPort: 0 }] },
        { ports: [{ containerPort: 70_000 }] },
        { ports: [{ containerPort: 80, protocol: 'X' }] },
        { ports: [{ containerPort: 80, name: 'UPPER' }] },
        { ports: ['a', 'a'].map((name, index) => ({ containerPort: 80 + index, name })) },
        { env: [{ name: '', value: 'x' }] },
        { env: [{ name: 'a=b', value: 'x' }] },
        { env: [{ name: 'a', value: 'x', valueFrom: { configMapKeyRef } }] },
        { env: [{ name: 'a', valueFrom: {} }] },
        { env: [{ name: 'a', valueFrom: { configMapKeyRef: { name: 'm' } } }] },
        { volumeMounts: [{ name: 'w', mountPath: '/x' }] },
        { volumeMounts: [{ name: 'v' }] },
        {
          volumeMounts: [
            { name: 'v', mountPath: '/a' },
            { name: 'v', mountPath: '/a' },
          ],
        },
        { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } },
        { resources: { requests: { cpu: '-1' } } },
        { resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { memory: '1Mi' } } },
      ]),
    ]),
  ]),
  script('pods: the rest of their spec', [
    ...dryRuns(
      pods,
      specs([
        { volumes: [{ name: 'a' }, { name: 'a' }] },
        { volumes: [{ name: 'a', emptyDir: {}, hostPath: { path: '/' } }] },
        { volumes: [{ emptyDir: {} }] },
        { volumes: [{ name: 'A_' }] },
        { volumes: [{ name: 's', secret: {} }] },
        { volumes: [{ name: 's', configMap: {} }] },
        { volumes: [{ name: 's', persistentVolumeClaim: {} }] },
        { restartPolicy: 'X' },
        { dnsPolicy: 'X' },
        { nodeSelector: { 'a b': 'x' } },
        { serviceAccountName: 'A_' },
        { activeDeadlineSeconds: 0 },
      ]),
    ),
  ]),
  {
    name: 'pods: what of them may change',
    async run({ client, namespace }) {
      const path = `/api/v1/namespaces/${namespace}/pods`;
      await client.post(path, { metadata: { name: 'p' }, spec: { containers: [container] } });
      const answers: unknown[] = [];
      for (const spec of [
        { nodeName: 'x' },
        { restartPolicy: 'Never' },
        { tolerations: [] },
        { containers: [{ name: 'c', image: 'j' }] },
        { activeDeadlineSeconds: 5 },
      ]) {
        const { status, body } = await client.patch(`${path}/p`, { spec }, 'strategic-merge');
        // The real server goes on with a comparison of the two, as Go prints them.
        answers.push([status, body.message?.split('\n')[0], body.metadata?.generation]);
      }
      return answers;
    },
  },
  script('deployments', [
    ...dryRuns(
      `${apps}/deployments`,
      [
        { replicas: -1 },
        { selector: {} },
        { selector: undefined },
        { selector: { matchLabels: { c: 'd' } } },
        { minReadySeconds: -1 },
        { revisionHistoryLimit: -1 },
        { strategy: { type: 'Recreate', rollingUpdate: {} } },
        { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } },
        { progressDeadlineSeconds: 0 },
        { template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } },
        { template: { ...template, spec: { containers: [{ name: 'c' }] } } },
      ].map((more) => ({ ...workload, ...more })),
    ),
    ['POST', `${apps}/deployments`, { metadata: { name: 'n' } }],
  ]),
  script('other workloads', [
    ...['daemonsets', 'statefulsets', 'replicasets'].flatMap((resource) =>
      dryRuns(`${apps}/${resource}`, [{ ...workload, selector: {} }]),
    ),
    [
      'POST',
      `${apps}/statefulsets`,
      { metadata: { name: 's' }, spec: { serviceName: 'x', ...workload } },
    ],
    ['PATCH', `${apps}/statefulsets/s`, { spec: { serviceName: 'y' } }, merge],
    ['PATCH', `${apps}/statefulsets/s`, { spec: { replicas: 2 } }, merge],
  ]),
  script('services', [
    ...dryRuns(services, [
      {},
      ...[
        [{ port: 0 }],
        [{ port: 70_000 }],
        [{ port: 80 }, { port: 81 }],
        [
          { port: 80, name: 'a' },
          { port: 81, name: 'a' },
        ],
        [{ port: 80, name: 'A' }],
        [{ port: 80, protocol: 'X' }],
        [{ port: 80, targetPort: 'bad_name' }],
      ].map((ports) => ({ ports })),
      { type: 'Foo', ports: [{ port: 80 }] },
      { type: 'ExternalName' },
      { type: 'ExternalName', externalName: 'a.b' },
      { selector: { 'a b': 'x' }, ports: [{ port: 80 }] },
      { sessionAffinity: 'X', ports: [{ port: 80 }] },
    ]),
  ]),
];
