import { isJsonObject } from '../../http/api-object.ts';
import { additionalOf, itemsOf, type Schema } from '../schema.ts';

/** Words that a rule can't use for a field, and so writes between underscores. */
const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/** How rules name a field; undefined where they can't. */
export function celName(name: string): string | undefined {
  if (reserved.has(name)) return `__${name}__`;
  if (!/^[A-Za-z_.\-/][A-Za-z0-9_.\-/]*$/.test(name)) return undefined;
  return name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}

/** Reads texts that stand for times and bytes, which only the language's own functions can. */
export interface CelReaders {
  duration(text: string): unknown;
  timestamp(text: string): unknown;
}

/** A value as rules see it: integers as such, texts of some formats as what they stand for, fields by their CEL names. */
export function celValue(value: unknown, schema: Schema | undefined, readers: CelReaders): unknown {
  if (typeof value === 'number') {
    return schema?.type !== 'number' && Number.isInteger(value) ? BigInt(value) : value;
  }
  if (typeof value === 'string') return celText(value, schema, readers);
  if (Array.isArray(value)) {
    return value.map((element) => celValue(element, itemsOf(schema), readers));
  }
  if (!isJsonObject(value)) return value;
  const { properties } = schema ?? {};
  if (!properties) {
    const additional = schema && additionalOf(schema);
    return new Map(
      Object.entries(value).map(([name, inner]) => [name, celValue(inner, additional, readers)]),
    );
  }
  return new Map(
    Object.entries(properties).flatMap(([name, property]) => {
      const seen = celName(name);
      return seen !== undefined && Object.hasOwn(value, name)
        ? [[seen, celValue(value[name], property, readers)]]
        : [];
    }),
  );
}

function celText(value: string, schema: Schema | undefined, readers: CelReaders): unknown {
  switch (schema?.type === 'string' ? schema.format : undefined) {
    case 'byte':
      return new Uint8Array(Buffer.from(value, 'base64'));
    case 'duration':
      return readers.duration(value);
    case 'date':
      return readers.timestamp(`${value}T00:00:00Z`);
    case 'date-time':
    case 'datetime':
      return readers.timestamp(value);
    default:
      return value;
  }
}

/** The fields that every resource has, whatever its schema says of them. */
export function withResourceFields(schema: Schema): Schema {
  const text: Schema = { type: 'string' };
  const metadata: Schema = { type: 'object', properties: { name: text, generateName: text } };
  return {
    ...schema,
    properties: { ...schema.properties, apiVersion: text, kind: text, metadata },
  };
}
