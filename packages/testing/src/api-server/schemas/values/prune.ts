import { isJsonObject, type JsonObject, setOwn } from '../../http/api-object.ts';
import { child, key } from '../../validation/field-errors.ts';
import { additionalOf, fieldSchema, itemsOf, propertyOf, type Schema } from '../schema.ts';

const metaFields = new Set(['apiVersion', 'kind', 'metadata']);

/**
 * An object without the fields that its schema doesn't know; the object itself stays as it is.
 *
 * @param unknown receives the paths of what is left out
 */
export function prune(
  object: JsonObject,
  schema: Schema | undefined,
  unknown: string[],
): JsonObject {
  const root = { ...schema, 'x-kubernetes-embedded-resource': true };
  return pruneValue(object, root, '', unknown) as JsonObject;
}

function pruneValue(
  value: unknown,
  schema: Schema | undefined,
  path: string,
  unknown: string[],
): unknown {
  // Below something that keeps what it doesn't know, only what has a schema of its own is pruned.
  const keeps = schema?.['x-kubernetes-preserve-unknown-fields'] === true;
  if (Array.isArray(value)) {
    const items = keeps ? { ...itemsOf(schema), ...keepsAll } : itemsOf(schema);
    return value.map((element, index) => pruneValue(element, items, key(path, index), unknown));
  }
  if (!isJsonObject(value)) return value;
  const isResource = schema?.['x-kubernetes-embedded-resource'] === true;
  const result: JsonObject = {};
  for (const [name, inner] of Object.entries(value)) {
    const at = child(path, name);
    const ofField = schema && (propertyOf(schema, name) ?? additionalOf(schema));
    if (isResource && metaFields.has(name)) setOwn(result, name, inner);
    else if (ofField) setOwn(result, name, pruneValue(inner, ofField, at, unknown));
    else if (schema?.additionalProperties !== undefined) {
      setOwn(result, name, pruneValue(inner, undefined, at, unknown));
    } else if (keeps) setOwn(result, name, inner);
    else if (!metaFields.has(name) || path !== '') unknown.push(at);
  }
  return result;
}

const keepsAll: Schema = { 'x-kubernetes-preserve-unknown-fields': true };

/** A value without the nulls that its schema has no place for; those that have a default are left to that. */
export function pruneNulls(value: unknown, schema: Schema | undefined): unknown {
  if (Array.isArray(value)) return value.map((element) => pruneNulls(element, itemsOf(schema)));
  if (!isJsonObject(value)) return value;
  const result: JsonObject = {};
  for (const [name, inner] of Object.entries(value)) {
    const ofField = fieldSchema(schema, name);
    const hasNoPlace =
      inner === null && ofField && !ofField.nullable && ofField.default === undefined;
    if (!hasNoPlace) setOwn(result, name, pruneNulls(inner, ofField));
  }
  return result;
}
