import {
  type ApiObject,
  asJsonObject,
  asText,
  jsonEquals,
  type JsonObject,
} from '../http/api-object.ts';
import type { FieldError } from '../http/status.ts';
import { forbiddenValue, invalidValue, required } from './field-errors.ts';

/** What is wrong with an Ingress: that it leads nowhere, or doesn't say how paths are meant. */
export function checkIngress(object: ApiObject): FieldError[] {
  const { defaultBackend, rules } = asJsonObject(object.spec);
  const list = asArray(rules);
  const errors = list.flatMap(({ http }, index) =>
    asArray(asJsonObject(http).paths).flatMap(({ pathType }, at) =>
      pathType
        ? []
        : [
            required(
              `spec.rules[${index}].http.paths[${at}].pathType`,
              'pathType must be specified',
            ),
          ],
    ),
  );
  if (defaultBackend || list.length > 0) return errors;
  const why = 'either `defaultBackend` or `rules` must be specified';
  return [...errors, invalidValue('spec', null, why)];
}

/** What is wrong with a PodDisruptionBudget. */
export function checkBudget(object: ApiObject): FieldError[] {
  const { minAvailable, maxUnavailable } = asJsonObject(object.spec);
  if (minAvailable === undefined || maxUnavailable === undefined) return [];
  const shown = {
    MinAvailable: minAvailable,
    Selector: null,
    MaxUnavailable: maxUnavailable,
    UnhealthyPodEvictionPolicy: null,
  };
  return [invalidValue('spec', shown, 'minAvailable and maxUnavailable cannot be both set')];
}

/** What is wrong with a HorizontalPodAutoscaler. */
export function checkAutoscaler(object: ApiObject): FieldError[] {
  const spec = asJsonObject(object.spec);
  const { kind, name, apiVersion } = asJsonObject(spec.scaleTargetRef);
  const [least, most] = [Number(spec.minReplicas ?? 1), Number(spec.maxReplicas ?? 0)];
  const target = 'spec.scaleTargetRef';
  return [
    ...(most < 1 ? [required('spec.maxReplicas', 'must be set and greater than 0')] : []),
    ...(most < least
      ? [invalidValue('spec.maxReplicas', most, 'must be greater than or equal to `minReplicas`')]
      : []),
    ...(kind ? [] : [required(`${target}.kind`)]),
    ...(name ? [] : [required(`${target}.name`)]),
    ...(apiVersion
      ? []
      : [invalidValue(`${target}.apiVersion`, '', 'apiVersion must specify API group')]),
  ];
}

/** What is wrong with the schedule of a CronJob; that it is missing is not said here. */
export function checkSchedule(object: ApiObject): FieldError[] {
  const schedule = asText(asJsonObject(object.spec).schedule);
  if (schedule === '' || schedule.startsWith('@')) return [];
  const fields = schedule.trim().split(/\s+/);
  if (fields.length === 5) return [];
  const why = `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`;
  return [invalidValue('spec.schedule', schedule, why)];
}

/** A claim asks for what it asked for at first, or for more of it. */
export function checkClaimUpdate(object: ApiObject, old: ApiObject): FieldError[] {
  const fixed = ({ spec }: ApiObject): JsonObject => {
    const {
      resources: _resources,
      volumeAttributesClassName: _class,
      ...rest
    } = asJsonObject(spec);
    return rest;
  };
  const before = fixed(old);
  const after = fixed(object);
  // The volume that it is bound to comes later.
  const { volumeName: _volume, ...unbound } = after;
  if (jsonEquals(before, after) || (!before.volumeName && jsonEquals(before, unbound))) return [];
  const why =
    'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
  return [forbiddenValue('spec', why)];
}

function asArray(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.map(asJsonObject) : [];
}
