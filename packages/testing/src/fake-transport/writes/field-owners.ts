import type { KubernetesStatus } from '@depwatch/core';

import { builtInStructure, emptyObject } from '../../api-server/apply/built-in-structure.ts';
import { checkApplied, describeFaults } from '../../api-server/apply/check-applied.ts';
import { compare } from '../../api-server/apply/compare.ts';
import { customStructure } from '../../api-server/apply/custom-structure.ts';
import {
  applyFields,
  type FieldConflict,
  type Managed,
  managersAfterUpdate,
} from '../../api-server/apply/field-management.ts';
import { formatPath, union } from '../../api-server/apply/field-set.ts';
import {
  compareTexts,
  type FieldWriter,
  formatManager,
  type ManagedFieldsEntry,
  withoutFields,
} from '../../api-server/apply/managed-fields.ts';
import { structureAt, type Structure } from '../../api-server/apply/structure.ts';
import {
  asJsonObject,
  isJsonObject,
  type JsonObject,
  setOwn,
} from '../../api-server/http/api-object.ts';
import { messageNameOf } from '../../api-server/http/protobuf/messages.ts';
import { encodeTyped } from '../../api-server/kinds/typed-encoding.ts';
import type { ServedKind } from '../kinds/kinds.ts';
import type { AnyObject } from './object-writer.ts';
import { Refusal } from '../answers/refusal.ts';
import { applyConflict, unfitToApply } from '../answers/statuses.ts';

/** An object with those who own its fields after a write: the writer what it changed, the others what it left alone. */
export function ownedAfterWrite(
  served: ServedKind,
  before: AnyObject | undefined,
  after: AnyObject,
  writer: FieldWriter,
): AnyObject {
  const managed: Managed = {
    live: before ? canonical(served, before) : newObject(served),
    managers: managersOf(before),
    structure: structureOf(served),
    ignored: ignoredBy(served, writer.subresource),
  };
  const managers = managersAfterUpdate(managed, canonical(served, after), writer);
  return withManagers(after, managers);
}

/** An object with those who own its fields after a write by nobody: what it changed is nobody's any more. */
export function ownedAfterPut(served: ServedKind, before: AnyObject, after: AnyObject): AnyObject {
  const [was, is] = [canonical(served, before), canonical(served, after)];
  const { added, modified, removed } = compare(was, is, structureOf(served));
  const changed = union(union(added, modified), removed);
  return withManagers(after, withoutFields(managersOf(before), changed));
}

/**
 * What an apply makes of an object, or of none.
 *
 * @throws Refusal for fields that others own, and for what the kind has no place for
 */
export function appliedTo(
  served: ServedKind,
  before: AnyObject | undefined,
  applied: JsonObject,
  writer: FieldWriter,
  force: boolean,
): AnyObject {
  const structure = structureOf(served);
  const faults = checkApplied(applied, structure);
  if (faults.length > 0) throw new Refusal(unfitToApply(describeFaults(applied, faults)));
  const managed: Managed = {
    live: (before ?? {}) as JsonObject,
    managers: managersOf(before),
    structure,
    ignored: ignoredBy(served, writer.subresource),
  };
  const outcome = applyFields(managed, applied, writer, force);
  if ('conflicts' in outcome) throw new Refusal(conflictOf(outcome.conflicts));
  return withManagers(withoutNulls(outcome.object, structure) as AnyObject, outcome.managers);
}

/** What a write by an address can't change, at the top of an object. */
function ignoredBy({ subresources }: ServedKind, subresource: string): string[] {
  if (subresource === 'status') return ['metadata', 'spec'];
  return subresources.includes('status') ? ['status'] : [];
}

function structureOf({ gvk: { group = '', kind }, builtIn, schema }: ServedKind): Structure {
  return builtIn ? builtInStructure(group, kind) : customStructure(schema);
}

/** What a new object holds before anything is in it. */
function newObject({ gvk: { group = '', kind }, builtIn }: ServedKind): JsonObject {
  return builtIn ? emptyObject(group, kind) : {};
}

/** An object as a server would have it, for which what is empty isn't there. */
function canonical(
  { gvk: { group = '', kind }, builtIn }: ServedKind,
  object: AnyObject,
): JsonObject {
  if (builtIn) return encodeTyped(messageNameOf(group, kind), object as JsonObject);
  return { ...object, metadata: encodeTyped('ObjectMeta', asJsonObject(object.metadata)) };
}

/** Named fields that hold nothing are absent; keys of a map may hold a null. */
function withoutNulls(value: unknown, structure: Structure | undefined): unknown {
  if (Array.isArray(value))
    return value.map((item) => withoutNulls(item, structure?.list?.element));
  if (!isJsonObject(value) || !structure?.map) return value;
  const kept: JsonObject = {};
  for (const [key, inner] of Object.entries(value)) {
    if (inner === null && structure.map.field(key)) continue;
    setOwn(kept, key, withoutNulls(inner, structureAt(structure.map, key)));
  }
  return kept;
}

function managersOf(object: AnyObject | undefined): readonly ManagedFieldsEntry[] {
  return (object?.metadata?.managedFields ?? []) as readonly ManagedFieldsEntry[];
}

function withManagers(object: AnyObject, managers: readonly ManagedFieldsEntry[]): AnyObject {
  const { managedFields: _, ...metadata } = object.metadata ?? {};
  const managed = managers.length > 0 && { managedFields: [...managers] };
  return { ...object, metadata: { ...metadata, ...managed } };
}

function conflictOf(conflicts: readonly FieldConflict[]): KubernetesStatus {
  const named = conflicts.map(({ owner, field }) => ({
    manager: formatManager(owner),
    field: formatPath(field),
  }));
  return applyConflict(named.toSorted((a, b) => compareTexts(a.manager, b.manager)));
}
