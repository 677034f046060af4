import { isJsonObject, type JsonObject, setOwn } from '../http/api-object.ts';
import { type Field, isInteger, messageOf } from '../http/protobuf/messages.ts';
import { parseMicroTime, parseTime } from './times.ts';
import { parseQuantity } from './quantities.ts';

/** A body that its Go type can't hold, in the words of Go's decoder. */
export class DecodingError extends Error {}

/** A body as its Go type holds it, and what it brought beyond that. */
export interface Decoded {
  readonly object: JsonObject;
  /** Paths of fields that the type doesn't have, as `spec.ports[0].colour`. */
  readonly unknown: readonly string[];
}

/**
 * Reads an object as Go reads it into a type: fields that the type doesn't have are left out, nulls too.
 *
 * @throws DecodingError when a field is of another type
 */
export function decodeTyped(typeName: string, body: JsonObject): Decoded {
  const unknown: string[] = [];
  const object = decodeStruct(typeName, body, { path: '', exactPath: '', unknown });
  return { object, unknown };
}

/** Where a value stands: for errors without indices, for unknown fields with them. */
interface Place {
  readonly path: string;
  readonly exactPath: string;
  readonly unknown: string[];
}

function decodeStruct(typeName: string, body: JsonObject, place: Place): JsonObject {
  const { byName } = messageOf(typeName);
  const object: JsonObject = {};
  for (const [key, value] of Object.entries(body)) {
    const field = byName.get(key);
    const exactPath = place.exactPath === '' ? key : `${place.exactPath}.${key}`;
    if (!field) {
      place.unknown.push(exactPath);
      continue;
    }
    if (value === null || value === undefined) continue;
    const path = place.path === '' ? key : `${place.path}.${key}`;
    const context = `${bareName(typeName)}.${path}`;
    setOwn(
      object,
      key,
      decodeField(field, value, context, { path, exactPath, unknown: place.unknown }),
    );
  }
  return object;
}

function decodeField(field: Field, value: unknown, context: string, place: Place): unknown {
  if (field.list) return decodeList(field.type, value, context, place);
  if (!field.map) return decodeValue(field.type, value, context, place);
  if (!isJsonObject(value)) throw mismatch(value, context, `map[string]${goType(field.type)}`);
  const map: JsonObject = {};
  for (const [key, item] of Object.entries(value)) {
    const at = { ...place, exactPath: `${place.exactPath}.${key}` };
    setOwn(map, key, decodeItem(field.type, item, context, at));
  }
  return map;
}

function decodeList(type: string, value: unknown, context: string, place: Place): unknown[] {
  if (!Array.isArray(value)) throw mismatch(value, context, `[]${goType(type)}`);
  return value.map((item: unknown, index) =>
    decodeItem(type, item, context, { ...place, exactPath: `${place.exactPath}[${index}]` }),
  );
}

/** An element of a list or map, where null stands for the zero value. */
function decodeItem(type: string, value: unknown, context: string, place: Place): unknown {
  return value === null ? zeroOf(type) : decodeValue(type, value, context, place);
}

function decodeValue(type: string, value: unknown, context: string, place: Place): unknown {
  if (type.startsWith('[]')) return decodeList(type.slice(2), value, context, place);
  const special = specialTypes[type];
  if (special) return special(value, context, place);
  if (isInteger(type)) return decodeInteger(type, value, context);
  if (!isJsonObject(value)) throw mismatch(value, context, goType(type));
  return decodeStruct(type, value, place);
}

type Decoder = (value: unknown, context: string, place: Place) => unknown;

function primitive(type: 'string' | 'boolean' | 'number', go: string): Decoder {
  return (value, context) => {
    if (typeof value !== type) throw mismatch(value, context, go);
    return value;
  };
}

const asIs: Decoder = (value) => value;
const text = primitive('string', 'string') as (value: unknown, context: string) => string;

/** Types whose JSON is something else than an object of their fields. */
const specialTypes: { readonly [type: string]: Decoder | undefined } = {
  string: text,
  bool: primitive('boolean', 'bool'),
  double: primitive('number', 'float64'),
  bytes: (value, context) => {
    if (typeof value !== 'string') throw mismatch(value, context, '[]uint8');
    const wrong = base64Fault(value);
    if (wrong !== undefined)
      throw new DecodingError(`illegal base64 data at input byte ${String(wrong)}`);
    return value.replace(/[\r\n]/g, '');
  },
  Time: (value, context) => refused(() => parseTime(text(value, context))),
  MicroTime: (value, context) => refused(() => parseMicroTime(text(value, context))),
  Quantity: (value) => refused(() => parseQuantity(value)),
  IntOrString: (value, context) =>
    typeof value === 'string' ? value : decodeInteger('int32', value, context),
  JSON: asIs,
  FieldsV1: asIs,
  RawExtension: asIs,
  JSONSchemaPropsOrBool: schemaOr,
  JSONSchemaPropsOrArray: schemaOr,
  JSONSchemaPropsOrStringArray: schemaOr,
};

function schemaOr(value: unknown, context: string, place: Place): unknown {
  return isJsonObject(value) ? decodeValue('JSONSchemaProps', value, context, place) : value;
}

function refused<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof RangeError) throw new DecodingError(error.message);
    throw error;
  }
}

function decodeInteger(type: string, value: unknown, context: string): number {
  if (typeof value !== 'number') throw mismatch(value, context, type);
  const limit = 2 ** (Number(/\d+/.exec(type)?.[0] ?? 64) - 1);
  if (!Number.isInteger(value) || value >= limit || value < -limit) {
    throw mismatch(value, context, type, ` ${String(value)}`);
  }
  return value;
}

function mismatch(value: unknown, context: string, type: string, shown = ''): DecodingError {
  return new DecodingError(
    `json: cannot unmarshal ${jsonType(value)}${shown} into Go struct field ${context} of type ${type}`,
  );
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function goType(type: string): string {
  if (type.startsWith('[]')) return `[]${goType(type.slice(2))}`;
  if (type === 'string' || type === 'bool' || isInteger(type)) return type;
  if (type === 'bytes') return '[]uint8';
  if (type === 'double') return 'float64';
  if (type === 'Quantity') return 'resource.Quantity';
  return `v1.${bareName(type)}`;
}

function bareName(type: string): string {
  return type.slice(type.indexOf('.') + 1);
}

function zeroOf(type: string): unknown {
  if (type === 'string' || type === 'bytes') return '';
  if (type === 'bool') return false;
  if (type === 'Quantity') return '0';
  return isInteger(type) || type === 'double' ? 0 : type.startsWith('[]') ? null : {};
}

/** Where a text is no base64 in Go's strict reading; undefined if it is. */
function base64Fault(value: string): number | undefined {
  const bytes = value.replace(/[\r\n]/g, '');
  const wrong = /[^A-Za-z0-9+/]/.exec(bytes.replace(/={1,2}$/, ''));
  if (wrong) return wrong.index;
  return bytes.length % 4 === 0 ? undefined : bytes.length - (bytes.length % 4);
}
