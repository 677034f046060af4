import { isJsonObject, type JsonObject } from '../http/api-object.ts';
import { type Field, isInteger, messageOf } from '../http/protobuf/messages.ts';

/**
 * An object as Go writes its type: fields in the type's order, maps in the order of their keys, without zero values but
 * those that the type always writes.
 */
export function encodeTyped(typeName: string, object: JsonObject): JsonObject {
  const entries: [string, unknown][] = [];
  for (const field of messageOf(typeName).byName.values()) {
    const value = encodeField(field, Object.hasOwn(object, field.name) ? object[field.name] : null);
    if (value !== undefined) entries.push([field.name, value]);
  }
  return Object.fromEntries(entries);
}

/** The same keys and values in the order in which Go writes a map, at any depth. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  return isJsonObject(value) ? mapValues(value, sortKeys) : value;
}

/** The value to write, null included; undefined: nothing. */
function encodeField(field: Field, value: unknown): unknown {
  const { type, list, map, pointer, always } = field;
  const nothing = always ? null : undefined;
  if (list) {
    return Array.isArray(value) && value.length > 0
      ? value.map((item) => encodeValue(type, item))
      : nothing;
  }
  if (map) {
    return isJsonObject(value) && Object.keys(value).length > 0
      ? mapValues(value, (item) => encodeValue(type, item))
      : nothing;
  }
  const absent = value === null || value === undefined;
  if (pointer) return absent ? nothing : encodeValue(type, value);
  if (opaqueTypes.has(type)) return absent || value === '' ? nothing : value;
  const encoded = encodeValue(type, absent ? zeroOf(type) : value);
  return always || !isZero(encoded) ? encoded : undefined;
}

/** Types whose JSON is something else than an object of their fields, and whose zero value is null. */
const opaqueTypes = new Set(['Time', 'MicroTime', 'JSON', 'FieldsV1', 'RawExtension', 'bytes']);

function encodeValue(type: string, value: unknown): unknown {
  if (type.startsWith('[]')) {
    return Array.isArray(value) ? value.map((item) => encodeValue(type.slice(2), item)) : null;
  }
  if (opaqueTypes.has(type) || !isJsonObject(value)) return value;
  return encodeTyped(type.startsWith('JSONSchemaPropsOr') ? 'JSONSchemaProps' : type, value);
}

function mapValues(map: JsonObject, change: (value: unknown) => unknown): JsonObject {
  // As Go compares strings; numbers among the keys come first in JavaScript, whatever is done.
  const keys = Object.keys(map).sort((a, b) => (a < b ? -1 : 1));
  return Object.fromEntries(keys.map((key) => [key, change(map[key])]));
}

function zeroOf(type: string): unknown {
  if (type === 'string') return '';
  if (type === 'bool') return false;
  if (type === 'Quantity') return '0';
  return isInteger(type) || type === 'double' || type === 'IntOrString' ? 0 : {};
}

function isZero(value: unknown): boolean {
  if (value === '' || value === 0 || value === false || value === null) return true;
  return isJsonObject(value) && Object.keys(value).length === 0;
}
