import { type ApiObject, asJsonObject, asText, jsonEquals } from '../http/api-object.ts';
import type { FieldError } from '../http/status.ts';
import { invalidValue, required } from './field-errors.ts';
import { labelKeyProblems } from './names.ts';

const limits = [
  ['reportingInstance', 128, true],
  ['action', 128, true],
  ['reason', 128, true],
  ['message', 1024, false],
] as const;

/**
 * What is wrong with an event in its stored form. Through the core group it may be as events have always been; the group
 * events.k8s.io is strict with new events, and lets a series alone change.
 */
export function checkEvent(
  group: string,
  object: ApiObject,
  old: ApiObject | undefined,
): FieldError[] {
  const errors = checkAny(group, object);
  if (group === '') return errors;
  return [...errors, ...(old ? checkUpdate(object, old) : checkNew(object))];
}

function checkAny(group: string, object: ApiObject): FieldError[] {
  const { namespace } = object.metadata;
  const involved = asText(asJsonObject(object.involvedObject).namespace);
  const foreign = invalidValue(
    'involvedObject.namespace',
    involved,
    'does not match event.namespace',
  );
  if (!object.eventTime) {
    const home = involved || 'default';
    return namespace === home ? [] : [foreign];
  }
  const errors: FieldError[] = [];
  if (!involved && namespace !== 'default' && namespace !== 'kube-system') errors.push(foreign);
  const field = group === '' ? 'reportingComponent' : 'reportingController';
  const controller = asText(object.reportingComponent);
  if (controller === '') errors.push(required(field));
  errors.push(...labelKeyProblems(controller).map((why) => invalidValue(field, controller, why)));
  for (const [name, limit, needed] of limits) {
    const value = asText(object[name]);
    if (needed && value === '') errors.push(required(name));
    if (Buffer.byteLength(value) > limit) {
      errors.push(invalidValue(name, '', `can have at most ${limit} characters`));
    }
  }
  return errors;
}

function checkNew(object: ApiObject): FieldError[] {
  const errors = checkSeries(object);
  const type = asText(object.type);
  if (!object.eventTime) errors.push(required('eventTime'));
  if (type !== 'Normal' && type !== 'Warning') {
    errors.push(invalidValue('type', '', `has invalid value: ${type}`));
  }
  const { component, host } = asJsonObject(object.source);
  const { firstTimestamp, lastTimestamp, count } = object;
  const unset = { firstTimestamp, lastTimestamp, count, source: component || host };
  for (const [field, value] of Object.entries(unset)) {
    if (value) errors.push(invalidValue(field, '', 'needs to be unset'));
  }
  return errors;
}

function checkSeries({ series }: ApiObject): FieldError[] {
  if (!series) return [];
  const { count, lastObservedTime } = asJsonObject(series);
  const errors: FieldError[] = [];
  if (Number(count) < 2) errors.push(invalidValue('series.count', '', 'should be at least 2'));
  if (!lastObservedTime) errors.push(required('series.lastObservedTime'));
  return errors;
}

const fixedFields = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'type',
  'eventTime',
  'action',
  'related',
  'reportingComponent',
  'reportingInstance',
];

function checkUpdate(object: ApiObject, old: ApiObject): FieldError[] {
  const series = jsonEquals(object.series, old.series) ? [] : checkSeries(object);
  const changed = fixedFields.filter((field) => !jsonEquals(object[field], old[field]));
  return [
    ...series,
    ...changed.map((field) =>
      invalidValue(
        field === 'reportingComponent' ? 'reportingController' : field,
        object[field],
        'field is immutable',
      ),
    ),
  ];
}
