import { type ApiObject, asJsonObject, jsonEquals, type JsonObject } from '../http/api-object.ts';
import type { FieldError } from '../http/status.ts';
import { isEmptySelector, selectsLabels } from '../reads/selector-objects.ts';
import {
  forbiddenValue,
  invalidValue,
  notNegative,
  notSupported,
  oneOf,
  required,
} from './field-errors.ts';
import { checkPodSpec } from './pod-validation.ts';

/** What is wrong with a Deployment, StatefulSet, DaemonSet or ReplicaSet. */
export function checkWorkload(object: ApiObject, old: ApiObject | undefined): FieldError[] {
  const spec = asJsonObject(object.spec);
  const { selector, template } = spec;
  const labels = asJsonObject(asJsonObject(template).metadata).labels;
  const errors: FieldError[] = [];
  if (selector === undefined || selector === null) errors.push(required('spec.selector'));
  else if (isEmptySelector(selector)) {
    // The real server takes a replica set for a deployment here.
    const kind = object.kind === 'ReplicaSet' ? 'deployment' : object.kind.toLowerCase();
    errors.push(invalidValue('spec.selector', selector, `empty selector is invalid for ${kind}`));
  }
  if (!selector || !(isEmptySelector(selector) || selectsLabels(selector, labels))) {
    const why = '`selector` does not match template `labels`';
    errors.push(invalidValue('spec.template.metadata.labels', labels, why));
  }
  const podSpec = asJsonObject(template).spec;
  const policyErrors = oneOf(
    'spec.template.spec.restartPolicy',
    asJsonObject(podSpec).restartPolicy,
    ['Always'],
  );
  const podErrors = checkPodSpec(podSpec, 'spec.template.spec');
  errors.push(...podErrors, ...(podErrors.length > 0 ? [] : policyErrors));
  errors.push(...checkNumbers(spec), ...(object.kind === 'Deployment' ? checkStrategy(spec) : []));
  if (!old) return errors;
  const before = asJsonObject(old.spec);
  if (object.kind === 'StatefulSet') return [...errors, ...checkStatefulSetUpdate(spec, before)];
  if (!jsonEquals(before.selector, selector)) {
    errors.push(invalidValue('spec.selector', selector, 'field is immutable'));
  }
  return errors;
}

function checkNumbers(spec: JsonObject): FieldError[] {
  return ['replicas', 'minReadySeconds', 'revisionHistoryLimit'].flatMap((name) =>
    notNegative(`spec.${name}`, spec[name]),
  );
}

function checkStrategy(spec: JsonObject): FieldError[] {
  const { strategy, progressDeadlineSeconds: deadline, minReadySeconds = 0 } = spec;
  const { type, rollingUpdate } = asJsonObject(strategy);
  const field = 'spec.strategy.rollingUpdate';
  const errors: FieldError[] = [];
  if (type !== 'Recreate' && type !== 'RollingUpdate') {
    const shown = { Type: type, RollingUpdate: null };
    errors.push(notSupported('spec.strategy', shown, ['Recreate', 'RollingUpdate']));
  }
  if (type === 'Recreate' && rollingUpdate) {
    errors.push(forbiddenValue(field, "may not be specified when strategy `type` is 'Recreate'"));
  }
  const { maxSurge, maxUnavailable } = asJsonObject(rollingUpdate);
  const isNone = (value: unknown): boolean => value === 0 || value === '0%';
  if (isNone(maxSurge) && isNone(maxUnavailable)) {
    const why = 'may not be 0 when `maxSurge` is 0';
    errors.push(invalidValue(`${field}.maxUnavailable`, maxUnavailable, why));
  }
  if (typeof deadline === 'number' && deadline <= Number(minReadySeconds)) {
    const why = 'must be greater than minReadySeconds';
    errors.push(invalidValue('spec.progressDeadlineSeconds', deadline, why));
  }
  return errors;
}

const changeable = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

function checkStatefulSetUpdate(spec: JsonObject, before: JsonObject): FieldError[] {
  const fixed = (of: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(of).filter(([name]) => !changeable.includes(name)));
  if (jsonEquals(fixed(spec), fixed(before))) return [];
  const names = changeable.map((name) => `'${name}'`);
  const list = `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
  return [
    forbiddenValue(
      'spec',
      `updates to statefulset spec for fields other than ${list} are forbidden`,
    ),
  ];
}
