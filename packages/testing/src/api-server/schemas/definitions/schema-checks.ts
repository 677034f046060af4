import { jsonEquals } from '../../http/api-object.ts';
import type { FieldError } from '../../http/status.ts';
import {
  child,
  forbiddenValue,
  invalidValue,
  key,
  required,
  notSupported,
} from '../../validation/field-errors.ts';
import { checkValue } from '../values/check-value.ts';
import { prune } from '../values/prune.ts';
import { checkRules, checkRuleTexts } from '../rules/rule-checks.ts';
import { itemsOf, partsOf, propertyOf, type Schema } from '../schema.ts';
import { checkStructural } from './structural.ts';

/** Fields of the root that are lost where the status has a subresource of its own, with a schema of its own. */
const lostAtRoot = [
  'default',
  'nullable',
  'enum',
  'minProperties',
  'maxProperties',
  'allOf',
  'anyOf',
  'oneOf',
  'not',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
] as const satisfies readonly (keyof Schema)[];

const keptAtRoot =
  '[Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations]';

/** What is wrong with the schema of a version, in the order in which the API server tells it. */
export function checkSchema(schema: Schema, path: string, hasStatus: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (hasStatus && schema.type !== undefined && schema.type !== 'object') {
    const why =
      'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
    errors.push(invalidValue(child(path, 'type'), schema.type, why));
  }
  if (hasStatus && lostAtRoot.some((name) => schema[name] !== undefined)) {
    const why = `only ${keptAtRoot} fields are allowed at the root of the schema if the status subresource is enabled`;
    errors.push(invalidValue(path, schema, why));
  }
  if (schema.nullable) {
    errors.push(forbiddenValue(child(path, 'nullable'), 'nullable cannot be true at the root'));
  }
  const structural = unsupportedConstructs(schema) ? [] : checkStructural(schema, path);
  errors.push(...structural);
  if (structural.length === 0) errors.push(...checkDefaults(schema, path));
  const nodes = checkNode(schema, path, { isRoot: true, insideMeta: false });
  errors.push(...nodes);
  if (errors.length === 0) errors.push(...checkRules(schema, path));
  return errors;
}

/** What has no structural form at all, and is told by the checks of its own. */
function unsupportedConstructs(schema: Schema): boolean {
  return (
    unsupported.some(([name]) => schema[name] !== undefined) ||
    Array.isArray(schema.items) ||
    partsOf(schema, '').some(({ schema: inner }) => unsupportedConstructs(inner))
  );
}

const unsupported = [
  ['id', 'id'],
  ['additionalItems', 'additionalItems'],
  ['patternProperties', 'patternProperties'],
  ['definitions', 'definitions'],
  ['dependencies', 'dependencies'],
  ['$ref', '$ref'],
] as const satisfies readonly (readonly [keyof Schema, string])[];

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

interface Position {
  readonly isRoot: boolean;
  /** Within kind, apiVersion or metadata. */
  readonly insideMeta: boolean;
  /** Why no default may be here. */
  readonly noDefaults?: string;
}

function checkNode(schema: Schema, path: string, position: Position): FieldError[] {
  const errors: FieldError[] = [];
  const at = (name: string): string => child(path, name);
  if (schema.type && !types.includes(schema.type)) {
    errors.push(notSupported(at('type'), schema.type, types));
  }
  if (schema.default !== undefined && position.noDefaults !== undefined) {
    errors.push(forbiddenValue(at('default'), `must not be set ${position.noDefaults}`));
  }
  for (const [name, text] of unsupported) {
    if (schema[name] === undefined) continue;
    errors.push(forbiddenValue(at(name), `${text} is not supported`));
  }
  if (schema.type === 'null') {
    const why = 'type cannot be set to null, use nullable as an alternative';
    errors.push(forbiddenValue(at('type'), why));
  }
  if (Array.isArray(schema.items)) {
    errors.push(forbiddenValue(at('items'), 'items must be a schema object and not an array'));
  }
  if (position.insideMeta && schema['x-kubernetes-embedded-resource']) {
    const why = 'must not be used inside of resource meta';
    errors.push(forbiddenValue(at('x-kubernetes-embedded-resource'), why));
  }
  if (schema.uniqueItems) {
    const why = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    errors.push(forbiddenValue(at('uniqueItems'), why));
  }
  const { additionalProperties } = schema;
  const hasProperties = Object.keys(schema.properties ?? {}).length > 0;
  if (additionalProperties !== undefined && additionalProperties !== true && hasProperties) {
    const why = 'additionalProperties and properties are mutual exclusive';
    errors.push(forbiddenValue(at('additionalProperties'), why));
  }
  for (const { schema: inner, path: innerPath, property } of partsOf(schema, path)) {
    errors.push(...checkNode(inner, innerPath, below(position, schema, property)));
  }
  errors.push(...checkExtensions(schema, path), ...checkRuleTexts(schema, path));
  return errors;
}

/** @param property the name of the property; undefined for other parts of a schema, `*` for the one of all others */
function below(position: Position, schema: Schema, property: string | undefined): Position {
  const inner = { ...position, isRoot: false };
  if (property === '*' && position.insideMeta) {
    return { ...inner, noDefaults: 'inside additionalProperties applying to object metadata' };
  }
  const isResource = position.isRoot || schema['x-kubernetes-embedded-resource'] === true;
  const isMeta = property === 'metadata' || property === 'kind' || property === 'apiVersion';
  if (!isResource || !isMeta) return inner;
  return {
    ...inner,
    insideMeta: true,
    ...(position.isRoot && { noDefaults: `in top-level ${property}` }),
  };
}

function checkExtensions(schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const at = (name: string): string => child(path, name);
  const { type = '' } = schema;
  const mustBe = (wanted: string, extension: string): void => {
    if (type === wanted) return;
    const why = `must be ${wanted} if ${extension} is specified`;
    errors.push(type === '' ? required(at('type'), why) : invalidValue(at('type'), type, why));
  };
  const preserve = 'x-kubernetes-preserve-unknown-fields';
  if (schema[preserve] === false) {
    errors.push(invalidValue(at(preserve), false, 'must be true or undefined'));
  }
  const mapType = schema['x-kubernetes-map-type'];
  if (mapType !== undefined) mustBe('object', 'x-kubernetes-map-type');
  if (mapType !== undefined && mapType !== 'atomic' && mapType !== 'granular') {
    errors.push(notSupported(at('x-kubernetes-map-type'), mapType, ['atomic', 'granular']));
  }
  const listType = schema['x-kubernetes-list-type'];
  if (listType !== undefined) mustBe('array', 'x-kubernetes-list-type');
  const items = itemsOf(schema);
  if (listType === 'set' && type === 'array' && items) errors.push(...checkSetItems(items, path));
  if (listType !== undefined && !['atomic', 'set', 'map'].includes(listType)) {
    errors.push(notSupported(at('x-kubernetes-list-type'), listType, ['atomic', 'set', 'map']));
  }
  errors.push(...checkListMap(schema, path));
  if ((listType === 'set' || listType === 'map') && items?.nullable) {
    const why = `cannot be nullable when x-kubernetes-list-type is ${listType}`;
    errors.push(forbiddenValue(child(at('items'), 'nullable'), why));
  }
  return errors;
}

function checkSetItems(items: Schema, path: string): FieldError[] {
  const why = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const at = (name: string): string => child(child(path, 'items'), name);
  const listType = items['x-kubernetes-list-type'];
  if (items.type === 'array' && listType !== undefined && listType !== 'atomic') {
    return [invalidValue(at('x-kubernetes-list-type'), listType, why)];
  }
  if (items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic') {
    return [invalidValue(at('x-kubernetes-map-type'), listType, why)];
  }
  return [];
}

/** A list that is a map needs keys: scalars that each of its elements has. */
function checkListMap(schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const at = (name: string): string => child(path, name);
  const listType = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  if (keys.length > 0 && listType !== 'map') {
    const why = 'must be map if x-kubernetes-list-map-keys is non-empty';
    const field = at('x-kubernetes-list-type');
    errors.push(listType === undefined ? required(field, why) : invalidValue(field, listType, why));
  }
  if (listType !== 'map') return errors;
  const items = itemsOf(schema);
  const keysField = at('x-kubernetes-list-map-keys');
  if (keys.length === 0) {
    errors.push(required(keysField, 'must not be empty if x-kubernetes-list-type is map'));
  }
  if (!items) {
    const why = 'must have a schema if x-kubernetes-list-type is map';
    if (schema.items === undefined) errors.push(required(at('items'), why));
    return errors;
  }
  if (items.type !== 'object') {
    const why = "must be object if parent array's x-kubernetes-list-type is map";
    errors.push(invalidValue(child(at('items'), 'type'), items.type ?? '', why));
    return errors;
  }
  for (const [index, name] of keys.entries()) {
    const property = propertyOf(items, name);
    const field = key(child(at('items'), 'properties'), name);
    if (!property) {
      errors.push(invalidValue(keysField, keys, 'entries must all be names of item properties'));
    } else if (property.type === 'array' || property.type === 'object') {
      const why = "must be a scalar type if parent array's x-kubernetes-list-type is map";
      errors.push(invalidValue(child(field, 'type'), items.type, why));
    }
    if (keys.indexOf(name) < index) {
      errors.push(invalidValue(keysField, keys, 'must not contain duplicate entries'));
    }
  }
  for (const name of keys) {
    const property = propertyOf(items, name);
    const field = key(child(at('items'), 'properties'), name);
    if (!property) continue;
    if (!items.required?.includes(name) && property.default === undefined) {
      const why =
        'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property';
      errors.push(required(child(field, 'default'), why));
    }
    if (property.nullable) {
      const why = 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable';
      errors.push(forbiddenValue(child(field, 'nullable'), why));
    }
  }
  return errors;
}

/** Defaults must be what their schema allows. */
function checkDefaults(schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { default: wanted } = schema;
  const at = child(path, 'default');
  if (wanted !== undefined) {
    const { wanted: pruned } = prune({ wanted }, { properties: { wanted: schema } }, []);
    if (!jsonEquals(pruned, wanted)) {
      errors.push(invalidValue(at, wanted, 'must not have unknown fields'));
    }
    errors.push(...checkValue(schema, wanted, at));
  }
  const items = itemsOf(schema);
  if (items) errors.push(...checkDefaults(items, child(path, 'items')));
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    errors.push(...checkDefaults(property, key(child(path, 'properties'), name)));
  }
  return errors;
}
