import { asJsonObject, asText, isJsonObject, type JsonObject } from '../http/api-object.ts';
import { customResourceDefinitions } from '../kinds/built-in-resources.ts';
import { formatApiVersion, type ResourceType } from '../kinds/resource-type.ts';
import {
  badRequest,
  failedPrecondition,
  foreignUid,
  internalFailure,
  invalid,
  modified,
} from '../http/status.ts';
import type { StoredObject } from '../store/store.ts';
import { invalidValue } from '../validation/field-errors.ts';
import { customBody } from './custom-body.ts';
import { typedBody } from './typed-body.ts';
import type { DeleteOptions, WriteOptions, WriteTarget } from './write-options.ts';

/**
 * The object that a create or an update brings, as its kind holds it.
 *
 * @throws StatusError 400 when it is none of that kind
 */
export function checkBody(
  { resource: { type }, version }: WriteTarget,
  body: unknown,
  options: WriteOptions,
): JsonObject {
  if (!isJsonObject(body)) throw badRequest('the object provided is unrecognized');
  const { kind = '', apiVersion = '' } = body;
  const expected = formatApiVersion(type.group, version);
  if (type.custom) {
    if (!kind) {
      const shown = JSON.stringify(body);
      throw badRequest(
        `the object provided is unrecognized (must be of type ${type.kind}): Object 'Kind' is missing in '${shown}' (${shown})`,
      );
    }
    if (apiVersion !== expected) {
      throw badRequest(
        `the API version in the data (${asText(apiVersion)}) does not match the expected API version (${expected})`,
      );
    }
    if (kind !== type.kind) {
      throw invalid(
        { group: type.group, kind: asText(kind) },
        asText(asJsonObject(body.metadata).name),
        [
          {
            reason: 'FieldValueInvalid',
            message: `Invalid value: ${JSON.stringify(kind)}: must be ${type.kind}`,
            field: 'kind',
          },
        ],
      );
    }
    return customBody(type, version, body, options);
  }
  const other = otherKind(type, version, body, expected);
  if (other === undefined) return typedBody(type, version, body, options);
  throw options.patched
    ? invalid({ group: '', kind: '' }, '', [invalidValue('patch', JSON.stringify(body), other)])
    : badRequest(other);
}

/** Why a body is no object of a built-in kind in that version. */
function otherKind(
  type: ResourceType,
  version: string,
  { kind = '', apiVersion = '' }: JsonObject,
  expected: string,
): string | undefined {
  if (apiVersion !== '' && apiVersion !== expected) {
    return `${asText(kind) || type.kind} in version ${JSON.stringify(shortVersion(asText(apiVersion)))} cannot be handled as a ${type.kind}: no kind ${JSON.stringify(kind || type.kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`;
  }
  if (kind !== '' && kind !== type.kind) {
    return `${asText(kind)} in version ${JSON.stringify(version)} cannot be handled as a ${type.kind}: converting (${version}.${asText(kind)}) to (${type.group.split('.')[0] || 'core'}.${type.kind}): unknown conversion`;
  }
  return undefined;
}

function shortVersion(apiVersion: string): string {
  return apiVersion.slice(apiVersion.indexOf('/') + 1);
}

/**
 * An object in the namespace of its URL. Where that has none, what the object says of one counts for nothing.
 *
 * @throws StatusError 400 when it names another
 */
export function inNamespace(object: JsonObject, namespace: string): JsonObject {
  const { namespace: named, ...metadata } = asJsonObject(object.metadata);
  const own = asText(named);
  if (namespace !== '' && own !== '' && own !== namespace) {
    throw badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
  return { ...object, metadata: namespace === '' ? metadata : { ...metadata, namespace } };
}

/** @throws StatusError 409 when a write names the uid of another object */
export function checkUid(
  type: ResourceType,
  { key, name, uid }: { readonly key: string; readonly name: string; readonly uid: string },
  wanted: string,
): void {
  if (wanted === '' || wanted === uid) return;
  const group = type.group && type.group !== 'apps' ? `${type.group}/` : '';
  throw foreignUid(type, `/registry/${group}${type.resource}/${key}`, name, wanted, uid);
}

/** @throws StatusError 409, 422 or 500 when an update isn't one of the object as it is */
export function checkPreconditions(
  type: ResourceType,
  old: StoredObject,
  metadata: JsonObject,
  patched = false,
): void {
  const { uid, resourceVersion } = old.object.metadata;
  // A patch has no precondition, but makes an object of another uid, which is told twice.
  if (patched && metadata.uid && metadata.uid !== uid) {
    const error = invalidValue('metadata.uid', metadata.uid, 'field is immutable');
    throw invalid(type.view ?? type, old.name, [error, error]);
  }
  checkUid(type, { key: old.key, name: old.name, uid }, asText(metadata.uid));
  const wanted = asText(metadata.resourceVersion);
  if (wanted === '' || wanted === '0') {
    if (type.unconditionalUpdate) return;
    throw invalid({ group: type.group, kind: type.resource }, old.name, [
      {
        reason: 'FieldValueInvalid',
        message: 'Invalid value: 0: must be specified for an update',
        field: 'metadata.resourceVersion',
      },
    ]);
  }
  if (!/^\d+$/.test(wanted)) {
    throw internalFailure(`strconv.ParseUint: parsing ${JSON.stringify(wanted)}: invalid syntax`);
  }
  if (wanted !== resourceVersion) throw modified(type, old.name);
}

export function checkDeletePreconditions(
  type: ResourceType,
  old: StoredObject,
  wanted: DeleteOptions,
): void {
  const { uid, resourceVersion } = old.object.metadata;
  // Their own storage words it, which looks at them before the common one.
  const isTwoStep =
    type === customResourceDefinitions || (!type.group && type.kind === 'Namespace');
  const of = isTwoStep ? { group: type.group, kind: type.resource } : type;
  if (wanted.uid !== undefined && wanted.uid !== uid) {
    throw failedPrecondition(
      of,
      old.name,
      `the UID in the precondition (${wanted.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    );
  }
  if (wanted.resourceVersion !== undefined && wanted.resourceVersion !== resourceVersion) {
    throw failedPrecondition(
      of,
      old.name,
      `the ResourceVersion in the precondition (${wanted.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    );
  }
}
