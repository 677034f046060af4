import { isJsonObject, type JsonObject, setOwn } from '../../http/api-object.ts';
import { fieldSchema, itemsOf, type Schema } from '../schema.ts';

/** A value with the defaults of its schema, at any depth of what is there; the value itself stays as it is. */
export function fillDefaults(value: unknown, schema: Schema | undefined): unknown {
  if (!schema) return value;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    return value.map((element) => fillDefaults(orDefault(element, items), items));
  }
  if (!isJsonObject(value)) return value;
  const result: JsonObject = { ...value };
  for (const [name, { default: wanted }] of Object.entries(schema.properties ?? {})) {
    if (wanted !== undefined && !Object.hasOwn(value, name)) setOwn(result, name, wanted);
  }
  for (const [name, inner] of Object.entries(result)) {
    const ofField = fieldSchema(schema, name);
    setOwn(result, name, fillDefaults(orDefault(inner, ofField), ofField));
  }
  return result;
}

/** The default in place of a null that the schema doesn't allow. */
function orDefault(value: unknown, schema: Schema | undefined): unknown {
  if (value !== null || !schema || schema.nullable) return value;
  return schema.default ?? null;
}
