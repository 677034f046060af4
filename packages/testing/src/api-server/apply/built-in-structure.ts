import { type JsonObject } from '../http/api-object.ts';
import {
  type Field,
  hasMessage,
  isInteger,
  messageNameOf,
  messageOf,
} from '../http/protobuf/messages.ts';
import { encodeTyped } from '../kinds/typed-encoding.ts';
import { type FieldRules, mergeRules } from './merge-rules.ts';
import { deduced, opaque, type Structure } from './structure.ts';

const untyped: Structure = { scalar: 'untyped' };
const text: Structure = { scalar: 'string' };
const numeric: Structure = { scalar: 'numeric' };

/** Types whose JSON is something else than an object of their fields. */
const special: ReadonlyMap<string, Structure> = new Map([
  ['string', text],
  ['bytes', text],
  ['bool', { scalar: 'boolean' }],
  ['double', numeric],
  ...['Time', 'MicroTime', 'Quantity', 'IntOrString', 'Duration'].map(
    (name): [string, Structure] => [name, untyped],
  ),
  ['RawExtension', opaque],
  ...['FieldsV1', 'JSON', 'OrArray', 'OrBool', 'OrStringArray'].map((name): [string, Structure] => [
    name.startsWith('Or') ? `JSONSchemaProps${name}` : name,
    deduced,
  ]),
]);

const known = new Map<string, Structure>();

/** What a built-in kind is made of; {@link deduced} for one whose fields aren't known. */
export function builtInStructure(group: string, kind: string): Structure {
  const name = messageNameOf(group, kind);
  return hasMessage(name) ? structureOf(name) : deduced;
}

/**
 * What of a new object of a built-in kind is there before anything is in it: what is no pointer in its Go type, which
 * whoever creates the object doesn't own by having sent it.
 */
export function emptyObject(group: string, kind: string): JsonObject {
  return encodeTyped(messageNameOf(group, kind), {});
}

/** The metadata that every object has. */
export function metadataStructure(): Structure {
  return structureOf('ObjectMeta');
}

function structureOf(name: string): Structure {
  let structure = special.get(name) ?? (isInteger(name) ? numeric : known.get(name));
  if (!structure) known.set(name, (structure = parse(name)));
  return structure;
}

function parse(name: string): Structure {
  // Types of other groups that share a name with another have their group before it.
  const rules = mergeRules[name.slice(name.indexOf('.') + 1)] ?? {};
  const { byName: fields } = messageOf(name);
  const parsed = new Map<string, Structure>();
  return {
    map: {
      atomic: rules === 'atomic',
      field(key) {
        const field = fields.get(key);
        const structure = parsed.get(key);
        if (structure || !field) return structure;
        const made = structureOfField(field, rules === 'atomic' ? {} : rules);
        parsed.set(key, made);
        return made;
      },
    },
  };
}

function structureOfField({ name, type, list, map }: Field, rules: FieldRules): Structure {
  const rule = rules[name];
  const element = type.startsWith('[]')
    ? { list: { type: 'atomic' as const, element: structureOf(type.slice(2)), keys: {} } }
    : structureOf(type);
  if (list) {
    if (rule === 'set') return { list: { type: 'set', element, keys: {} } };
    const keys = typeof rule === 'object' ? rule : undefined;
    return { list: { type: keys ? 'map' : 'atomic', element, keys: keys ?? {} } };
  }
  if (map) return { map: { atomic: rule === 'atomic', field: () => undefined, element } };
  if ((rule !== 'atomic' && rule !== 'granular') || !element.map) return element;
  const { field } = element.map;
  return { ...element, map: { atomic: rule === 'atomic', field } };
}
