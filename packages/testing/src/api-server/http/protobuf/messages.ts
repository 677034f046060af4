import { schema } from './schema.ts';

/** A field of a Go type, as its JSON and its protobuf have it. */
export interface Field {
  /** In protobuf; 0 where it isn't there. */
  readonly number: number;
  readonly name: string;
  /** `string`, `bool`, `bytes`, `double`, a Go integer, a message, or a list of these as a map's value. */
  readonly type: string;
  readonly list: boolean;
  readonly map: boolean;
  /** Set to a zero value, it means that value; else a zero value means nothing. */
  readonly pointer: boolean;
  /** Written also when it is a zero value. */
  readonly always: boolean;
}

/** A Go type's fields: those of a type that is embedded in it are its own in JSON, but not in protobuf. */
export interface Message {
  readonly byNumber: ReadonlyMap<number, Field>;
  /** In the order in which Go writes them. */
  readonly byName: ReadonlyMap<string, Field>;
}

const texts = new Map(
  schema
    .trim()
    .split('\n')
    .map((line): [string, string] => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
);

const parsed = new Map<string, Message>();

/** Whether there is such a type. */
export function hasMessage(name: string): boolean {
  return texts.has(name);
}

/** The type of a kind: of those that share a name all but one carry the first part of their group. */
export function messageNameOf(group: string, kind: string): string {
  const qualified = `${group.split('.')[0]!}.${kind}`;
  return texts.has(qualified) ? qualified : kind;
}

/** A type by its name; one that isn't known has no fields. */
export function messageOf(name: string): Message {
  let message = parsed.get(name);
  if (!message) parsed.set(name, (message = parseMessage(texts.get(name) ?? '')));
  return message;
}

/** Whether a field's type is one of Go's integers. */
export function isInteger(type: string): boolean {
  return /^u?int\d*$/.test(type);
}

function parseMessage(text: string): Message {
  const fields = text === '' ? [] : text.split(', ').map(parseField);
  return {
    byNumber: new Map(fields.map((field) => [field.number, field])),
    byName: new Map(
      fields.flatMap((field): [string, Field][] =>
        field.name === '...' ? [...messageOf(field.type).byName] : [[field.name, field]],
      ),
    ),
  };
}

function parseField(text: string): Field {
  const [number = '', name = '', shape = ''] = text.split(' ');
  const [, star, mark, container, type = ''] = /^(\*?)(!?)(\[\]|\{\})?(.*)$/.exec(shape)!;
  return {
    number: Number(number),
    name,
    type,
    list: container === '[]',
    map: container === '{}',
    pointer: star !== '',
    always: mark !== '',
  };
}
