import { asJsonObject, type ApiObject, type JsonObject } from '../http/api-object.ts';
import { checkConfigMap, checkSecret } from './data-validation.ts';
import { checkEvent } from './event-validation.ts';
import { invalidValue, notNegative } from './field-errors.ts';
import { checkRequirements, checkRestartPolicy } from './kind-requirements.ts';
import { checkMetadata } from './metadata-validation.ts';
import {
  checkAutoscaler,
  checkBudget,
  checkClaimUpdate,
  checkIngress,
  checkSchedule,
} from './other-kinds.ts';
import { checkPodSpec, checkPodUpdate } from './pod-validation.ts';
import { checkBinding, checkRules } from './rbac-validation.ts';
import { checkService } from './service-validation.ts';
import { checkWorkload } from './workload-validation.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import type { FieldError } from '../http/status.ts';

/**
 * What is wrong with an object that is about to be stored: its metadata, and of the rest what a controller is likely to
 * trip over.
 */
export function validateObject(
  type: ResourceType,
  object: ApiObject,
  old: ApiObject | undefined,
): FieldError[] {
  const errors = checkMetadata(type, object, old);
  return type.custom ? errors : [...errors, ...checkKind(type, object, old)];
}

function checkKind(
  type: ResourceType,
  object: ApiObject,
  old: ApiObject | undefined,
): FieldError[] {
  switch (type.kind) {
    case 'Deployment':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'ReplicaSet':
      return checkWorkload(object, old);
    case 'Pod':
      return old ? checkPodUpdate(object, old) : checkPodSpec(object.spec, 'spec');
    case 'Service':
      return checkService(object, old);
    case 'ConfigMap':
      return checkConfigMap(object, old);
    case 'Secret':
      return checkSecret(object, old);
    case 'Role':
    case 'ClusterRole':
      return checkRules(object);
    case 'RoleBinding':
    case 'ClusterRoleBinding':
      return checkBinding(object, old);
    case 'Event':
      return checkEvent(type.group, object, old);
    case 'HorizontalPodAutoscaler':
      return checkAutoscaler(object);
    case 'Ingress':
      return checkIngress(object);
    case 'PersistentVolumeClaim':
      return [...checkRequirements(object, old), ...(old ? checkClaimUpdate(object, old) : [])];
    case 'PodDisruptionBudget':
      return checkBudget(object);
    case 'Lease':
      return checkLease(object);
    case 'Namespace':
      return [...checkRequirements(object, old), ...checkPhase(object)];
    case 'Job':
      return [...checkRequirements(object, old), ...checkJob(asJsonObject(object.spec), 'spec')];
    case 'CronJob': {
      const job = asJsonObject(asJsonObject(asJsonObject(object.spec).jobTemplate).spec);
      return [
        ...checkRequirements(object, old),
        ...checkSchedule(object),
        ...checkJob(job, 'spec.jobTemplate.spec'),
      ];
    }
    default:
      return checkRequirements(object, old);
  }
}

function checkJob({ template }: JsonObject, field: string): FieldError[] {
  return [
    ...checkPodSpec(asJsonObject(template).spec, `${field}.template.spec`),
    ...checkRestartPolicy(template, `${field}.template`),
  ];
}

/** A namespace is ending exactly if it is deleted. */
function checkPhase({ metadata, status }: ApiObject): FieldError[] {
  const isDeleted = metadata.deletionTimestamp !== undefined;
  const phase = isDeleted ? 'Terminating' : 'Active';
  const { phase: given } = asJsonObject(status);
  if (given === phase) return [];
  const why = `may only be '${phase}' if \`deletionTimestamp\` is ${isDeleted ? 'not ' : ''}empty`;
  return [invalidValue('status.Phase', given, why)];
}

function checkLease({ spec }: ApiObject): FieldError[] {
  const { leaseDurationSeconds: duration, leaseTransitions } = asJsonObject(spec);
  const field = 'spec.leaseDurationSeconds';
  return [
    ...(typeof duration === 'number' && duration <= 0
      ? [invalidValue(field, duration, 'must be greater than 0')]
      : []),
    ...notNegative('spec.leaseTransitions', leaseTransitions),
  ];
}
