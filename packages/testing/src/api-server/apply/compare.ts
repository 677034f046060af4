import { asJsonObject, jsonEquals, ownValue } from '../http/api-object.ts';
import { type FieldSet, insertField } from './field-set.ts';
import { itemsByElement } from './list-element.ts';
import { type Shape, shapeOf, structureAt, type Structure } from './structure.ts';

/** Which fields differ between two states of an object. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** Compares two states, field by field as far as the structure goes into them. */
export function compare(before: unknown, after: unknown, structure: Structure): Comparison {
  const result: Comparison = { added: {}, modified: {}, removed: {} };
  compareAt(before, after, structure, [], result);
  return result;
}

/** @param path where the values are; changed on the way, and left as it was */
function compareAt(
  before: unknown,
  after: unknown,
  structure: Structure,
  path: string[],
  result: Comparison,
): void {
  const [was, is] = [shapeOf(structure, before), shapeOf(structure, after)];
  if (before !== undefined && after !== undefined && was.kind !== is.kind) {
    compareAs(was, before, after, path, result);
  }
  const wasLeaf = compareAs(after === undefined ? was : is, before, after, path, result);
  if (wasLeaf) return;
  if (before === undefined) insertField(result.added, path);
  else if (after === undefined) insertField(result.removed, path);
}

/** Whether they were compared as one value. */
function compareAs(
  shape: Shape,
  before: unknown,
  after: unknown,
  path: string[],
  result: Comparison,
): boolean {
  if (shape.kind === 'map' && !shape.map.atomic) {
    const { map } = shape;
    const [left, right] = [asJsonObject(before), asJsonObject(after)];
    let isEmpty = true;
    const compareKey = (key: string): void => {
      const [leftValue, rightValue] = [ownValue(left, key), ownValue(right, key)];
      if (leftValue === undefined && rightValue === undefined) return;
      isEmpty = false;
      const structure = structureAt(map, key);
      // An object of a built-in kind may hold what its type doesn't know, which nobody owns.
      if (!structure) return;
      path.push(`f:${key}`);
      compareAt(leftValue, rightValue, structure, path, result);
      path.pop();
    };
    for (const key of Object.keys(right)) compareKey(key);
    for (const key of Object.keys(left)) if (!Object.hasOwn(right, key)) compareKey(key);
    if (!isEmpty) return false;
  } else if (shape.kind === 'list' && shape.list.type !== 'atomic') {
    const { list } = shape;
    const left = itemsByElement(list, Array.isArray(before) ? before : []);
    const right = itemsByElement(list, Array.isArray(after) ? after : []);
    for (const element of new Set([...left.keys(), ...right.keys()])) {
      path.push(element);
      compareItems(left.get(element) ?? [], right.get(element) ?? [], list.element, path, result);
      path.pop();
    }
    if (left.size > 0 || right.size > 0) return false;
  }
  if (before === undefined) insertField(result.added, path);
  else if (after === undefined) insertField(result.removed, path);
  else if (!jsonEquals(before, after)) insertField(result.modified, path);
  return true;
}

/** What a list holds of one element, which may be there twice; then it is one value. */
function compareItems(
  before: readonly unknown[],
  after: readonly unknown[],
  structure: Structure,
  path: string[],
  result: Comparison,
): void {
  if (before.length > 1 && after.length > 1) {
    if (!jsonEquals(before, after)) insertField(result.modified, path);
    return;
  }
  const [left, right] = [
    before.length > 1 ? undefined : before[0],
    after.length > 1 ? undefined : after[0],
  ];
  if (left !== undefined || right !== undefined) compareAt(left, right, structure, path, result);
  if (before.length > 1) insertField(result.removed, path);
  if (after.length > 1) insertField(result.added, path);
}
