import { invalidInput, type KubernetesObject } from '@depwatch/core';

import { isJsonObject } from '../../api-server/http/api-object.ts';
import { decodeTyped, DecodingError } from '../../api-server/kinds/typed-decoding.ts';
import type { AnyObject } from '../writes/object-writer.ts';
import { Refusal } from '../answers/refusal.ts';
import { copy } from './copy.ts';
import { badRequest } from '../answers/statuses.ts';

/**
 * A copy of an object that a test puts.
 *
 * @throws DepwatchError ERR_INVALID_INPUT when it is none, or can't be written as JSON
 */
export function copyOfGiven(object: KubernetesObject): AnyObject {
  if (!isJsonObject(object)) {
    throw invalidInput('object: expected one with apiVersion, kind and metadata');
  }
  let copied: unknown;
  try {
    copied = copy<unknown>(object);
  } catch {
    // A cycle or a BigInt.
  }
  if (!isJsonObject(copied)) throw invalidInput("object: can't be written as JSON");
  return copied as AnyObject;
}

/** What of metadata is read here; the rest is the server's own, or nobody's. */
const readFields = [
  ...['name', 'namespace', 'generateName', 'uid', 'resourceVersion'],
  ...['labels', 'annotations', 'finalizers', 'ownerReferences', 'managedFields'],
];

/** @throws Refusal when metadata isn't what every object has */
export function checkMetadata({ metadata = {} }: AnyObject): void {
  if (!isJsonObject(metadata)) throw new Refusal(badRequest('metadata: must be an object'));
  for (const field of readFields) {
    if (!Object.hasOwn(metadata, field)) continue;
    try {
      decodeTyped('ObjectMeta', { [field]: metadata[field] });
    } catch (error) {
      if (!(error instanceof DecodingError)) throw error;
      throw new Refusal(badRequest(`metadata.${field}: ${error.message}`));
    }
  }
}
