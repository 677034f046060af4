import { isJsonObject, type JsonObject, setOwn } from '../http/api-object.ts';
import { below, type FieldSet, hasBelow, hasElement, withMembers } from './field-set.ts';
import { elementOf } from './list-element.ts';
import { shapeOf, structureAt, type Structure } from './structure.ts';

/** A value without the fields of a set; undefined when nothing is left of it. It isn't changed itself. */
export function removeFields(value: unknown, set: FieldSet, structure: Structure): unknown {
  const shape = shapeOf(structure, value);
  if (shape.kind === 'scalar') return value;
  if (shape.kind === 'list') {
    if (!Array.isArray(value) || shape.list.type === 'atomic') return undefined;
    const { list } = shape;
    const left = value.flatMap((item: unknown) => {
      const element = elementOf(list, item);
      if (element === undefined) return [item];
      if (hasElement(set, element)) return [];
      return [
        hasBelow(set, element) ? removeFields(item, below(set, element), list.element) : item,
      ];
    });
    return left.length > 0 ? left : undefined;
  }
  if (!isJsonObject(value) || shape.map.atomic) return undefined;
  const left: JsonObject = {};
  for (const [key, inner] of Object.entries(value)) {
    const element = `f:${key}`;
    if (hasElement(set, element)) continue;
    const next = structureAt(shape.map, key);
    const kept =
      next && hasBelow(set, element) ? removeFields(inner, below(set, element), next) : inner;
    // What lost all that was in it stays as a null, which is as good as absent.
    setOwn(left, key, kept ?? null);
  }
  return Object.keys(left).length > 0 ? left : undefined;
}

/** The set with the named fields that hold something of it, which otherwise aren't in a set of their own. */
export function withNamedFields(set: FieldSet, structure: Structure): FieldSet {
  return withMembers(set, structure as Structure | undefined, (place, element) => {
    if (!element.startsWith('f:')) return { named: false, place: place?.list?.element };
    const key = element.slice(2);
    const named = place?.map?.field(key);
    return { named: named !== undefined, place: named ?? place?.map?.element };
  });
}
