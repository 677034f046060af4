import { asJsonObject, isJsonObject, type JsonObject, ownValue } from '../http/api-object.ts';
import { metadataStructure } from './built-in-structure.ts';
import {
  deduced,
  type ListStructure,
  type MapStructure,
  opaque,
  type Structure,
} from './structure.ts';

/** What a custom resource is made of, by the schema of its version. */
export function customStructure(schema: unknown): Structure {
  const { map } = structureOf({ ...asJsonObject(schema), type: 'object' }, false);
  const own = new Map<string, Structure>([
    ['apiVersion', { scalar: 'string' }],
    ['kind', { scalar: 'string' }],
    ['metadata', metadataStructure()],
  ]);
  return { map: { ...map!, field: (name) => own.get(name) ?? map!.field(name) } };
}

/** @param open whether a schema around this one lets unknown fields be */
function structureOf(schema: JsonObject, open: boolean): Structure {
  const free = open || schema['x-kubernetes-preserve-unknown-fields'] === true;
  switch (schema.type) {
    case 'object':
      return { map: mapOf(schema, free) };
    case 'array':
      return { list: listOf(schema, free) };
    case 'string':
      return {
        scalar: schema.format === undefined || schema.format === 'byte' ? 'string' : 'untyped',
      };
    case 'integer':
    case 'number':
      return { scalar: 'numeric' };
    case 'boolean':
      return { scalar: 'boolean' };
    default:
      return { scalar: 'untyped', list: listOf(schema, free), map: mapOf(schema, free) };
  }
}

function mapOf(schema: JsonObject, open: boolean): MapStructure {
  const properties = asJsonObject(schema.properties);
  const parsed = new Map<string, Structure>();
  const { additionalProperties: more } = schema;
  const isFree = more === true || open || Object.keys(properties).length === 0;
  return {
    atomic: schema['x-kubernetes-map-type'] === 'atomic',
    field(name) {
      const property = ownValue(properties, name);
      if (property === undefined) return undefined;
      let structure = parsed.get(name);
      if (!structure) parsed.set(name, (structure = structureOf(asJsonObject(property), open)));
      return structure;
    },
    element: isJsonObject(more)
      ? structureOf(more, open)
      : more !== false && isFree
        ? deduced
        : undefined,
  };
}

function listOf(schema: JsonObject, open: boolean): ListStructure {
  const items = schema.items;
  const properties = asJsonObject(asJsonObject(items).properties);
  const { 'x-kubernetes-list-type': type, 'x-kubernetes-list-map-keys': keys } = schema;
  return {
    type: type === 'set' || type === 'map' ? type : 'atomic',
    element: isJsonObject(items) ? structureOf(items, open) : opaque,
    keys: Object.fromEntries(
      (Array.isArray(keys) ? keys.map(String) : []).map((key) => [
        key,
        asJsonObject(ownValue(properties, key)).default ?? null,
      ]),
    ),
  };
}
