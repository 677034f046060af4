import { type ApiObject, asJsonObject, asText } from '../../http/api-object.ts';
import type { FieldError } from '../../http/status.ts';
import { child, duplicate, invalidValue, key, required } from '../../validation/field-errors.ts';
import { additionalOf, propertyOf, type Schema } from '../schema.ts';

/** What is wrong with the fields of a version that field selectors may name. */
export function checkSelectableFields(
  paths: readonly string[],
  schema: Schema,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, path] of paths.entries()) {
    const at = child(key(field, index), 'jsonPath');
    if (path === '') errors.push(required(at));
    else errors.push(...checkPath(path, schema, at));
    if (paths.indexOf(path) < index) errors.push(duplicate(at, path));
  }
  const count = new Set(paths).size;
  if (count > 8) {
    const message = `Too many: ${count}: must have at most 8 items`;
    errors.push({ reason: 'FieldValueTooMany', message, field });
  }
  return errors;
}

function checkPath(path: string, schema: Schema, field: string): FieldError[] {
  const wrong = (why: string): FieldError[] => [invalidValue(field, path, why)];
  if (path.includes('[')) return wrong('is an invalid path: array notation is not allowed');
  if (!path.startsWith('.')) {
    return wrong(`is an invalid path: expected [ or . but got: ${path.split('.')[0]}`);
  }
  const keys = path.slice(1).split('.');
  let found: Schema | undefined = schema;
  for (const name of keys) {
    found = found && (found.properties ? propertyOf(found, name) : additionalOf(found));
    if (!found) return wrong('is an invalid path: does not refer to a valid field');
  }
  if (keys[0] === 'metadata') return wrong('must not point to fields in metadata');
  if (['string', 'boolean', 'integer'].includes(found.type ?? '')) return [];
  return wrong(
    'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
  );
}

/** How field selectors read the fields that a version lets them name. */
export function selectableFields(
  paths: readonly string[],
): ReadonlyMap<string, (object: ApiObject) => string> {
  return new Map(
    paths.map((path) => {
      const keys = path.replace(/^\./, '').split('.');
      return [
        keys.join('.'),
        (object: ApiObject) => {
          let value: unknown = object;
          for (const name of keys) value = asJsonObject(value)[name];
          return asText(value);
        },
      ];
    }),
  );
}
