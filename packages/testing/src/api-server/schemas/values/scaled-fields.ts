import { asJsonObject, type JsonObject, ownValue } from '../../http/api-object.ts';
import type { FieldError } from '../../http/status.ts';
import type { ScalePaths } from '../../kinds/resource-type.ts';
import { invalidValue } from '../../validation/field-errors.ts';

/** What of an object can't be shown as its scale. */
export function checkScaledFields(
  { spec, status, selector }: ScalePaths,
  object: JsonObject,
  subresource: string,
): FieldError[] {
  const selected = selector ? valueAt(object, selector) : undefined;
  return [
    ...(subresource === 'status' ? [] : checkReplicas(object, spec)),
    ...checkReplicas(object, status),
    ...(selected === undefined || typeof selected === 'string'
      ? []
      : [invalidValue(`.${selector}`, '', accessorError(selector!, selected, 'string'))]),
  ];
}

function checkReplicas(object: JsonObject, path: string): FieldError[] {
  const value = valueAt(object, path);
  const field = `.${path}`;
  if (value === undefined) return [];
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    return [invalidValue(field, 0, accessorError(path, value, 'int64'))];
  }
  if (value < 0) return [invalidValue(field, value, 'should be a non-negative integer')];
  if (value < 2 ** 31) return [];
  return [invalidValue(field, value, 'should be less than or equal to 2147483647')];
}

function accessorError(path: string, value: unknown, wanted: string): string {
  const type = typeof value === 'number' ? 'float64' : typeof value;
  return `.${path} accessor error: ${String(value)} is of the type ${type}, expected ${wanted}`;
}

function valueAt(object: JsonObject, path: string): unknown {
  let value: unknown = object;
  for (const name of path.split('.')) value = ownValue(asJsonObject(value), name);
  return value;
}
