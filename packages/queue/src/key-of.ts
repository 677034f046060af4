import { objectIdentifierKey, type ObjectIdentifier } from '@depwatch/core';

/**
 * What makes two items the same: itself for a primitive, `objectIdentifierKey` for anything with a version and a kind,
 * identity for any other object.
 *
 * @throws DepwatchError ERR_INVALID_INPUT when the selector of an ObjectIdentifier does not parse
 */
export function defaultKeyOf(item: unknown): unknown {
  return isObjectIdentifier(item) ? objectIdentifierKey(item) : item;
}

function isObjectIdentifier(item: unknown): item is ObjectIdentifier {
  return typeof item === 'object' && item !== null && 'version' in item && 'kind' in item;
}
