import { child, key } from '../validation/field-errors.ts';

/**
 * A node of the OpenAPI v3 schema in a CustomResourceDefinition, with the fields that a definition may have. Some are
 * there to be refused alone.
 */
export interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly example?: unknown;
  readonly nullable?: boolean;
  readonly properties?: { readonly [name: string]: Schema };
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema | readonly Schema[];
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly maximum?: number;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly not?: Schema;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: string;
  readonly 'x-kubernetes-validations'?: readonly Rule[];
  readonly id?: string;
  readonly $schema?: string;
  readonly $ref?: string;
  readonly externalDocs?: unknown;
  readonly additionalItems?: boolean | Schema;
  readonly patternProperties?: { readonly [name: string]: Schema };
  readonly definitions?: { readonly [name: string]: Schema };
  readonly dependencies?: unknown;
}

/** A rule of `x-kubernetes-validations`, in the Common Expression Language. */
export interface Rule {
  readonly rule?: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
  readonly fieldPath?: string;
  readonly optionalOldSelf?: boolean;
}

/** The schema of a property; undefined where the schema names none. */
export function propertyOf(schema: Schema, name: string): Schema | undefined {
  const { properties } = schema;
  return properties && Object.hasOwn(properties, name) ? properties[name] : undefined;
}

/** The schema of a field: its own, or the one of all that have none. */
export function fieldSchema(schema: Schema | undefined, name: string): Schema | undefined {
  if (!schema) return undefined;
  return propertyOf(schema, name) ?? additionalOf(schema);
}

/** The schema of what `properties` doesn't name. */
export function additionalOf({ additionalProperties }: Schema): Schema | undefined {
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

/** The one schema of all elements. */
export function itemsOf(schema: Schema | undefined): Schema | undefined {
  const items = schema?.items;
  return items === undefined || Array.isArray(items) ? undefined : (items as Schema);
}

/** A schema within another, with its path; `property` is the name of a property, and `*` of all that have none. */
export interface SchemaPart {
  readonly schema: Schema;
  readonly path: string;
  readonly property?: string;
}

/** The schemas that a schema is made of, with their paths. */
export function partsOf(schema: Schema, path: string): SchemaPart[] {
  const at = (name: string): string => child(path, name);
  const additional = additionalOf(schema);
  const items = itemsOf(schema);
  return [
    ...(additional
      ? [{ schema: additional, path: at('additionalProperties'), property: '*' }]
      : []),
    ...Object.entries(schema.properties ?? {}).map(([name, inner]) => ({
      schema: inner,
      path: key(at('properties'), name),
      property: name,
    })),
    ...(schema.not ? [{ schema: schema.not, path: at('not') }] : []),
    ...(['allOf', 'oneOf', 'anyOf'] as const).flatMap((name) =>
      (schema[name] ?? []).map((inner, index) => ({ schema: inner, path: key(at(name), index) })),
    ),
    ...(items ? [{ schema: items, path: at('items') }] : []),
  ];
}
