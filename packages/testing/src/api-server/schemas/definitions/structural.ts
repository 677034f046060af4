import { jsonEquals } from '../../http/api-object.ts';
import type { FieldError } from '../../http/status.ts';
import {
  child,
  forbiddenValue,
  invalidValue,
  key,
  required,
} from '../../validation/field-errors.ts';
import { compilePattern } from '../values/regexp.ts';
import { additionalOf, itemsOf, propertyOf, type Schema } from '../schema.ts';

type Level = 'root' | 'item' | 'field';

const where: Record<Level, string> = {
  root: 'at the root',
  item: 'for specified array items',
  field: 'for specified object fields',
};

/** What keeps a schema from being structural: what it is made of must be said outside of `allOf`, `anyOf`, `oneOf` and `not`. */
export function checkStructural(schema: Schema, path: string): FieldError[] {
  const errors = [...checkNode(schema, 'root', path), ...checkCompleteness(schema, path)];
  const textOf = ({ field, message }: FieldError): string => `${field}: ${message}`;
  return errors.toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
}

function checkNode(schema: Schema, level: Level, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const items = itemsOf(schema);
  const { type = '', properties = {}, additionalProperties } = schema;
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const keeps = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const intOrString = schema['x-kubernetes-int-or-string'] === true;
  const at = (name: string): string => child(path, name);
  if (type === 'array' && !items) errors.push(required(at('items'), 'must be specified'));
  if (items) errors.push(...checkNode(items, 'item', at('items')));
  for (const [name, property] of Object.entries(properties)) {
    errors.push(...checkNode(property, 'field', key(at('properties'), name)));
  }
  if (additionalProperties !== undefined && level === 'root') {
    errors.push(forbiddenValue(at('additionalProperties'), 'must not be used at the root'));
  }
  const additional = additionalOf(schema);
  if (additional) errors.push(...checkNode(additional, 'field', at('additionalProperties')));
  for (const [excluded, name] of [
    [keeps, 'x-kubernetes-preserve-unknown-fields'],
    [embedded, 'x-kubernetes-embedded-resource'],
  ] as const) {
    if (!intOrString || !excluded) continue;
    const why = 'must be false if x-kubernetes-int-or-string is true';
    errors.push(invalidValue(at(name), true, why));
  }
  errors.push(...checkAlternatives(schema, true, path));
  if (embedded && type !== 'object') {
    const why = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(type === '' ? required(at('type'), why) : invalidValue(at('type'), type, why));
  } else if (type === '' && !intOrString && !keeps) {
    errors.push(required(at('type'), `must not be empty ${where[level]}`));
  }
  if (embedded && additionalProperties !== undefined) {
    const why = 'must not be used if x-kubernetes-embedded-resource is set';
    errors.push(forbiddenValue(at('additionalProperties'), why));
  }
  if (level === 'root' && type !== '' && type !== 'object') {
    errors.push(invalidValue(at('type'), type, 'must be object at the root'));
  }
  errors.push(...checkMetaFields(schema, level, path));
  if (embedded && !keeps && Object.keys(properties).length === 0) {
    const why =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
    errors.push(required(at('properties'), why));
  }
  return errors;
}

/** Of kind, version and metadata, which are what they are, a schema can say little. */
function checkMetaFields(schema: Schema, level: Level, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const isResource = level === 'root' || schema['x-kubernetes-embedded-resource'] === true;
  const at = (name: string): string => key(child(path, 'properties'), name);
  for (const name of ['kind', 'apiVersion']) {
    const type = propertyOf(schema, name)?.type ?? 'string';
    if (isResource && type !== 'string') {
      errors.push(invalidValue(child(at(name), 'type'), type, 'must be string'));
    }
  }
  const metadata = propertyOf(schema, 'metadata');
  if (!metadata) return errors;
  if (isResource && metadata.type !== 'object') {
    errors.push(invalidValue(child(at('metadata'), 'type'), metadata.type ?? '', 'must be object'));
  }
  if (level === 'root') {
    const { type: _type, default: _default, properties = {}, ...rest } = metadata;
    const allowed = new Set(['name', 'generateName']);
    const said = Object.keys(properties).some((name) => !allowed.has(name));
    if (said || Object.keys(rest).length > 0) {
      const why =
        'must not specify anything other than name and generateName, but metadata is implicitly specified';
      errors.push(forbiddenValue(at('metadata'), why));
    }
  }
  return errors;
}

const intOrStringTypes: readonly Schema[] = [{ type: 'integer' }, { type: 'string' }];

/** @param outermost whether types may be named, in the one way that stands for an integer or a string */
function checkAlternatives(schema: Schema, outermost: boolean, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { anyOf = [], allOf = [], oneOf = [], not, pattern } = schema;
  const at = (name: string, index: number): string => key(child(path, name), index);
  if (!outermost || !jsonEquals(anyOf, intOrStringTypes)) {
    for (const [index, each] of anyOf.entries()) {
      errors.push(...checkNested(each, false, at('anyOf', index)));
    }
  }
  for (const [index, each] of allOf.entries()) {
    const isException = outermost && index === 0 && jsonEquals(each.anyOf, intOrStringTypes);
    errors.push(...checkNested(each, isException, at('allOf', index)));
  }
  for (const [index, each] of oneOf.entries()) {
    errors.push(...checkNested(each, false, at('oneOf', index)));
  }
  if (not) errors.push(...checkNested(not, false, child(path, 'not')));
  if (pattern) {
    try {
      compilePattern(pattern);
    } catch (error) {
      const why = `must be a valid regular expression, but isn't: ${(error as Error).message}`;
      errors.push(invalidValue(child(path, 'pattern'), pattern, why));
    }
  }
  return errors;
}

const forbiddenInside: readonly (readonly [name: keyof Schema, why: string])[] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
];

function checkNested(schema: Schema, typesAllowed: boolean, path: string): FieldError[] {
  const errors = checkAlternatives(schema, typesAllowed, path);
  const items = itemsOf(schema);
  if (items) errors.push(...checkNested(items, false, child(path, 'items')));
  const properties = child(path, 'properties');
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    errors.push(...checkNested(property, false, key(properties, name)));
  }
  for (const [name, why] of forbiddenInside) {
    if (schema[name] !== undefined) errors.push(forbiddenValue(child(path, name), why));
  }
  if (propertyOf(schema, 'metadata')) {
    const why = 'must not be specified in a nested context';
    errors.push(forbiddenValue(key(properties, 'metadata'), why));
  }
  return errors;
}

/** Every field and every list that an alternative at the root speaks of must be there outside of it, too. */
function checkCompleteness(schema: Schema, path: string): FieldError[] {
  return alternativesOf(schema, path).flatMap(({ nested, path: at }) =>
    checkSkeleton(nested, schema, at, path),
  );
}

function checkSkeleton(
  nested: Schema,
  structure: Schema,
  path: string,
  structurePath: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const items = itemsOf(nested);
  if (items) {
    const own = itemsOf(structure);
    const at = child(structurePath, 'items');
    if (own) errors.push(...checkSkeleton(items, own, child(path, 'items'), at));
    else errors.push(required(at, `because it is defined in ${child(path, 'items')}`));
  }
  for (const [name, property] of Object.entries(nested.properties ?? {})) {
    const own = propertyOf(structure, name);
    const at = key(child(structurePath, 'properties'), name);
    const nestedPath = key(child(path, 'properties'), name);
    if (own) errors.push(...checkSkeleton(property, own, nestedPath, at));
    else errors.push(required(at, `because it is defined in ${nestedPath}`));
  }
  for (const { nested: inner, path: at } of alternativesOf(nested, path)) {
    errors.push(...checkSkeleton(inner, structure, at, structurePath));
  }
  return errors;
}

function alternativesOf(schema: Schema, path: string): { nested: Schema; path: string }[] {
  const { not } = schema;
  return [
    ...(['allOf', 'anyOf', 'oneOf'] as const).flatMap((name) =>
      (schema[name] ?? []).map((nested, index) => ({
        nested,
        path: key(child(path, name), index),
      })),
    ),
    ...(not ? [{ nested: not, path: child(path, 'not') }] : []),
  ];
}
