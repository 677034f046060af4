import { isJsonObject } from '../http/api-object.ts';
import { type FieldSet, insertField } from './field-set.ts';
import { itemsByElement } from './list-element.ts';
import { shapeOf, structureAt, type Structure } from './structure.ts';

/** The fields that an object says something of: what whoever applies it owns. */
export function fieldsOf(object: unknown, structure: Structure): FieldSet {
  const set: FieldSet = {};
  addFields(object, structure, [], set);
  return set;
}

function addFields(value: unknown, structure: Structure, path: string[], set: FieldSet): void {
  const shape = shapeOf(structure, value);
  if (shape.kind === 'map' && !shape.map.atomic) {
    if (!isJsonObject(value)) return;
    for (const [key, inner] of Object.entries(value)) {
      const named = shape.map.field(key);
      const next = structureAt(shape.map, key);
      if (!next || inner === undefined) continue;
      path.push(`f:${key}`);
      addFields(inner, next, path, set);
      // Fields with names are there anyway; keys of a map are something that was said.
      const isEmpty = inner === null || (isJsonObject(inner) && Object.keys(inner).length === 0);
      if (isEmpty || !named) insertField(set, path);
      path.pop();
    }
    return;
  }
  if (shape.kind === 'list' && shape.list.type !== 'atomic') {
    if (!Array.isArray(value)) return;
    for (const [element, items] of itemsByElement(shape.list, value)) {
      path.push(element);
      if (items.length === 1) addFields(items[0], shape.list.element, path, set);
      insertField(set, path);
      path.pop();
    }
    return;
  }
  insertField(set, path);
}
