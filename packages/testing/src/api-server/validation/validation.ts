import { asJsonObject, type ApiObject, jsonEquals, type JsonObject } from '../http/api-object.ts';
import { isEmptySelector, selectsLabels } from '../reads/selector-objects.ts';
import { customResourceDefinitions } from '../kinds/built-in-resources.ts';
import { checkDefinition } from '../kinds/custom-resources.ts';
import { checkConfigMap, checkSecret } from './data-validation.ts';
import { checkEvent } from './event-validation.ts';
import { invalidValue, notNegative, required } from './field-errors.ts';
import { checkRequirements, checkRestartPolicy } from './kind-requirements.ts';
import { checkMetadata } from './metadata-validation.ts';
import { checkBinding, checkRules } from './rbac-validation.ts';
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
  if (type === customResourceDefinitions) return checkDefinition(object);
  switch (type.kind) {
    case 'Deployment':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'ReplicaSet':
      return checkWorkload(object, old);
    case 'Pod':
      return old ? [] : checkContainers(object.spec, 'spec');
    case 'Service':
      return checkPorts(object);
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
    case 'Lease':
      return checkLease(object);
    case 'Job':
      return [...checkRequirements(object, old), ...checkJob(asJsonObject(object.spec), 'spec')];
    case 'CronJob': {
      const job = asJsonObject(asJsonObject(asJsonObject(object.spec).jobTemplate).spec);
      return [...checkRequirements(object, old), ...checkJob(job, 'spec.jobTemplate.spec')];
    }
    default:
      return checkRequirements(object, old);
  }
}

function checkJob({ template }: JsonObject, field: string): FieldError[] {
  return [
    ...checkContainers(asJsonObject(template).spec, `${field}.template.spec`),
    ...checkRestartPolicy(template, `${field}.template`),
  ];
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

function checkWorkload(object: ApiObject, old: ApiObject | undefined): FieldError[] {
  const { selector, template } = asJsonObject(object.spec);
  const labels = asJsonObject(asJsonObject(template).metadata).labels;
  const errors: FieldError[] = [];
  if (selector === undefined || selector === null) errors.push(required('spec.selector'));
  if (isEmptySelector(selector) || !selectsLabels(selector, labels)) {
    errors.push({
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(labels ?? null)}: \`selector\` does not match template \`labels\``,
      field: 'spec.template.metadata.labels',
    });
  }
  errors.push(...checkContainers(asJsonObject(template).spec, 'spec.template.spec'));
  if (old && !jsonEquals(asJsonObject(old.spec).selector, selector)) {
    errors.push({
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(selector ?? null)}: field is immutable`,
      field: 'spec.selector',
    });
  }
  return errors;
}

function checkContainers(spec: unknown, field: string): FieldError[] {
  const { containers } = asJsonObject(spec);
  return Array.isArray(containers) && containers.length > 0
    ? []
    : [required(`${field}.containers`)];
}

/** A service of names alone, or without an address, needs no ports. */
function checkPorts(object: ApiObject): FieldError[] {
  const { ports, type, clusterIP } = asJsonObject(object.spec);
  const needsNone = type === 'ExternalName' || clusterIP === 'None';
  return needsNone || (Array.isArray(ports) && ports.length > 0) ? [] : [required('spec.ports')];
}
