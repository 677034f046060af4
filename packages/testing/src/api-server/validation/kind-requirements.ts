import { type ApiObject, asJsonObject, asText, jsonEquals } from '../http/api-object.ts';
import type { FieldError } from '../http/status.ts';
import { forbiddenValue, invalidValue, notNegative, oneOf, required } from './field-errors.ts';

/** What a kind's objects need, and what of them never changes, where that takes no more than naming the fields. */
interface Requirements {
  /** Paths, each with what is said of one that is missing. */
  readonly needed?: Readonly<Record<string, string>>;
  readonly fixed?: readonly string[];
  /** The same, as other words have it. */
  readonly forbidden?: Readonly<Record<string, string>>;
  /** What a new object may say. */
  readonly oneOf?: Readonly<Record<string, readonly string[]>>;
  /** Numbers that are not below zero. */
  readonly counts?: readonly string[];
}

const requirements: Readonly<Record<string, Requirements | undefined>> = {
  ControllerRevision: { needed: { data: 'data is mandatory' }, fixed: ['data'] },
  CronJob: { needed: { 'spec.schedule': '' } },
  EndpointSlice: { needed: { addressType: '' }, fixed: ['addressType'] },
  IngressClass: { fixed: ['spec.controller'] },
  Job: {
    fixed: ['spec.completions', 'spec.selector'],
    counts: [
      'spec.parallelism',
      'spec.completions',
      'spec.activeDeadlineSeconds',
      'spec.backoffLimit',
      'spec.ttlSecondsAfterFinished',
    ],
  },
  PersistentVolumeClaim: {
    needed: {
      'spec.accessModes': 'at least 1 access mode is required',
      'spec.resources.requests.storage': '',
    },
  },
  PriorityClass: {
    forbidden: { value: 'may not be changed in an update.' },
    fixed: ['preemptionPolicy'],
    oneOf: { preemptionPolicy: ['PreemptLowerPriority', 'Never'] },
  },
  ReplicationController: { needed: { 'spec.selector': '', 'spec.template': '' } },
  RuntimeClass: { needed: { handler: '' }, fixed: ['handler'] },
  StorageClass: {
    needed: { provisioner: '' },
    forbidden: {
      parameters: 'updates to parameters are forbidden.',
      provisioner: 'updates to provisioner are forbidden.',
    },
  },
};

/** Fields that the real server calls otherwise than their path. */
const fieldNames: Readonly<Record<string, string | undefined>> = {
  'spec.resources.requests.storage': 'spec.resources[storage]',
};

/** What an object of a kind that is checked by a table alone lacks, or changes and must not. */
export function checkRequirements(object: ApiObject, old: ApiObject | undefined): FieldError[] {
  const {
    needed = {},
    fixed = [],
    forbidden = {},
    oneOf: choices = {},
    counts = [],
  } = requirements[object.kind] ?? {};
  const errors: FieldError[] = [];
  for (const [path, why] of Object.entries(needed)) {
    if (isMissing(valueAt(object, path))) errors.push(required(fieldNames[path] ?? path, why));
  }
  errors.push(...counts.flatMap((path) => notNegative(path, valueAt(object, path))));
  if (!old) {
    for (const [path, values] of Object.entries(choices)) {
      errors.push(...oneOf(path, valueAt(object, path), values));
    }
    return errors;
  }
  const changed = (path: string): boolean => !jsonEquals(valueAt(old, path), valueAt(object, path));
  for (const path of fixed.filter(changed)) {
    errors.push(invalidValue(path, valueAt(object, path), 'field is immutable'));
  }
  for (const [path, why] of Object.entries(forbidden)) {
    if (changed(path)) errors.push(forbiddenValue(path, why));
  }
  return errors;
}

/** The template of a job's pod says what becomes of one that ends. */
export function checkRestartPolicy(template: unknown, field: string): FieldError[] {
  const { restartPolicy } = asJsonObject(asJsonObject(template).spec);
  const policy = asText(restartPolicy);
  if (policy === 'OnFailure' || policy === 'Never') return [];
  if (policy === '' || policy === 'Always') {
    return [required(`${field}.spec.restartPolicy`, 'valid values: "OnFailure", "Never"')];
  }
  return oneOf(`${field}.spec.restartPolicy`, policy, ['OnFailure', 'Never']);
}

function valueAt(object: unknown, path: string): unknown {
  return path.split('.').reduce((value, key) => asJsonObject(value)[key], object);
}

function isMissing(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === '' ||
    (Array.isArray(value) && value.length === 0)
  );
}
