import { isJsonObject, type JsonObject, ownValue } from '../../http/api-object.ts';
import type { FieldError } from '../../http/status.ts';
import { child, duplicate, invalidValue, key, show } from '../../validation/field-errors.ts';
import { additionalOf, itemsOf, propertyOf, type Schema } from '../schema.ts';

/** What is there twice in lists that are sets, or maps by some keys of their elements. */
export function checkListTypes(schema: Schema, value: unknown, path = ''): FieldError[] {
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    return [
      ...checkList(schema, value, path),
      ...(items
        ? value.flatMap((element, index) => checkListTypes(items, element, key(path, index)))
        : []),
    ];
  }
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const property = propertyOf(schema, name);
    if (property) return checkListTypes(property, inner, child(path, name));
    const additional = additionalOf(schema);
    return additional ? checkListTypes(additional, inner, key(path, name)) : [];
  });
}

function checkList(schema: Schema, list: readonly unknown[], path: string): FieldError[] {
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return secondOnes(list).map((index) => duplicate(key(path, index), list[index]));
    case 'map': {
      const stranger = list.findIndex((element) => element !== null && !isJsonObject(element));
      if (stranger >= 0) {
        const why = 'must be an object for an array of list-type map';
        return [invalidValue(key(path, stranger), list[stranger], why)];
      }
      const keys = list.map((element) =>
        keysOf(element as JsonObject | null, schema['x-kubernetes-list-map-keys'] ?? []),
      );
      return secondOnes(keys).map((index) => duplicate(key(path, index), keys[index]));
    }
    default:
      return [];
  }
}

function keysOf(element: JsonObject | null, names: readonly string[]): JsonObject {
  const present = names.filter((name) => element !== null && Object.hasOwn(element, name));
  present.sort();
  return Object.fromEntries(present.map((name) => [name, ownValue(element!, name)]));
}

/** The indexes where something appears for the second time; a third time is not told. */
function secondOnes(list: readonly unknown[]): number[] {
  const seen = new Map<string, number>();
  const indexes: number[] = [];
  for (const [index, element] of list.entries()) {
    const text = show(element);
    const times = seen.get(text) ?? 0;
    if (times === 1) indexes.push(index);
    seen.set(text, times + 1);
  }
  return indexes;
}
