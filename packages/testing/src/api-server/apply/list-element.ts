import { isJsonObject, ownValue } from '../http/api-object.ts';
import type { ListStructure } from './structure.ts';

/** What names an element in a set of fields; undefined when it lacks every key, or isn't what the list holds. */
export function elementOf({ type, keys }: ListStructure, item: unknown): string | undefined {
  if (type === 'set') {
    return typeof item === 'object' ? undefined : `v:${JSON.stringify(item)}`;
  }
  if (!isJsonObject(item)) return undefined;
  const found = Object.keys(keys)
    .sort()
    .map((key): [string, unknown] => [key, ownValue(item, key) ?? keys[key]])
    .filter(([, value]) => value !== undefined && value !== null);
  return found.length > 0 ? `k:${JSON.stringify(Object.fromEntries(found))}` : undefined;
}

/** The items of a list by their elements, in order; those without one are left out. */
export function itemsByElement(
  list: ListStructure,
  items: readonly unknown[],
): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>();
  for (const item of items) {
    const element = elementOf(list, item);
    if (element === undefined) continue;
    const same = found.get(element);
    if (same) same.push(item);
    else found.set(element, [item]);
  }
  return found;
}
