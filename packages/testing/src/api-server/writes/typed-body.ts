import {
  asJsonObject,
  asText,
  isJsonObject,
  jsonEquals,
  type JsonObject,
} from '../http/api-object.ts';
import { messageNameOf } from '../http/protobuf/messages.ts';
import { badRequest, invalid } from '../http/status.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { decodeTyped, DecodingError } from '../kinds/typed-decoding.ts';
import { sortKeys } from '../kinds/typed-encoding.ts';
import type { WriteOptions } from './write-options.ts';

/**
 * The body of a create or an update as its built-in kind holds it.
 *
 * @throws StatusError 400 when a field has a wrong type, or isn't known and has to be
 */
export function typedBody(
  type: ResourceType,
  version: string,
  body: JsonObject,
  options: WriteOptions,
): JsonObject {
  const typed = decode(type, body, options, (why) =>
    badRequest(
      `${type.kind} in version ${JSON.stringify(version)} cannot be handled as a ${type.kind}: ${why}`,
    ),
  );
  const tidy = withTidyMetadata(typed, options);
  return type.view ? type.view.store(tidy) : tidy;
}

/**
 * The same of what a patch made of an object.
 *
 * @throws StatusError 422
 */
export function typedPatched(type: ResourceType, body: unknown, options: WriteOptions): unknown {
  if (type.custom || !isJsonObject(body)) return body;
  return decode(type, body, options, (why) =>
    invalid({ group: '', kind: '' }, '', [
      {
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${JSON.stringify(JSON.stringify(sortKeys(body)))}: ${why}`,
        field: 'patch',
      },
    ]),
  );
}

/** An object that names each of its owners once, and no link to itself, which is of the past. */
function withTidyMetadata(object: JsonObject, { warn }: WriteOptions): JsonObject {
  const { selfLink, ...metadata } = asJsonObject(object.metadata);
  const owners = Array.isArray(metadata.ownerReferences) ? metadata.ownerReferences : [];
  const single = owners.filter(
    (owner, index) => owners.findIndex((other) => jsonEquals(other, owner)) === index,
  );
  if (single.length === owners.length) {
    return selfLink === undefined ? object : { ...object, metadata };
  }
  const twice = owners.filter((owner) => !single.includes(owner));
  const uids = [...new Set(twice.map((owner) => asText(asJsonObject(owner).uid)))];
  warn?.(
    `.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${uids.join(', ')}`,
  );
  return { ...object, metadata: { ...metadata, ownerReferences: single } };
}

function decode(
  { group, kind }: ResourceType,
  body: JsonObject,
  { fieldValidation = 'Warn', duplicateFields = [], warn }: WriteOptions,
  refusal: (why: string) => Error,
): JsonObject {
  try {
    const { object, unknown } = decodeTyped(messageNameOf(group, kind), body);
    const faults = fieldFaults(duplicateFields, unknown);
    if (fieldValidation === 'Strict' && faults.length > 0) {
      throw new DecodingError(`strict decoding error: ${faults.join(', ')}`);
    }
    if (fieldValidation === 'Warn') for (const fault of faults) warn?.(fault);
    return object;
  } catch (error) {
    if (error instanceof DecodingError) throw refusal(error.message);
    throw error;
  }
}

/** What there is to say of fields that a body has twice, and of those that its kind doesn't have. */
export function fieldFaults(twice: readonly string[], unknown: readonly string[]): string[] {
  return [
    ...twice.map((path) => `duplicate field ${JSON.stringify(path)}`),
    ...unknown.map((path) => `unknown field ${JSON.stringify(path)}`),
  ];
}
