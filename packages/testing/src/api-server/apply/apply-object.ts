import { type ApiObject, asJsonObject, asText, type JsonObject } from '../http/api-object.ts';
import {
  applyConflict,
  badRequest,
  internalFailure,
  invalid,
  uidWithoutObject,
} from '../http/status.ts';
import { formatApiVersion } from '../kinds/resource-type.ts';
import { sortKeys } from '../kinds/typed-encoding.ts';
import { shownAs } from '../schemas/custom-objects.ts';
import { checkApplied, describeFaults, formatKind } from './check-applied.ts';
import { compare } from './compare.ts';
import { type Applied, applyFields, type FieldConflict, type Managed } from './field-management.ts';
import { difference, formatPath, hasField, union } from './field-set.ts';
import { fieldsOf } from './fields-of.ts';
import { compareTexts, formatManager, type ManagedFieldsEntry } from './managed-fields.ts';
import {
  ignoredFields,
  managersOf,
  managersOfCreate,
  structureOf,
  type TrackedWrite,
  writerOf,
} from './write-managers.ts';

/** What an apply makes of an object, to be stored. */
export interface AppliedObject {
  readonly object: JsonObject;
  readonly managedFields: readonly ManagedFieldsEntry[];
}

/** What clients that apply by themselves, as kubectl did, keep of what they applied last. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * Applies to an object, or to nothing yet.
 *
 * @param live undefined when the object is to be created
 * @throws StatusError 400 for what isn't an object of this type or brings managedFields, 409 for fields that others own,
 *   422 for a foreign uid, 500 for what the type's schema doesn't know
 */
export function applyObject(
  write: TrackedWrite,
  live: ApiObject | undefined,
  name: string,
  applied: JsonObject,
  force: boolean,
): AppliedObject {
  const { type, version, subresource } = write;
  checkObject(write, applied);
  const structure = structureOf(type, version);
  const errors = checkApplied(applied, structure);
  if (errors.length > 0) throw internalFailure(describeFaults(applied, errors));
  checkIdentity(write, live, name, applied);
  const managed: Managed = {
    live: live ? shownAs(type, version, live) : {},
    managers: live ? managersBefore(write, live) : [],
    structure,
    ignored: ignoredFields(type, subresource),
  };
  const writer = writerOf(write, 'Apply');
  let result = applyFields(managed, applied, writer, force);
  if ('conflicts' in result && write.manager === 'kubectl') {
    result = settleWithLastApplied(managed, applied, result.conflicts, () =>
      applyFields(managed, applied, writer, true),
    );
  }
  if ('conflicts' in result) throw conflictOf(result.conflicts);
  const { object: merged, managers } = result;
  // A version of what isn't there yet means nothing.
  const object = live ? merged : withoutVersion(merged);
  return {
    object: write.manager === 'kubectl' ? withLastApplied(object, applied) : object,
    managedFields: managers,
  };
}

function checkObject(
  { type, version }: TrackedWrite,
  { apiVersion, kind, metadata }: JsonObject,
): void {
  const expected = formatApiVersion(type.group, version);
  if (kind !== type.kind || apiVersion !== expected) {
    throw badRequest(`invalid object type: ${formatKind(asText(apiVersion), asText(kind))}`);
  }
  const { managedFields } = asJsonObject(metadata);
  if (managedFields !== undefined && managedFields !== null) {
    throw badRequest('metadata.managedFields must be nil');
  }
}

/** An applied uid must be that of the object; what it is about the address says, too. */
function checkIdentity(
  { type }: TrackedWrite,
  live: JsonObject | undefined,
  name: string,
  { metadata }: JsonObject,
): void {
  const { name: own, uid } = asJsonObject(metadata);
  if (!own) {
    throw badRequest(
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
  }
  if (own !== name) {
    throw badRequest(
      `the name of the object (${asText(own)}) does not match the name on the URL (${name})`,
    );
  }
  if (!uid) return;
  if (!live) throw uidWithoutObject(type, name, asText(uid));
  if (uid === asJsonObject(live.metadata).uid) return;
  const message = `Invalid value: ${JSON.stringify(uid)}: field is immutable`;
  const error = { reason: 'FieldValueInvalid', message, field: 'metadata.uid' } as const;
  throw invalid(type, name, [error, error]);
}

/** All that is there belongs to whoever wrote it before the first apply, where nobody has kept track. */
function managersBefore(write: TrackedWrite, live: ApiObject): readonly ManagedFieldsEntry[] {
  const managers = managersOf(live);
  if (managers.length > 0) return managers;
  return managersOfCreate({ ...write, manager: 'before-first-apply' }, live, live);
}

function conflictOf(conflicts: readonly FieldConflict[]): Error {
  const sorted = conflicts.toSorted((a, b) =>
    compareTexts(formatManager(a.owner), formatManager(b.owner)),
  );
  return applyConflict(
    sorted.map(({ owner, field }) => ({ manager: formatManager(owner), field: formatPath(field) })),
  );
}

/** kubectl may take over what it applied by itself before, as long as that still stands there. */
function settleWithLastApplied(
  { live, structure }: Managed,
  applied: JsonObject,
  conflicts: readonly FieldConflict[],
  takeOver: () => Applied,
): Applied {
  const text = annotationsOf(live)[lastApplied];
  let last: JsonObject;
  try {
    last = asJsonObject(JSON.parse(asText(text)));
  } catch {
    return { conflicts };
  }
  if (last.apiVersion !== applied.apiVersion) return { conflicts };
  const { added, modified, removed } = compare(last, live, structure);
  const own = difference(fieldsOf(last, structure), union(union(added, modified), removed));
  const left = conflicts.filter(({ field }) => !hasField(own, field));
  return left.length === 0 ? takeOver() : { conflicts: left };
}

function withLastApplied(object: JsonObject, applied: JsonObject): JsonObject {
  if (!annotationsOf(object)[lastApplied]) return object;
  const { [lastApplied]: _own, ...annotations } = annotationsOf(applied);
  const metadata = asJsonObject(applied.metadata);
  const kept = {
    ...applied,
    metadata: { ...metadata, ...('annotations' in metadata && { annotations }) },
  };
  return {
    ...object,
    metadata: {
      ...asJsonObject(object.metadata),
      annotations: {
        ...annotationsOf(object),
        [lastApplied]: `${JSON.stringify(sortKeys(kept))}\n`,
      },
    },
  };
}

function withoutVersion(object: JsonObject): JsonObject {
  const { resourceVersion: _version, ...metadata } = asJsonObject(object.metadata);
  return { ...object, metadata };
}

function annotationsOf(object: JsonObject): JsonObject {
  return asJsonObject(asJsonObject(object.metadata).annotations);
}
