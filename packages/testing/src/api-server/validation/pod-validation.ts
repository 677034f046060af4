import {
  type ApiObject,
  asJsonObject,
  asText,
  jsonEquals,
  type JsonObject,
} from '../http/api-object.ts';
import type { FieldError } from '../http/status.ts';
import { checkContainer } from './container-validation.ts';
import { duplicate, forbiddenValue, invalidValue, oneOf, required } from './field-errors.ts';
import { checkName, labelKeyProblems } from './names.ts';

/** What is wrong with the spec of a pod, or of a pod's template, of what a controller is likely to get wrong. */
export function checkPodSpec(value: unknown, field: string): FieldError[] {
  const spec = asJsonObject(value);
  const containers = asArray(spec.containers);
  const initContainers = asArray(spec.initContainers);
  const volumes = asArray(spec.volumes);
  const volumeNames = new Set(volumes.map(({ name }) => asText(name)));
  const names = new Set<string>();
  const checkAll = (list: readonly JsonObject[], key: string): FieldError[] =>
    list.flatMap((container, index) =>
      checkContainer(container, `${field}.${key}[${index}]`, names, volumeNames),
    );
  const { activeDeadlineSeconds: deadline } = spec;
  return [
    ...checkVolumes(volumes, `${field}.volumes`),
    ...(containers.length > 0 ? [] : [required(`${field}.containers`)]),
    ...checkAll(containers, 'containers'),
    ...checkAll(initContainers, 'initContainers'),
    ...oneOf(`${field}.restartPolicy`, spec.restartPolicy, ['Always', 'OnFailure', 'Never']),
    ...oneOf(`${field}.dnsPolicy`, spec.dnsPolicy, [
      'ClusterFirstWithHostNet',
      'ClusterFirst',
      'Default',
      'None',
    ]),
    ...Object.keys(asJsonObject(spec.nodeSelector)).flatMap((key) =>
      labelKeyProblems(key).map((why) => invalidValue(`${field}.nodeSelector`, key, why)),
    ),
    ...(spec.serviceAccountName
      ? checkName(asText(spec.serviceAccountName), 'dnsSubdomain', `${field}.serviceAccountName`)
      : []),
    ...(typeof deadline === 'number' && deadline < 1
      ? [
          invalidValue(
            `${field}.activeDeadlineSeconds`,
            deadline,
            'must be between 1 and 2147483647, inclusive',
          ),
        ]
      : []),
  ];
}

/** What a volume of a kind needs to name. */
const volumeNeeds: Readonly<Record<string, string | undefined>> = {
  configMap: 'name',
  persistentVolumeClaim: 'claimName',
  secret: 'secretName',
};

function checkVolumes(volumes: readonly JsonObject[], field: string): FieldError[] {
  const seen = new Set<string>();
  return volumes.flatMap((volume, index) => {
    const at = `${field}[${index}]`;
    const name = asText(volume.name);
    const errors: FieldError[] = [];
    const used = Object.keys(volume).filter((key) => key !== 'name');
    // In the order in which the real server looks at them.
    const [source, ...others] = used.toSorted(
      (a, b) => Number(b === 'emptyDir') - Number(a === 'emptyDir'),
    );
    for (const other of others) {
      errors.push(forbiddenValue(`${at}.${other}`, 'may not specify more than 1 volume type'));
    }
    const needed = source === undefined ? undefined : volumeNeeds[source];
    if (needed && !asJsonObject(volume[source!])[needed]) {
      errors.push(required(`${at}.${source}.${needed}`));
    }
    if (name === '') errors.push(required(`${at}.name`));
    else errors.push(...checkName(name, 'dnsLabel', `${at}.name`));
    if (seen.has(name)) errors.push(duplicate(`${at}.name`, name));
    seen.add(name);
    return errors;
  });
}

const changeable =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** What of a pod must not change once it is there. */
export function checkPodUpdate(object: ApiObject, old: ApiObject): FieldError[] {
  const spec = asJsonObject(object.spec);
  const before = asJsonObject(old.spec);
  for (const list of ['containers', 'initContainers']) {
    if (asArray(spec[list]).length === asArray(before[list]).length) continue;
    return [forbiddenValue(`spec.${list}`, 'pod updates may not add or remove containers')];
  }
  const tolerations = asArray(spec.tolerations);
  const kept = asArray(before.tolerations).every((toleration) =>
    tolerations.some((one) => jsonEquals(one, toleration)),
  );
  return [
    ...checkDeadline(spec.activeDeadlineSeconds, before.activeDeadlineSeconds),
    ...(kept
      ? []
      : [
          forbiddenValue(
            'spec.tolerations',
            'existing toleration can not be modified except its tolerationSeconds',
          ),
        ]),
    ...(jsonEquals(fixedPart(old), fixedPart(object)) ? [] : [forbiddenValue('spec', changeable)]),
  ];
}

/** It may be set, and be made earlier. */
function checkDeadline(value: unknown, before: unknown): FieldError[] {
  if (typeof before !== 'number') return [];
  const field = 'spec.activeDeadlineSeconds';
  if (typeof value !== 'number') {
    return [invalidValue(field, null, 'must not update from a positive integer to nil value')];
  }
  return value > before
    ? [invalidValue(field, value, 'must be less than or equal to previous value')]
    : [];
}

function fixedPart({ spec }: ApiObject): JsonObject {
  const {
    activeDeadlineSeconds: _deadline,
    tolerations: _tolerations,
    schedulingGates: _gates,
    containers,
    initContainers,
    ...rest
  } = asJsonObject(spec);
  const withoutImage = (container: JsonObject): JsonObject => ({ ...container, image: '' });
  return {
    ...rest,
    containers: asArray(containers).map(withoutImage),
    initContainers: asArray(initContainers).map(withoutImage),
  };
}

function asArray(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.map(asJsonObject) : [];
}
