import { isJsonObject, jsonEquals, type JsonObject } from '../api-server/http/api-object.ts';
import {
  describePath,
  type FieldPath,
  type Fields,
  fieldsOf,
  fromFieldsV1,
  isKeyOfElement,
  pathKey,
  removeField,
  setField,
  toFieldsV1,
} from './field-paths.ts';

/** One entry of `metadata.managedFields`. */
export interface ManagedFields {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: object;
  subresource?: string;
}

/** Who writes, as an entry of `metadata.managedFields` says it. */
export interface Writer {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string;
}

/** A field that the writer wants otherwise than who owns it. */
export interface FieldConflict {
  readonly owner: ManagedFields;
  readonly field: string;
}

/** Who owns what after an update: the writer what it changed, others what it left alone. */
export function managersAfterUpdate(
  managers: readonly ManagedFields[],
  before: object,
  after: object,
  writer: Writer,
): ManagedFields[] {
  const old = fieldsOf(before);
  const now = fieldsOf(after);
  const changed = [...now].filter(([key, field]) => {
    const known = old.get(key);
    return !known || !jsonEquals(known.value, field.value);
  });
  const gone = [...old.keys()].filter((key) => !now.has(key));
  if (changed.length === 0 && gone.length === 0) return [...managers];
  const lost = new Set([...changed.map(([key]) => key), ...gone]);
  const own = managers.find((entry) => isOf(entry, writer));
  const paths = [...pathsOf(own).filter((path) => !lost.has(pathKey(path)))];
  paths.push(...changed.map(([, { path }]) => path));
  const others = managers
    .filter((entry) => entry !== own)
    .map((entry) => without(entry, (path) => lost.has(pathKey(path))));
  return kept([...others, entryOf(writer, paths)]);
}

/** Who owns what after a change by nobody: what it changed is nobody's any more. */
export function managersAfterRemoval(
  managers: readonly object[],
  before: object,
  after: object,
): ManagedFields[] {
  const old = fieldsOf(before);
  const now = fieldsOf(after);
  const changed = (path: FieldPath): boolean => {
    const key = pathKey(path);
    const known = old.get(key);
    const left = now.get(key);
    return known !== undefined && (!left || !jsonEquals(known.value, left.value));
  };
  return kept((managers as ManagedFields[]).map((entry) => without(entry, changed)));
}

/**
 * Applies fields to an object: they are the writer's from then on, and those that it gave up go unless somebody else
 * owns them, too.
 *
 * @returns the object and who owns what, or the conflicts
 */
export function applyFields(
  live: object,
  managers: readonly ManagedFields[],
  applied: object,
  writer: Writer,
  force: boolean,
): { object: object; managers: ManagedFields[] } | { conflicts: FieldConflict[] } {
  const wanted = fieldsOf(applied);
  const present = fieldsOf(live);
  const own = managers.find((entry) => isOf(entry, writer));
  const others = managers.filter((entry) => entry !== own);
  const clashes = (path: FieldPath): boolean => clashesWith(path, wanted, present);
  const conflicts = others.flatMap((owner) =>
    pathsOf(owner)
      .filter(clashes)
      .map((path) => ({ owner, field: describePath(path) })),
  );
  if (conflicts.length > 0 && !force) return { conflicts };

  const object = structuredClone(live) as JsonObject;
  const left = managers.map((entry) => (entry === own ? entry : without(entry, clashes)));
  const owned = new Set(
    left.filter((entry) => entry !== own).flatMap((entry) => pathsOf(entry).map(pathKey)),
  );
  for (const path of pathsOf(own)) {
    const key = pathKey(path);
    const given = !wanted.has(key) && !owned.has(key) && !hasOwned(path, owned);
    // What was empty when it was applied is no field any more once others have filled it; the key of an element goes
    // with the element alone.
    if (given && present.has(key) && !isKeyOfElement(path)) removeField(object, path);
  }
  for (const [key, { path, value }] of wanted) {
    const known = present.get(key);
    if (!known || !jsonEquals(known.value, value)) setField(object, path, value);
  }
  const paths = [...wanted.values()].map(({ path }) => path);
  const entry = entryOf(writer, paths);
  if (own && jsonEquals(own.fieldsV1, entry.fieldsV1)) return { object, managers: kept(left) };
  return { object, managers: kept([...left.filter((other) => other !== own), entry]) };
}

/** Whether an applied field would change another's, or takes the place of what it is in or what is in it. */
function clashesWith(path: FieldPath, wanted: Fields, present: Fields): boolean {
  if (path.at(-1) === '.') return false;
  const same = wanted.get(pathKey(path));
  if (same) return !jsonEquals(same.value, present.get(pathKey(path))?.value);
  for (const { path: other, value } of wanted.values()) {
    const isInside =
      other.length < path.length && other.every((step, index) => step === path[index]);
    // An empty object or list asks for nothing of what is in it.
    if (isInside && (typeof value !== 'object' || value === null)) return true;
    if (path.length < other.length && path.every((step, index) => step === other[index])) {
      // What was empty when it was applied may have been filled by others since.
      const mine = present.get(pathKey(path));
      if (mine && !isJsonObject(mine.value)) return true;
    }
  }
  return false;
}

/** Whether somebody else owns something of the element that a path says is there. */
function hasOwned(path: FieldPath, owned: ReadonlySet<string>): boolean {
  if (path.at(-1) !== '.') return false;
  const prefix = pathKey(path.slice(0, -1)).slice(0, -1);
  return [...owned].some((key) => key.startsWith(`${prefix},`));
}

function isOf(
  entry: ManagedFields,
  { manager, operation, apiVersion, subresource }: Writer,
): boolean {
  return (
    entry.manager === manager &&
    entry.operation === operation &&
    (entry.subresource ?? '') === subresource &&
    (operation === 'Apply' || entry.apiVersion === apiVersion)
  );
}

function pathsOf(entry: ManagedFields | undefined): FieldPath[] {
  return fromFieldsV1(entry?.fieldsV1);
}

function without(entry: ManagedFields, lost: (path: FieldPath) => boolean): ManagedFields {
  const paths = pathsOf(entry);
  const left = paths.filter((path) => !lost(path));
  return left.length === paths.length ? entry : { ...entry, fieldsV1: toFieldsV1(left) };
}

function entryOf({ subresource, ...writer }: Writer, paths: readonly FieldPath[]): ManagedFields {
  return {
    ...writer,
    fieldsType: 'FieldsV1',
    fieldsV1: toFieldsV1(paths),
    ...(subresource && { subresource }),
  };
}

/** Entries that own nothing go. */
function kept(entries: readonly ManagedFields[]): ManagedFields[] {
  return entries.filter(({ fieldsV1 }) => fieldsV1 && Object.keys(fieldsV1).length > 0);
}
