import { type JsonObject, setOwn } from '../api-object.ts';
import { hasMessage, isInteger, messageNameOf, messageOf } from './messages.ts';

/** What every protobuf body of Kubernetes starts with. */
const magic = Buffer.from('k8s\0');

/**
 * Decodes a body of the media type `application/vnd.kubernetes.protobuf` into the object that its JSON would be.
 *
 * @throws Error when it is none, or of a kind that isn't built in
 */
export function decodeProtobuf(body: Buffer): JsonObject {
  if (!body.subarray(0, magic.length).equals(magic)) {
    throw new Error('provided data does not appear to be a protobuf message, expected prefix k8s');
  }
  // runtime.Unknown: TypeMeta (apiVersion, kind) and the object.
  let apiVersion = '';
  let kind = '';
  let raw: Buffer = Buffer.alloc(0);
  for (const { number, bytes } of fieldsOf(body.subarray(magic.length))) {
    if (number === 2) raw = bytes;
    if (number !== 1) continue;
    for (const typeField of fieldsOf(bytes)) {
      if (typeField.number === 1) apiVersion = typeField.bytes.toString();
      if (typeField.number === 2) kind = typeField.bytes.toString();
    }
  }
  const name = messageNameOf(apiVersion.slice(0, Math.max(apiVersion.indexOf('/'), 0)), kind);
  if (!hasMessage(name)) {
    throw new Error(
      `no kind ${JSON.stringify(kind)} is registered for ${JSON.stringify(apiVersion)}`,
    );
  }
  return { kind, apiVersion, ...(decodeMessage(name, raw) as JsonObject) };
}

function decodeMessage(name: string, bytes: Buffer): unknown {
  const special = specialMessages.get(name);
  if (special) return special(bytes);
  const message = messageOf(name);
  const object: JsonObject = {};
  for (const { number, bytes: value, varint, double } of fieldsOf(bytes)) {
    const field = message.byNumber.get(number);
    if (!field) continue;
    if (field.map) {
      const [key, entry] = decodeEntry(field.type, value);
      const map = (object[field.name] ??= {}) as JsonObject;
      setOwn(map, key, entry);
      continue;
    }
    const decoded = decodeValue(field.type, value, varint, double);
    if (field.name === '...') Object.assign(object, decoded);
    else if (field.list) ((object[field.name] ??= []) as unknown[]).push(decoded);
    else if (field.pointer || !isZero(decoded)) setOwn(object, field.name, decoded);
  }
  return object;
}

function decodeEntry(type: string, bytes: Buffer): [key: string, value: unknown] {
  let key = '';
  let value: unknown = decodeValue(type, Buffer.alloc(0), 0n, 0);
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) key = field.bytes.toString();
    if (field.number === 2) value = decodeValue(type, field.bytes, field.varint, field.double);
  }
  return [key, value];
}

function decodeValue(type: string, bytes: Buffer, varint: bigint, double: number): unknown {
  switch (type) {
    case 'string':
      return bytes.toString();
    case 'bytes':
      return bytes.toString('base64');
    case 'bool':
      return varint !== 0n;
    case 'double':
      return double;
    default:
      if (isInteger(type)) return Number(BigInt.asIntN(64, varint));
      // A list of lists or a list as a map's value is wrapped in a message of its own.
      return type.startsWith('[]')
        ? fieldsOf(bytes).map((item) =>
            decodeValue(type.slice(2), item.bytes, item.varint, item.double),
          )
        : decodeMessage(type, bytes);
  }
}

/** Messages whose JSON is something else than an object of their fields. */
const specialMessages = new Map<string, (bytes: Buffer) => unknown>([
  ['Time', (bytes) => decodeTime(bytes, /\.\d+Z$/, 'Z')],
  ['MicroTime', (bytes) => decodeTime(bytes, /Z$/, '000Z')],
  ['Quantity', (bytes) => fieldsOf(bytes)[0]?.bytes.toString() ?? '0'],
  ['FieldsV1', (bytes) => parseRaw(bytes)],
  ['JSON', (bytes) => parseRaw(bytes)],
  ['RawExtension', (bytes) => parseRaw(bytes)],
  [
    'IntOrString',
    (bytes) => {
      const fields = new Map(fieldsOf(bytes).map((field) => [field.number, field]));
      const isText = fields.get(1)?.varint === 1n;
      return isText
        ? (fields.get(3)?.bytes.toString() ?? '')
        : Number(BigInt.asIntN(64, fields.get(2)?.varint ?? 0n));
    },
  ],
  ['JSONSchemaPropsOrBool', (bytes) => schemaOr(bytes, ({ varint }) => varint !== 0n, 1, 2)],
  ['JSONSchemaPropsOrArray', (bytes) => schemaOrList(bytes, 'JSONSchemaProps')],
  ['JSONSchemaPropsOrStringArray', (bytes) => schemaOrList(bytes, 'string')],
]);

function schemaOr(
  bytes: Buffer,
  other: (field: WireField) => unknown,
  otherNumber: number,
  schemaNumber: number,
): unknown {
  const fields = fieldsOf(bytes);
  const schema = fields.find(({ number }) => number === schemaNumber);
  if (schema) return decodeMessage('JSONSchemaProps', schema.bytes);
  const found = fields.find(({ number }) => number === otherNumber);
  return found ? other(found) : false;
}

function schemaOrList(bytes: Buffer, type: string): unknown {
  const fields = fieldsOf(bytes);
  const schema = fields.find(({ number }) => number === 1);
  if (schema) return decodeMessage('JSONSchemaProps', schema.bytes);
  return fields
    .filter(({ number }) => number === 2)
    .map((item) => decodeValue(type, item.bytes, item.varint, item.double));
}

function decodeTime(bytes: Buffer, pattern: RegExp, end: string): string | null {
  const fields = new Map(fieldsOf(bytes).map((field) => [field.number, field.varint]));
  const seconds = fields.get(1);
  if (seconds === undefined) return null;
  const nanos = Number(fields.get(2) ?? 0n);
  const date = new Date(Number(BigInt.asIntN(64, seconds)) * 1000 + nanos / 1e6);
  // Go's zero time, which stands for none.
  return date.getUTCFullYear() <= 1 ? null : date.toISOString().replace(pattern, end);
}

function parseRaw(bytes: Buffer): unknown {
  const text = fieldsOf(bytes)[0]?.bytes.toString() ?? '';
  return text === '' ? {} : JSON.parse(text);
}

function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === false || value === null;
}

interface WireField {
  readonly number: number;
  readonly bytes: Buffer;
  readonly varint: bigint;
  readonly double: number;
}

const nothing = Buffer.alloc(0);

/** The fields of a message, in order. */
function fieldsOf(bytes: Buffer): WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  const readVarint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at];
      if (byte === undefined || shift > 63n) throw new Error('unexpected EOF');
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new Error('unexpected EOF');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(readVarint());
    const number = tag >>> 3;
    switch (tag & 7) {
      case 0:
        fields.push({ number, bytes: nothing, varint: readVarint(), double: 0 });
        break;
      case 1:
        fields.push({ number, bytes: nothing, varint: 0n, double: take(8).readDoubleLE() });
        break;
      case 2: {
        const length = Number(readVarint());
        fields.push({ number, bytes: take(length), varint: 0n, double: 0 });
        break;
      }
      case 5:
        fields.push({ number, bytes: nothing, varint: 0n, double: take(4).readFloatLE() });
        break;
      default:
        throw new Error(`wrong wireType = ${tag & 7}`);
    }
  }
  return fields;
}
