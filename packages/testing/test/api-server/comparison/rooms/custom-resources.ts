import {
  definition,
  definitions,
  json,
  merge,
  object,
  open,
  strategic,
  table,
  widget,
  widgets,
} from '../objects.ts';
import type { Room, Step } from '../script.ts';

/** A schema, put, and waited for. */
function defined(...parts: Parameters<typeof definition>): Step[] {
  return [
    ['POST', definitions, definition(...parts)],
    ['UNTIL', widgets],
  ];
}

/** The same body with another spec for each, by name. */
const create = (specs: Readonly<Record<string, unknown>>): Step[] =>
  Object.entries(specs).map(([name, spec]): Step => ['POST', widgets, widget(name, spec)]);

const allWidgets = '/apis/{ns}.example.com/v1/widgets';
const thing = { apiVersion: '{ns}.example.com/v1', kind: 'Thing', metadata: { name: 'a' } };
const names = { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' };
const things = {
  ...definition(object({}), {}, { scope: 'Cluster', names }),
  metadata: { name: 'things.{ns}.example.com' },
};

export const room: Room = {
  name: 'custom resources',
  scripts: {
    'types, bounds, patterns and formats': [
      ...defined(
        object(
          {
            size: { type: 'integer', minimum: 1, maximum: 10 },
            share: { type: 'number', exclusiveMinimum: true, minimum: 0, multipleOf: 0.5 },
            name: { type: 'string', minLength: 2, maxLength: 5, pattern: '^[a-z]+$' },
            mode: { type: 'string', enum: ['On', 'Off'] },
            when: { type: 'string', format: 'date-time' },
            long: { type: 'integer', format: 'int32' },
            port: { 'x-kubernetes-int-or-string': true },
            list: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 2 },
            map: { type: 'object', additionalProperties: { type: 'integer' }, maxProperties: 2 },
            flag: { type: 'boolean' },
            maybe: { type: 'string', nullable: true },
          },
          { required: ['size'] },
        ),
      ),
      ...create({
        good: {
          size: 1,
          share: 1.5,
          name: 'abc',
          mode: 'On',
          when: '2026-01-02T03:04:05Z',
          port: 80,
          list: ['a'],
          map: { a: 1 },
          flag: true,
          maybe: null,
        },
        none: undefined,
        'missing-size': {},
        'size-type': { size: 'big' },
        'size-fraction': { size: 1.5 },
        'size-low': { size: 0 },
        'size-high': { size: 11 },
        'size-null': { size: null },
        share: { size: 1, share: 0 },
        multiple: { size: 1, share: 0.7 },
        short: { size: 1, name: 'a' },
        pattern: { size: 1, name: 'ABC' },
        mode: { size: 1, mode: 'Maybe' },
        when: { size: 1, when: 'yesterday' },
        long: { size: 1, long: 3_000_000_000 },
        port: { size: 1, port: 'http' },
        'port-type': { size: 1, port: true },
        'list-few': { size: 1, list: [] },
        'list-many': { size: 1, list: ['a', 'b', 'c'] },
        'list-items': { size: 1, list: [1] },
        map: { size: 1, map: { a: 'x' } },
        many: { size: 0, name: 'A', mode: 'x', flag: 'yes' },
        'no-object': 'text',
      }),
      ['PATCH', `${widgets}/good`, { spec: { size: 20 } }, merge],
      ['PATCH', `${widgets}/good`, { spec: { size: null } }, merge],
    ],
    'pruning and defaults': [
      ...defined(
        object({
          a: { type: 'string', default: 'x' },
          inner: object({ b: { type: 'integer', default: 5 } }, { default: {} }),
          list: { type: 'array', items: object({ c: { type: 'string', default: 'y' } }) },
          free: open,
          embedded: {
            type: 'object',
            'x-kubernetes-embedded-resource': true,
            'x-kubernetes-preserve-unknown-fields': true,
          },
        }),
      ),
      ...create({
        empty: {},
        unknown: { zzz: 1, inner: { zzz: 1 }, list: [{ zzz: 1 }] },
        free: { free: { anything: [1] } },
        embedded: {
          embedded: {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: 'x', bad: 1 },
            data: { a: 'b' },
          },
        },
        'embedded-bad': { embedded: { data: {} } },
        'null-default': { a: null },
      }),
      ['POST', widgets, widget('outside', {}, { zzz: 1 })],
      ['POST', `${widgets}?fieldValidation=Strict`, widget('strict', { zzz: 1 })],
      ['POST', `${widgets}?fieldValidation=Ignore`, widget('ignore', { zzz: 1 })],
      ['PATCH', `${widgets}/empty`, { spec: { zzz: 1 } }, merge],
      ['PATCH', `${widgets}/empty`, { spec: { a: 'changed' } }, merge],
      ['GET', widgets],
    ],
    'rules in CEL': [
      ...defined(
        object(
          {
            min: { type: 'integer' },
            max: { type: 'integer' },
            fixed: {
              type: 'string',
              'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'it is fixed' }],
            },
            names: {
              type: 'array',
              maxItems: 10,
              items: { type: 'string', maxLength: 20 },
              'x-kubernetes-validations': [{ rule: "self.all(n, n.startsWith('a'))" }],
            },
          },
          {
            'x-kubernetes-validations': [
              {
                rule: '!has(self.min) || !has(self.max) || self.min <= self.max',
                message: 'min above max',
                reason: 'FieldValueForbidden',
                fieldPath: '.min',
              },
            ],
          },
        ),
      ),
      ...create({
        good: { min: 1, max: 2, fixed: 'a', names: ['ab'] },
        'min-max': { min: 3, max: 2 },
        names: { names: ['ab', 'b'] },
      }),
      ['PATCH', `${widgets}/good`, { spec: { fixed: 'b' } }, merge],
      ['PATCH', `${widgets}/good`, { spec: { max: 0 } }, merge],
      ['PATCH', `${widgets}/good`, { spec: { max: 5 } }, merge],
    ],
    'either, or, not, sets and lists by key': [
      ...defined(
        object(
          {
            a: { type: 'string' },
            b: { type: 'string' },
            set: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
            keyed: {
              type: 'array',
              items: object({ k: { type: 'string' }, v: { type: 'string' } }, { required: ['k'] }),
              'x-kubernetes-list-type': 'map',
              'x-kubernetes-list-map-keys': ['k'],
            },
          },
          {
            oneOf: [{ required: ['a'] }, { required: ['b'] }],
            not: { properties: { a: { enum: ['bad'] } }, required: ['a'] },
          },
        ),
      ),
      ...create({
        a: { a: 'x' },
        both: { a: 'x', b: 'y' },
        neither: {},
        not: { a: 'bad' },
        set: { a: 'x', set: ['1', '1'] },
        keyed: { a: 'x', keyed: [{ k: '1' }, { k: '1' }] },
      }),
    ],
    'subresources, generation, versions': [
      ...defined(object({ replicas: { type: 'integer' } }), {
        schema: {
          openAPIV3Schema: object({
            spec: object({ replicas: { type: 'integer' } }),
            status: object({
              replicas: { type: 'integer' },
              phase: { type: 'string', enum: ['Up'] },
              selector: { type: 'string' },
            }),
          }),
        },
        subresources: {
          status: {},
          scale: {
            specReplicasPath: '.spec.replicas',
            statusReplicasPath: '.status.replicas',
            labelSelectorPath: '.status.selector',
          },
        },
        additionalPrinterColumns: [
          { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        selectableFields: [{ jsonPath: '.spec.replicas' }],
      }),
      ['POST', widgets, widget('w', { replicas: 2 }, { status: { replicas: 9 } })],
      [
        'PATCH',
        `${widgets}/w/status`,
        { spec: { replicas: 7 }, status: { replicas: 1, selector: 'a=b' } },
        merge,
      ],
      ['PATCH', `${widgets}/w/status`, { status: { phase: 'Down' } }, merge],
      ['PATCH', `${widgets}/w`, { spec: { replicas: 3 }, status: { replicas: 5 } }, merge],
      ['PATCH', `${widgets}/w`, { metadata: { labels: { a: 'b' } } }, merge],
      ['PATCH', `${widgets}/w`, [{ op: 'replace', path: '/spec/replicas', value: 4 }], json],
      ['PATCH', `${widgets}/w`, { spec: {} }, strategic],
      ['GET', `${widgets}/w/scale`],
      ['PATCH', `${widgets}/w/scale`, { spec: { replicas: 8 } }, merge],
      ['PUT', `${widgets}/w/scale`, { metadata: { name: 'w' }, spec: { replicas: 6 } }],
      ['PUT', `${widgets}/w`, widget('w', { replicas: 1 })],
      [
        'PUT',
        `${widgets}/w`,
        widget('w', { replicas: 1 }, { metadata: { name: 'w', resourceVersion: '1' } }),
      ],
      [
        'PUT',
        `${widgets}/w`,
        widget(
          'w',
          { replicas: 1 },
          { metadata: { name: 'w', resourceVersion: '{version of w}' } },
        ),
      ],
      ['PUT', `${widgets}/new`, widget('new', { replicas: 1 })],
      ['GET', `${widgets}?fieldSelector=spec.replicas=1`],
      ['GET', `${widgets}?fieldSelector=spec.other=1`],
      ['GET', widgets, undefined, table],
      ['GET', '/apis/{ns}.example.com/v1'],
    ],
    'paths of another scope': [
      ...defined(object({})),
      ['POST', allWidgets, widget('a', {})],
      ['DELETE', allWidgets],
      ['PUT', `${allWidgets}/a`, widget('a', {})],
      ['GET', `${allWidgets}/a`],
      ['GET', allWidgets],
      [
        'POST',
        '/api/v1/configmaps',
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } },
      ],
      ['DELETE', '/api/v1/configmaps'],
      ['POST', definitions, things],
      ['UNTIL', '/apis/{ns}.example.com/v1/things'],
      ['POST', '/apis/{ns}.example.com/v1/namespaces/{ns}/things', thing],
      ['DELETE', '/apis/{ns}.example.com/v1/namespaces/{ns}/things'],
      ['GET', '/apis/{ns}.example.com/v1/namespaces/{ns}/things'],
      ['GET', '/apis/{ns}.example.com/v1/namespaces/{ns}/things/a'],
    ],
  },
};
