import { asJsonObject, type JsonObject } from '../http/api-object.ts';
import { absent, defaultPodSpec } from './pod-defaults.ts';

/** The workloads of apps/v1. */
export const workloadKinds: ReadonlySet<string> = new Set([
  'DaemonSet',
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
]);

/** A workload of apps/v1 with the defaults of the real server. */
export function defaultWorkload(kind: string, object: JsonObject): JsonObject {
  const spec = asJsonObject(object.spec);
  const template = asJsonObject(spec.template);
  return {
    ...object,
    spec: {
      ...(kind === 'DaemonSet' ? {} : { replicas: 1 }),
      ...spec,
      template: { ...template, spec: defaultPodSpec(template.spec) },
      ...(kind === 'ReplicaSet' ? {} : strategyOf(kind, spec)),
    },
  };
}

function strategyOf(kind: string, spec: JsonObject): JsonObject {
  switch (kind) {
    case 'Deployment':
      return {
        strategy: rolling(spec.strategy, { maxUnavailable: '25%', maxSurge: '25%' }),
        ...absent(spec, { revisionHistoryLimit: 10, progressDeadlineSeconds: 600 }),
      };
    case 'StatefulSet':
      return {
        updateStrategy: rolling(spec.updateStrategy, { partition: 0 }),
        ...absent(spec, {
          podManagementPolicy: 'OrderedReady',
          revisionHistoryLimit: 10,
          persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
        }),
      };
    default:
      return {
        updateStrategy: rolling(spec.updateStrategy, { maxUnavailable: 1, maxSurge: 0 }),
        ...absent(spec, { revisionHistoryLimit: 10 }),
      };
  }
}

function rolling(value: unknown, defaults: JsonObject): JsonObject {
  const strategy = asJsonObject(value);
  const type = strategy.type ?? 'RollingUpdate';
  if (type !== 'RollingUpdate') return { ...strategy, type };
  return {
    ...strategy,
    type,
    rollingUpdate: { ...defaults, ...asJsonObject(strategy.rollingUpdate) },
  };
}
