/** Objects in the sizes that real ones have, with their fields in the order in which a kube-apiserver writes them. */

/** The n-th object of each sort. */
export const sampleObjects: Readonly<Record<string, (n: number) => object>> = {
  'Pod, managedFields': (n) => ({
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { ...metadata(n), managedFields: managedFields(24) },
    ...podBody,
  }),
  Pod: (n) => ({ kind: 'Pod', apiVersion: 'v1', metadata: metadata(n), ...podBody }),
  'custom resource, managedFields': (n) =>
    sorted({
      kind: 'Widget',
      apiVersion: 'example.com/v1',
      metadata: { ...metadata(n), managedFields: managedFields(24) },
      ...podBody,
    }),
  Deployment: (n) => ({
    kind: 'Deployment',
    apiVersion: 'apps/v1',
    metadata: metadata(n),
    spec: { replicas: 3, template: { metadata: { labels: { app: 'app' } }, spec: podBody.spec } },
  }),
  ConfigMap: (n) => ({
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: metadata(n),
    data: { revision: '1', text: 'x'.repeat(200) },
  }),
  'metadata alone': (n) => ({
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: metadata(n),
  }),
};

/** A line of a watch, as an API server writes it. */
export function lineOf(type: string, object: object): string {
  return JSON.stringify({ type, object });
}

function metadata(n: number) {
  return {
    name: `app-7d9f8b6c5-${n}`,
    namespace: 'default',
    uid: `0b7b2d4e-3b5c-4a8e-9d2f-${String(n).padStart(12, '0')}`,
    resourceVersion: String(1_000_000 + n),
    creationTimestamp: '2026-01-01T00:00:00Z',
    labels: { app: 'app', 'pod-template-hash': '7d9f8b6c5', tier: 'web' },
    annotations: { 'example.com/checksum': 'a'.repeat(64) },
    ownerReferences: [
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        name: 'app-7d9f8b6c5',
        uid: '0b7b2d4e-3b5c-4a8e-9d2f-000000000000',
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  };
}

function managedFields(count: number) {
  const fields = (prefix: string) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`f:${prefix}${n}`, {}]));
  return [
    {
      manager: 'kube-controller-manager',
      operation: 'Update',
      apiVersion: 'v1',
      time: '2026-01-01T00:00:00Z',
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:metadata': { 'f:labels': fields('label') },
        'f:spec': { 'f:containers': { 'k:{"name":"app"}': fields('field') } },
      },
    },
  ];
}

const podBody = {
  spec: {
    volumes: [{ name: 'data', emptyDir: {} }],
    containers: [0, 1, 2].map((n) => ({
      name: `container-${n}`,
      image: 'registry.example/app:v1.2.3',
      command: ['/bin/app', '--flag=value'],
      env: Array.from({ length: 18 }, (_, i) => ({ name: `VARIABLE_${i}`, value: `value ${i}` })),
      resources: {
        limits: { cpu: '500m', memory: '512Mi' },
        requests: { cpu: '100m', memory: '128Mi' },
      },
      volumeMounts: [{ name: 'data', mountPath: '/data' }],
      livenessProbe: {
        httpGet: { path: '/healthz', port: 8080, scheme: 'HTTP' },
        ...{ initialDelaySeconds: 3, timeoutSeconds: 1, periodSeconds: 10, failureThreshold: 3 },
      },
      terminationMessagePath: '/dev/termination-log',
      imagePullPolicy: 'IfNotPresent',
    })),
    restartPolicy: 'Always',
  },
  status: {
    phase: 'Running',
    conditions: ['PodScheduled', 'Ready', 'Initialized', 'ContainersReady'].map((type) => ({
      ...{ type, status: 'True', lastProbeTime: null, lastTransitionTime: '2026-01-01T00:00:00Z' },
    })),
    containerStatuses: [0, 1, 2].map((n) => ({
      name: `container-${n}`,
      state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
      ...{ ready: true, restartCount: 0, image: 'registry.example/app:v1.2.3' },
      imageID: `sha256:${'a'.repeat(64)}`,
    })),
  },
};

/** With keys in the order of the alphabet, as custom resources come. */
function sorted<T>(value: T): T {
  if (Array.isArray(value)) return value.map(sorted) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)])) as T;
}
