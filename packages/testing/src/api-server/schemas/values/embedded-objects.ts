import { isJsonObject, type JsonObject, setOwn } from '../../http/api-object.ts';
import type { FieldError } from '../../http/status.ts';
import { decodeTyped, DecodingError } from '../../kinds/typed-decoding.ts';
import { encodeTyped } from '../../kinds/typed-encoding.ts';
import { child, invalidValue, key, required } from '../../validation/field-errors.ts';
import { additionalOf, itemsOf, propertyOf, type Schema } from '../schema.ts';

/** An object that can't be read for the objects within it. */
export class EmbeddedObjectError extends Error {
  constructor({ field, message }: FieldError) {
    super(`${field}: ${message}`);
  }
}

/**
 * A value with the metadata of the objects within it as metadata is read; the value itself stays as it is.
 *
 * @param unknown receives the paths of fields that no metadata has
 * @throws EmbeddedObjectError when one has a kind, version or metadata of another type
 */
export function readEmbeddedObjects(
  schema: Schema,
  value: unknown,
  unknown: string[],
  path = '',
): unknown {
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (!items) return value;
    return value.map((element: unknown, index) =>
      readEmbeddedObjects(items, element, unknown, key(path, index)),
    );
  }
  if (!isJsonObject(value)) return value;
  const result = schema['x-kubernetes-embedded-resource']
    ? readResource(value, unknown, path)
    : { ...value };
  const additional = additionalOf(schema);
  for (const [name, inner] of Object.entries(result)) {
    const property = propertyOf(schema, name);
    const ofField = property ?? additional;
    if (!ofField) continue;
    const at = property ? child(path, name) : key(path, name);
    setOwn(result, name, readEmbeddedObjects(ofField, inner, unknown, at));
  }
  return result;
}

function readResource(value: JsonObject, unknown: string[], path: string): JsonObject {
  for (const name of ['apiVersion', 'kind']) {
    const inner = value[name];
    if (inner === undefined || typeof inner === 'string') continue;
    throw new EmbeddedObjectError(invalidValue(child(path, name), inner, 'must be a string'));
  }
  const { metadata } = value;
  if (!isJsonObject(metadata)) return { ...value };
  const at = child(path, 'metadata');
  try {
    const read = decodeTyped('ObjectMeta', metadata);
    unknown.push(...read.unknown.map((name) => child(at, name)));
    return { ...value, metadata: encodeTyped('ObjectMeta', read.object) };
  } catch (error) {
    if (!(error instanceof DecodingError)) throw error;
    throw new EmbeddedObjectError(invalidValue(at, metadata, error.message));
  }
}

/** What keeps the objects within an object from being objects of Kubernetes, where the schema says that they are. */
export function checkEmbeddedObjects(schema: Schema, value: unknown, path = ''): FieldError[] {
  const errors: FieldError[] = [];
  if (isJsonObject(value) && schema['x-kubernetes-embedded-resource']) {
    for (const name of ['apiVersion', 'kind']) {
      const at = child(path, name);
      if (value[name] === undefined) errors.push(required(at));
      else if (value[name] === '') errors.push(invalidValue(at, '', 'must not be empty'));
    }
  }
  for (const { schema: part, value: inner, path: at } of partsOfValue(schema, value, path)) {
    errors.push(...checkEmbeddedObjects(part, inner, at));
  }
  return errors;
}

interface ValuePart {
  readonly schema: Schema;
  readonly value: unknown;
  readonly path: string;
}

/** The values within a value that have a schema. */
function partsOfValue(schema: Schema, value: unknown, path: string): ValuePart[] {
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (!items) return [];
    return value.map((element: unknown, index) => ({
      schema: items,
      value: element,
      path: key(path, index),
    }));
  }
  if (!isJsonObject(value)) return [];
  const additional = additionalOf(schema);
  return Object.entries(value).flatMap(([name, inner]) => {
    const property = propertyOf(schema, name);
    if (property) return [{ schema: property, value: inner, path: child(path, name) }];
    return additional ? [{ schema: additional, value: inner, path: key(path, name) }] : [];
  });
}
