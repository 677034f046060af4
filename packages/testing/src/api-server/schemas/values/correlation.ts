import { isJsonObject, jsonEquals, ownValue } from '../../http/api-object.ts';
import { fieldSchema, itemsOf, type Schema } from '../schema.ts';

/** A value of an update beside the one that it takes the place of. */
export interface Correlation {
  readonly schema: Schema;
  readonly value: unknown;
  readonly old: unknown;
}

/** Whether an update leaves it as it was. */
export function isUnchanged({ value, old }: Correlation): boolean {
  return jsonEquals(value, old);
}

/** A field beside what it was; undefined where it was not there. */
export function correlateField(
  parent: Correlation | undefined,
  name: string,
): Correlation | undefined {
  if (!parent || !isJsonObject(parent.value) || !isJsonObject(parent.old)) return undefined;
  if (!Object.hasOwn(parent.value, name) || !Object.hasOwn(parent.old, name)) return undefined;
  const schema = fieldSchema(parent.schema, name);
  return schema && { schema, value: parent.value[name], old: parent.old[name] };
}

/** An element beside what it was: of lists whose elements have keys alone. */
export function correlateElement(
  parent: Correlation | undefined,
  index: number,
): Correlation | undefined {
  if (!parent || !Array.isArray(parent.value) || !Array.isArray(parent.old)) return undefined;
  const schema = itemsOf(parent.schema);
  if (!schema || parent.schema['x-kubernetes-list-type'] !== 'map') return undefined;
  const keys = parent.schema['x-kubernetes-list-map-keys'] ?? [];
  const value: unknown = parent.value[index];
  if (!isJsonObject(value)) return undefined;
  const old: unknown = parent.old.find(
    (element) =>
      isJsonObject(element) &&
      keys.every((name) => jsonEquals(ownValue(element, name), ownValue(value, name))),
  );
  return old === undefined ? undefined : { schema, value, old };
}
