import { asJsonObject, ownValue, setOwn } from '../http/api-object.ts';
import { elementOf, itemsByElement } from './list-element.ts';
import {
  type ListStructure,
  type MapStructure,
  shapeOf,
  structureAt,
  type Structure,
} from './structure.ts';

/**
 * What is there with what is applied in it: applied values win, maps and lists are merged as their structure says.
 * Neither is changed. undefined when neither says anything.
 */
export function mergeValues(live: unknown, applied: unknown, structure: Structure): unknown {
  if (applied === undefined) return live;
  if (live === undefined) return applied;
  const [was, is] = [shapeOf(structure, live), shapeOf(structure, applied)];
  if (was.kind !== is.kind) return applied;
  if (is.kind === 'map' && !is.map.atomic) {
    return mergeMaps(asJsonObject(live), asJsonObject(applied), is.map) ?? applied;
  }
  if (is.kind === 'list' && is.list.type !== 'atomic') {
    return mergeLists(asArray(live), asArray(applied), is.list) ?? applied;
  }
  return applied;
}

function mergeMaps(
  live: Record<string, unknown>,
  applied: Record<string, unknown>,
  map: MapStructure,
): unknown {
  const keys = new Set([...Object.keys(live), ...Object.keys(applied)]);
  if (keys.size === 0) return undefined;
  const merged = {};
  for (const key of keys) {
    const [was, is] = [ownValue(live, key), ownValue(applied, key)];
    const structure = structureAt(map, key);
    const value = structure ? mergeValues(was, is, structure) : (is ?? was);
    if (value !== undefined) setOwn(merged, key, value);
  }
  return merged;
}

/** Elements come in the order in which they are applied; those that are only there keep their places among them. */
function mergeLists(
  live: readonly unknown[],
  applied: readonly unknown[],
  list: ListStructure,
): unknown {
  if (live.length === 0 && applied.length === 0) return undefined;
  const before = itemsByElement(list, live);
  const waiting = [...itemsByElement(list, applied)].map(([element, [item]]) => ({
    element,
    item,
  }));
  const wanted = new Set(waiting.map(({ element }) => element));
  const shared = waiting.filter(({ element }) => before.has(element));
  const merged: unknown[] = [];
  const take = (): string | undefined => {
    const next = waiting.shift();
    if (!next) return undefined;
    const same = before.get(next.element) ?? [];
    merged.push(mergeValues(same.length === 1 ? same[0] : undefined, next.item, list.element));
    if (shared[0]?.element === next.element) shared.shift();
    return next.element;
  };
  for (const item of live) {
    const element = elementOf(list, item);
    if (element === undefined || !wanted.has(element)) {
      merged.push(item);
    } else if (shared.length === 0) {
      take();
    } else if (shared[0]!.element === element) {
      while (take() !== element);
    }
  }
  while (waiting.length > 0) take();
  return merged;
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
