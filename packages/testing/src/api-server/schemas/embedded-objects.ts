import { isJsonObject } from '../http/api-object.ts';
import type { FieldError } from '../http/status.ts';
import { child, invalidValue, key, required } from '../validation/field-errors.ts';
import { additionalOf, itemsOf, propertyOf, type Schema } from './schema.ts';

/** The first object within an object whose kind or version is no text, so that it can't be read. */
export function malformedObject(schema: Schema, value: unknown, path = ''): FieldError | undefined {
  if (isJsonObject(value) && schema['x-kubernetes-embedded-resource']) {
    for (const name of ['apiVersion', 'kind']) {
      const inner = value[name];
      if (inner === undefined || typeof inner === 'string') continue;
      return invalidValue(child(path, name), inner, 'must be a string');
    }
  }
  for (const { schema: part, value: inner, path: at } of partsOfValue(schema, value, path)) {
    const found = malformedObject(part, inner, at);
    if (found) return found;
  }
  return undefined;
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
