import { isJsonObject, type JsonObject } from '../http/api-object.ts';
import { badRequest, invalid } from '../http/status.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { decodeTyped, DecodingError } from '../kinds/typed-decoding.ts';
import { readCustomObject } from '../schemas/custom-objects.ts';
import { EmbeddedObjectError } from '../schemas/values/embedded-objects.ts';
import { invalidValue } from '../validation/field-errors.ts';
import { fieldFaults } from './typed-body.ts';
import type { WriteOptions } from './write-options.ts';

/**
 * The body of a create or an update of a custom object, or what a patch made of one, as its schema has it.
 *
 * @throws StatusError 400 when its metadata or an object within it can't be read, and for fields that the schema doesn't know where the
 *   request is strict, which of a patch is a 422
 */
export function customBody(
  type: ResourceType,
  version: string,
  body: JsonObject,
  { fieldValidation = 'Warn', duplicateFields = [], patched, warn }: WriteOptions,
): JsonObject {
  const refusal = (why: string): Error =>
    badRequest(
      `${type.kind} in version ${JSON.stringify(version)} cannot be handled as a ${type.kind}: ${why}`,
    );
  const ofMetadata = unknownMetadata(body, refusal);
  const { object, unknown } = readObject(type, version, body, refusal);
  const faults = fieldFaults(duplicateFields, [...ofMetadata, ...unknown]);
  if (fieldValidation === 'Strict' && faults.length > 0) {
    const why = `strict decoding error: ${faults.join(', ')}`;
    if (!patched) throw refusal(why);
    throw invalid({ group: '', kind: '' }, '', [invalidValue('patch', JSON.stringify(body), why)]);
  }
  if (fieldValidation === 'Warn') for (const fault of faults) warn?.(fault);
  return object;
}

function unknownMetadata({ metadata }: JsonObject, refusal: (why: string) => Error): string[] {
  if (!isJsonObject(metadata)) return [];
  try {
    return decodeTyped('ObjectMeta', metadata).unknown.map((path) => `metadata.${path}`);
  } catch (error) {
    if (error instanceof DecodingError) throw refusal(error.message);
    throw error;
  }
}

function readObject(
  type: ResourceType,
  version: string,
  body: JsonObject,
  refusal: (why: string) => Error,
): ReturnType<typeof readCustomObject> {
  try {
    return readCustomObject(type, version, body);
  } catch (error) {
    if (error instanceof EmbeddedObjectError) throw refusal(error.message);
    throw error;
  }
}
