import {
  isJsonObject,
  jsonEquals,
  type JsonObject,
  ownValue,
  setOwn,
} from '../api-server/http/api-object.ts';
import { keyOf, sets } from '../api-server/writes/strategic-merge.ts';

/**
 * The way to a field, in the words of FieldsV1: `f:` and a key of an object, `k:` and the key of an element of a list,
 * `v:` and an element of a set; `.` at the end for that the element is there.
 */
export type FieldPath = readonly string[];

/** The fields of an object by a key of their paths, each with its value. */
export type Fields = Map<string, { readonly path: FieldPath; readonly value: unknown }>;

/** A string that stands for a path in a map. */
export const pathKey = (path: FieldPath): string => JSON.stringify(path);

/** What is nobody's: the server's own metadata, and what the object is called. */
const unowned = new Set([
  'name',
  'namespace',
  'generateName',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
]);

/**
 * The fields of an object that somebody may own: values, lists that are replaced as a whole, empty objects, and the
 * elements of lists that are merged.
 */
export function fieldsOf(object: object): Fields {
  const fields: Fields = new Map();
  const { apiVersion: _, kind: __, metadata, ...rest } = object as JsonObject;
  const own = Object.entries(isJsonObject(metadata) ? metadata : {});
  const owned = Object.fromEntries(
    own.filter(([key, value]) => !unowned.has(key) && !isEmpty(value)),
  );
  if (Object.keys(owned).length > 0) collect(owned, ['f:metadata'], '', fields);
  for (const [key, value] of Object.entries(rest)) collect(value, [`f:${key}`], key, fields);
  return fields;
}

function collect(value: unknown, path: FieldPath, field: string, into: Fields): void {
  if (value === undefined) return;
  const elements = Array.isArray(value) ? elementsOf(field, value) : undefined;
  if (elements) {
    for (const [step, element] of elements) {
      into.set(pathKey([...path, step, '.']), { path: [...path, step, '.'], value: undefined });
      if (isJsonObject(element)) collect(element, [...path, step], '', into);
    }
  } else if (isJsonObject(value) && Object.keys(value).length > 0) {
    for (const [key, inner] of Object.entries(value))
      collect(inner, [...path, `f:${key}`], key, into);
  } else {
    into.set(pathKey(path), { path, value });
  }
}

/** The elements of a list that is merged, by their steps; undefined for one that is replaced. */
function elementsOf(
  field: string,
  list: readonly unknown[],
): readonly (readonly [step: string, element: unknown])[] | undefined {
  if (sets.has(field)) return list.map((element) => [`v:${JSON.stringify(element)}`, element]);
  const key = keyOf(field, list);
  if (!key || !list.every((element) => isJsonObject(element) && Object.hasOwn(element, key))) {
    return undefined;
  }
  return list.map((element) => [
    `k:${JSON.stringify({ [key]: ownValue(element as JsonObject, key) })}`,
    element,
  ]);
}

/** Writes a field into an object, which is changed; what is missing on the way is made. */
export function setField(object: JsonObject, path: FieldPath, value: unknown): void {
  let at: Container = object;
  for (const [index, step] of path.entries()) {
    const next = path[index + 1];
    if (step === '.') return;
    const inner = childOf(at, step);
    if (next === undefined && isJsonObject(at)) {
      // To want an empty object is to want no other than that there is one.
      if (!isJsonObject(inner) || !isJsonObject(value)) setOwn(at, step.slice(2), value);
      return;
    }
    if (next === '.' && inner !== undefined) return;
    const isList = /^[kv]:/.test(next ?? '');
    if (isList ? Array.isArray(inner) : isJsonObject(inner)) {
      at = inner as Container;
      continue;
    }
    const made: unknown = Array.isArray(at) ? elementFor(step) : isList ? [] : {};
    if (Array.isArray(at)) at.push(made);
    else setOwn(at, step.slice(2), made);
    at = made as Container;
  }
}

/** Takes a field out of an object, which is changed, and what is empty then on the way to it. */
export function removeField(at: Container, [step, ...rest]: FieldPath): void {
  if (step === undefined) return;
  const inner = childOf(at, step);
  if (inner === undefined) return;
  if (rest.length > 0 && rest[0] !== '.') {
    removeField(inner as Container, rest);
    // An element goes with what says that it is there, and not because it is empty.
    if (Array.isArray(at) || !isEmpty(inner)) return;
  }
  if (Array.isArray(at)) at.splice(indexOf(at, step), 1);
  else delete at[step.slice(2)];
}

type Container = JsonObject | unknown[];

function childOf(at: unknown, step: string): unknown {
  if (Array.isArray(at)) return at[indexOf(at, step)];
  return isJsonObject(at) ? ownValue(at, step.slice(2)) : undefined;
}

function elementFor(step: string): unknown {
  return JSON.parse(step.slice(2)) as unknown;
}

function indexOf(list: readonly unknown[], step: string): number {
  const wanted = elementFor(step);
  return list.findIndex((element) =>
    step.startsWith('k:') && isJsonObject(element) && isJsonObject(wanted)
      ? Object.entries(wanted).every(([key, value]) => jsonEquals(ownValue(element, key), value))
      : jsonEquals(element, wanted),
  );
}

/** Whether a field is what its element is told apart by. */
export function isKeyOfElement(path: FieldPath): boolean {
  const [element = '', field = ''] = path.slice(-2);
  return element.startsWith('k:') && Object.hasOwn(elementFor(element) as object, field.slice(2));
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value)
    ? value.length === 0
    : isJsonObject(value) && Object.keys(value).length === 0;
}

/** `.data.a`, `.spec.containers[name="a"].image`: how a conflict names a field. */
export function describePath(path: FieldPath): string {
  return path
    .filter((step) => step !== '.')
    .map((step) => {
      if (step.startsWith('f:')) return `.${step.slice(2)}`;
      const element = elementFor(step);
      const inner = isJsonObject(element)
        ? Object.entries(element).map(([key, value]) => `${key}=${JSON.stringify(value)}`)
        : [`=${JSON.stringify(element)}`];
      return `[${inner.join(',')}]`;
    })
    .join('');
}

/** A tree of paths as FieldsV1 has it. */
export function toFieldsV1(paths: Iterable<FieldPath>): JsonObject {
  const root: JsonObject = {};
  for (const path of paths) {
    let at = root;
    for (const step of path) {
      let next = ownValue(at, step);
      if (!isJsonObject(next)) setOwn(at, step, (next = {}));
      at = next as JsonObject;
    }
  }
  return root;
}

/** The paths of a FieldsV1 that ends in fields. */
export function fromFieldsV1(tree: unknown, path: FieldPath = []): FieldPath[] {
  if (!isJsonObject(tree)) return [];
  const steps = Object.entries(tree);
  if (steps.length === 0) return path.length === 0 ? [] : [path];
  return steps.flatMap(([step, inner]) => fromFieldsV1(inner, [...path, step]));
}
