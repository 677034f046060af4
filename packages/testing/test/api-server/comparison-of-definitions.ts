import type { ComparisonCase } from './comparison-cases.ts';
import { inSpec, ok, refusals } from './definition-kit.ts';

/** Which definitions are accepted, and what becomes of them. */
export const definitionCases: readonly ComparisonCase[] = [
  ...refusals('a definition', {
    'without a schema': { schema: undefined },
    'with an empty schema': { schema: {} },
    'of a plain object': { schema: ok },
    'of another root type': { schema: { type: 'array', items: ok } },
    'with additional properties at the root': {
      schema: { type: 'object', additionalProperties: true },
    },
    'nullable at the root': { schema: { type: 'object', nullable: true } },
    'without a type of a property': { schema: inSpec({ minimum: 1 }) },
    'with an unknown type': { schema: inSpec({ type: 'float' }) },
    'without items': { schema: inSpec({ type: 'array' }) },
    'with items without a type': { schema: inSpec({ type: 'array', items: {} }) },
    'with an array of items': { schema: inSpec({ type: 'array', items: [{ type: 'string' }] }) },
    'with unique items': {
      schema: inSpec({ type: 'array', uniqueItems: true, items: { type: 'string' } }),
    },
    'with properties and additional ones': {
      schema: inSpec({
        type: 'object',
        properties: { b: { type: 'string' } },
        additionalProperties: { type: 'string' },
      }),
    },
    'with a reference': { schema: inSpec({ $ref: '#/definitions/x' }) },
    'with a type inside of anyOf': {
      schema: inSpec({ type: 'string', anyOf: [{ type: 'string' }] }),
    },
    'with a property inside of oneOf alone': {
      schema: {
        ...ok,
        properties: { spec: { type: 'object' } },
        oneOf: [{ properties: { other: { minimum: 1 } } }],
      },
    },
    'with a default inside of not': { schema: inSpec({ type: 'string', not: { default: 'a' } }) },
    'that says something of metadata': {
      schema: {
        ...ok,
        properties: { metadata: { type: 'object', properties: { labels: { type: 'object' } } } },
      },
    },
    'that restricts names': {
      schema: {
        ...ok,
        properties: {
          metadata: { type: 'object', properties: { name: { type: 'string', maxLength: 5 } } },
        },
      },
    },
    'with a kind that is no string': {
      schema: { ...ok, properties: { kind: { type: 'integer' } } },
    },
    'with an integer or string': { schema: inSpec({ 'x-kubernetes-int-or-string': true }) },
    'with an integer or string in the old way': {
      schema: inSpec({
        'x-kubernetes-int-or-string': true,
        anyOf: [{ type: 'integer' }, { type: 'string' }],
      }),
    },
    'with an integer or string that is preserved': {
      schema: inSpec({
        'x-kubernetes-int-or-string': true,
        'x-kubernetes-preserve-unknown-fields': true,
      }),
    },
    'with an embedded resource': {
      schema: inSpec({
        type: 'object',
        'x-kubernetes-embedded-resource': true,
        'x-kubernetes-preserve-unknown-fields': true,
      }),
    },
    'with an embedded resource without properties': {
      schema: inSpec({ type: 'object', 'x-kubernetes-embedded-resource': true }),
    },
    'with preserved fields denied': {
      schema: inSpec({ type: 'object', 'x-kubernetes-preserve-unknown-fields': false }),
    },
    'with a list that is a map without keys': {
      schema: inSpec({
        type: 'array',
        'x-kubernetes-list-type': 'map',
        items: { type: 'object', properties: { n: { type: 'string' } } },
      }),
    },
    'with a list that is a map by an optional key': {
      schema: inSpec({
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['n'],
        items: { type: 'object', properties: { n: { type: 'string' } } },
      }),
    },
    'with a list that is a map by an unknown key': {
      schema: inSpec({
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['m'],
        items: { type: 'object', required: ['n'], properties: { n: { type: 'string' } } },
      }),
    },
    'with an unknown list type': {
      schema: inSpec({ type: 'array', 'x-kubernetes-list-type': 'bag', items: { type: 'string' } }),
    },
    'with a set of granular objects': {
      schema: inSpec({ type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'object' } }),
    },
    'with an unknown map type': {
      schema: inSpec({ type: 'object', 'x-kubernetes-map-type': 'bag' }),
    },
    'with a bad pattern': { schema: inSpec({ type: 'string', pattern: '(' }) },
    'with lookahead in a pattern': { schema: inSpec({ type: 'string', pattern: '(?=a)' }) },
    'with a default of another type': { schema: inSpec({ type: 'string', default: 5 }) },
    'with a default beyond its bounds': {
      schema: inSpec({ type: 'integer', minimum: 3, default: 1 }),
    },
    'with unknown fields in a default': {
      schema: inSpec({ type: 'object', default: { b: 1 }, properties: { c: { type: 'string' } } }),
    },
    'with a default in metadata': {
      schema: {
        ...ok,
        properties: {
          metadata: { type: 'object', properties: { name: { type: 'string', default: 'x' } } },
        },
      },
    },
    'with an unknown format': { schema: inSpec({ type: 'string', format: 'colour' }) },
    'with an unknown field of the schema': { schema: inSpec({ type: 'string', minLen: 5 }) },
    'with a wrong type of a field of the schema': {
      schema: inSpec({ type: 'string', minLength: '5' }),
    },
    'without a group': { schema: ok, spec: { group: '' } },
    'with another name': { schema: ok, names: { plural: 'gadgets' } },
    'with a group of one part': { schema: ok, spec: { group: 'example' } },
    'with a group in upper case': { schema: ok, spec: { group: 'Example.com' } },
    'with an unknown scope': { schema: ok, spec: { scope: 'World' } },
    'without a kind': { schema: ok, names: { kind: '' } },
    'without a scope': { schema: ok, spec: { scope: '' } },
    'with the kind as the kind of lists': { schema: ok, names: { listKind: 'Widget' } },
    'with a kind of two words': { schema: ok, names: { kind: 'Big Widget' } },
    'with a short name in upper case': { schema: ok, names: { shortNames: ['W'] } },
    'with a category in upper case': { schema: ok, names: { categories: ['All'] } },
    'with a version in upper case': { schema: ok, version: { name: 'V1' } },
    'with a warning of a version that is not deprecated': {
      schema: ok,
      version: { deprecationWarning: 'x' },
    },
    'with conversion by something': { schema: ok, spec: { conversion: { strategy: 'Magic' } } },
    'that preserves unknown fields as once was': {
      schema: ok,
      spec: { preserveUnknownFields: true },
    },
    'with a column without a path': {
      schema: ok,
      version: { additionalPrinterColumns: [{ name: 'A', type: 'string' }] },
    },
    'with a column of an unknown type': {
      schema: ok,
      version: { additionalPrinterColumns: [{ name: 'A', type: 'text', jsonPath: '.spec.a' }] },
    },
    'with scale without paths': { schema: ok, version: { subresources: { scale: {} } } },
    'with scale by other paths': {
      schema: ok,
      version: {
        subresources: {
          scale: {
            specReplicasPath: '.a',
            statusReplicasPath: 'status.b',
            labelSelectorPath: '.c',
          },
        },
      },
    },
    'with selectable fields': {
      schema: inSpec({ type: 'string' }),
      version: { selectableFields: [{ jsonPath: '.spec.a' }, { jsonPath: '.spec.b' }] },
    },
    'with a selectable object': {
      schema: inSpec({ type: 'object' }),
      version: { selectableFields: [{ jsonPath: '.spec.a' }] },
    },
    'of a protected group': { schema: ok, spec: { group: 'x.k8s.io' } },
  }),
];
