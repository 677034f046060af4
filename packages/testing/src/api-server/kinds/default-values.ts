import { asJsonObject, isJsonObject, type JsonObject } from '../http/api-object.ts';

/**
 * What the fields of an object are when they are absent: a value, or what a function makes of the object around them.
 * Below an object stand its own defaults; `name[]` names those of a list's elements, `name?` those of an object that has
 * to be there to have any.
 */
export interface Defaults {
  readonly [field: string]: unknown;
}

/** An object with what it leaves out. */
export function withDefaults(object: JsonObject, defaults: Defaults): JsonObject {
  const filled = { ...object };
  for (const [key, value] of Object.entries(defaults)) {
    const name = key.replace(/\[\]$|\?$/, '');
    const present = object[name];
    if (key.endsWith('[]')) {
      if (!Array.isArray(present)) continue;
      filled[name] = present.map((item: unknown) =>
        withDefaults(asJsonObject(item), value as Defaults),
      );
    } else if (key.endsWith('?')) {
      if (isJsonObject(present)) filled[name] = withDefaults(present, value as Defaults);
    } else if (isJsonObject(value)) {
      filled[name] = withDefaults(asJsonObject(present), value);
    } else if (present === undefined || present === null) {
      filled[name] = typeof value === 'function' ? (value(object) as unknown) : value;
    }
  }
  return filled;
}

const webhook: Defaults = {
  failurePolicy: 'Fail',
  matchPolicy: 'Equivalent',
  namespaceSelector: {},
  objectSelector: {},
  timeoutSeconds: 10,
  clientConfig: { 'service?': { port: 443 } },
  'rules[]': { scope: '*' },
};
const policyPorts: Defaults = { 'ports[]': { protocol: 'TCP' } };
const claim: Defaults = { spec: { volumeMode: 'Filesystem' }, status: { phase: 'Pending' } };
const percent = { type: 'Percent', value: 100, periodSeconds: 15 };

/** The defaults of built-in kinds, as far as they are values. */
export const defaultsOfKinds: Readonly<Record<string, Defaults>> = {
  APIService: { spec: { 'service?': { port: 443 } } },
  CSIDriver: {
    spec: {
      attachRequired: true,
      podInfoOnMount: false,
      volumeLifecycleModes: ['Persistent'],
      storageCapacity: false,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      requiresRepublish: false,
      seLinuxMount: false,
    },
  },
  CronJob: {
    spec: {
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    },
  },
  EndpointSlice: { 'ports[]': { name: '', protocol: 'TCP' } },
  Endpoints: { 'subsets[]': policyPorts },
  HorizontalPodAutoscaler: {
    spec: {
      minReplicas: 1,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
        },
      ],
      'behavior?': {
        scaleUp: {
          stabilizationWindowSeconds: 0,
          selectPolicy: 'Max',
          policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }, percent],
        },
        scaleDown: { selectPolicy: 'Max', policies: [percent] },
      },
    },
  },
  Job: {
    spec: {
      parallelism: 1,
      completions: ({ parallelism, completionMode }: JsonObject) =>
        parallelism === undefined && completionMode !== 'Indexed' ? 1 : undefined,
      backoffLimit: ({ backoffLimitPerIndex }: JsonObject) =>
        backoffLimitPerIndex === undefined ? 6 : 2_147_483_647,
      manualSelector: false,
      completionMode: 'NonIndexed',
      suspend: false,
      'podFailurePolicy?': { 'rules[]': { 'onPodConditions[]': { status: 'True' } } },
      podReplacementPolicy: ({ podFailurePolicy }: JsonObject) =>
        podFailurePolicy ? 'Failed' : 'TerminatingOrFailed',
    },
  },
  LimitRange: {
    spec: { 'limits[]': { defaultRequest: ({ default: value }: JsonObject) => value } },
  },
  MutatingWebhookConfiguration: { 'webhooks[]': { ...webhook, reinvocationPolicy: 'Never' } },
  NetworkPolicy: {
    spec: {
      'ingress[]': policyPorts,
      'egress[]': policyPorts,
      policyTypes: ({ egress }: JsonObject) => (egress ? ['Ingress', 'Egress'] : ['Ingress']),
    },
  },
  Node: { status: { allocatable: ({ capacity }: JsonObject) => capacity } },
  PersistentVolume: {
    spec: {
      persistentVolumeReclaimPolicy: 'Retain',
      volumeMode: 'Filesystem',
      'hostPath?': { type: '' },
    },
    status: { phase: 'Pending' },
  },
  PersistentVolumeClaim: claim,
  PriorityClass: { preemptionPolicy: 'PreemptLowerPriority' },
  ReplicationController: {
    spec: {
      replicas: 1,
      selector: ({ template }: JsonObject) => asJsonObject(asJsonObject(template).metadata).labels,
    },
  },
  StatefulSet: {
    spec: {
      'volumeClaimTemplates[]': { kind: 'PersistentVolumeClaim', apiVersion: 'v1', ...claim },
    },
  },
  StorageClass: { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' },
  ValidatingWebhookConfiguration: { 'webhooks[]': webhook },
};
