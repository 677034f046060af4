import { asJsonObject, jsonEquals, type JsonObject } from '../http/api-object.ts';
import { compare, type Comparison } from './compare.ts';
import { fieldsOf } from './fields-of.ts';
import {
  difference,
  type FieldPath,
  type FieldSet,
  fieldsIn,
  intersection,
  isEmptySet,
  union,
} from './field-set.ts';
import {
  capUpdaters,
  entryOf,
  type FieldWriter,
  isEntryOf,
  type ManagedFieldsEntry,
  sortEntries,
  withoutFields,
} from './managed-fields.ts';
import { mergeValues } from './merge-values.ts';
import { removeFields, withNamedFields } from './remove-fields.ts';
import type { Structure } from './structure.ts';

/** An object as it is, who owns what of it, and how it is merged. */
export interface Managed {
  /** `{}` for one that is yet to be created; its own managedFields don't matter. */
  readonly live: JsonObject;
  readonly managers: readonly ManagedFieldsEntry[];
  readonly structure: Structure;
  /** Fields at the top that this write can't change, such as a status that has a subresource of its own. */
  readonly ignored: readonly string[];
}

/** A field that whoever applies wants otherwise than who owns it. */
export interface FieldConflict {
  readonly owner: ManagedFieldsEntry;
  readonly field: FieldPath;
}

/** What an apply comes to. */
export type Applied =
  | { readonly object: JsonObject; readonly managers: readonly ManagedFieldsEntry[] }
  | { readonly conflicts: readonly FieldConflict[] };

/** Metadata that nobody owns, since the server or the address of the object says it. */
const unownedMetadata = new Set(
  'name namespace creationTimestamp selfLink uid clusterName generation managedFields resourceVersion'.split(
    ' ',
  ),
);

/**
 * Who owns what after a create or an update: the writer what it changed, the others what it left alone. Whose fields
 * nobody keeps track of (an object without managers) stay so.
 */
export function managersAfterUpdate(
  { live, managers, structure, ignored }: Managed,
  after: JsonObject,
  writer: FieldWriter,
): readonly ManagedFieldsEntry[] {
  const changes = changesOf({ live, structure, ignored }, after);
  const changed = union(changes.added, changes.modified);
  const left = withoutFields(managers, union(changed, changes.removed));
  if (isEmptySet(changed)) return sortEntries(left);
  const before = left.find((entry) => isEntryOf(entry, writer));
  const fields = before ? union(before.fieldsV1, changed) : changed;
  const others = left.filter((entry) => entry !== before);
  return sortEntries(capUpdaters([...others, entryOf(writer, fields, writer.time)]));
}

/**
 * Server-side apply: what is applied is the writer's from then on, and what it applied before and no longer does goes,
 * unless others own it, too. Nothing that is passed is changed.
 *
 * @param force takes fields over that others own, where they differ
 * @returns the object and its managers, or what stands against it
 */
export function applyFields(
  { live, managers, structure, ignored }: Managed,
  applied: JsonObject,
  writer: FieldWriter,
  force: boolean,
): Applied {
  const own = managers.find((entry) => isEntryOf(entry, writer));
  const others = managers.filter((entry) => entry !== own);
  const wanted = fieldsOf(ownable(applied, ignored), structure);
  const merged = mergeValues(live, applied, structure) as JsonObject;
  const owned = (): FieldSet =>
    others.reduce((all, { fieldsV1 }) => union(all, fieldsV1), fieldsOf(applied, structure));
  const object = own ? prune(merged, own.fieldsV1, owned(), structure) : merged;
  const changes = changesOf({ live, structure, ignored }, object);
  const changed = union(changes.added, changes.modified);
  const conflicts = others.flatMap((owner) =>
    [...fieldsIn(intersection(owner.fieldsV1, changed))].map((field) => ({ owner, field })),
  );
  if (conflicts.length > 0 && !force) return { conflicts };
  const left = withoutFields(others, union(changed, changes.removed));
  // Whoever applies what is there already is named without a time.
  const time = jsonEquals(live, object) ? own?.time : writer.time;
  const entry = entryOf(writer, wanted, time);
  return { object, managers: sortEntries(isEmptySet(wanted) ? left : [...left, entry]) };
}

/** An object without what a writer owned before and nobody owns now. */
function prune(
  merged: JsonObject,
  before: FieldSet,
  owned: FieldSet,
  structure: Structure,
): JsonObject {
  const named = (set: FieldSet): FieldSet => withNamedFields(set, structure);
  const allOf = (object: unknown): FieldSet => named(fieldsOf(object, structure));
  const without = (set: FieldSet): JsonObject => asJsonObject(removeFields(merged, set, structure));
  const all = allOf(merged);
  const pruned = without(named(before));
  // What others own comes back, but only with what was the writer's does anything go.
  const kept = without(difference(all, union(allOf(pruned), named(owned))));
  return without(intersection(difference(all, allOf(kept)), named(before)));
}

function changesOf(
  { live, structure, ignored }: Omit<Managed, 'managers'>,
  after: JsonObject,
): Comparison {
  // Every object has metadata, which is nobody's as a whole.
  const seen = (object: JsonObject): JsonObject => ({ metadata: {}, ...ownable(object, ignored) });
  return compare(seen(live), seen(after), structure);
}

/** An object without what nobody owns, or what isn't this write's to change. */
function ownable(object: JsonObject, ignored: readonly string[]): JsonObject {
  const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = object;
  for (const field of ignored) delete rest[field];
  if (ignored.includes('metadata')) return rest;
  const kept = Object.entries(asJsonObject(metadata)).filter(([key]) => !unownedMetadata.has(key));
  return kept.length > 0 ? { ...rest, metadata: Object.fromEntries(kept) } : rest;
}
