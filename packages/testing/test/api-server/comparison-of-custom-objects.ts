import type { ComparisonCase } from './comparison-cases.ts';
import {
  said,
  changeSchema,
  merge,
  objects,
  patch,
  post,
  specOf,
  withStatus,
} from './definition-kit.ts';

/** What becomes of objects of definitions: what is left out, filled in and kept. */
export const customObjectCases: readonly ComparisonCase[] = [
  objects(
    'fields that the schema does not know are pruned',
    specOf({
      size: { type: 'integer' },
      free: {
        type: 'object',
        'x-kubernetes-preserve-unknown-fields': true,
        properties: { known: { type: 'object', properties: { x: { type: 'string' } } } },
      },
      map: {
        type: 'object',
        additionalProperties: { type: 'object', properties: { x: { type: 'string' } } },
      },
      list: { type: 'array', items: { type: 'object', properties: { x: { type: 'string' } } } },
      any: { type: 'object', additionalProperties: true },
    }),
    [
      { body: { spec: { size: 1, colour: 'red' }, top: 1 } },
      post({ free: { a: { b: 1 }, known: { x: 'a', y: 'b' } } }, 'free'),
      post({ map: { k: { x: 'a', y: 'b' } }, any: { k: { x: 'a' }, l: 1 } }, 'map'),
      post({ list: [{ x: 'a' }, { y: 'b' }] }, 'list'),
      { ...post({ size: 1, colour: 'red' }, 'strict'), path: '?fieldValidation=Strict' },
      { ...post({ size: 1, colour: 'red' }, 'ignored'), path: '?fieldValidation=Ignore' },
      { ...post({ size: 1 }, 'unknown'), path: '?fieldValidation=Sometimes' },
      {
        text: '{"apiVersion":"{group}/v1","kind":"Widget","metadata":{"name":"twice"},"spec":{"size":1,"size":2}}',
      },
      {
        text: '{"apiVersion":"{group}/v1","kind":"Widget","metadata":{"name":"twice-strict"},"spec":{"size":1,"size":2,"x":1}}',
        path: '?fieldValidation=Strict',
      },
      { method: 'PATCH', type: merge, body: { spec: { colour: 'red' } } },
      {
        method: 'PATCH',
        type: merge,
        body: { spec: { colour: 'red' } },
        path: '?fieldValidation=Strict',
      },
      { method: 'PUT', body: { spec: { size: 2, colour: 'red' } } },
      { body: { metadata: { name: 'meta', colour: 'red' } } },
      { body: { metadata: { name: 'kept', finalizers: ['b', 'example.com', 'a.b/c', 'orphan'] } } },
      { body: { metadata: { name: 'labels', labels: { a: 1 } } } },
      { body: { metadata: { name: 'finalizers', finalizers: 'x' } } },
      {
        body: { metadata: { name: 'meta-strict', colour: 'red' } },
        path: '?fieldValidation=Strict',
      },
      { method: 'GET' },
    ],
  ),
  objects(
    'defaults are filled in',
    specOf({
      size: { type: 'integer', default: 3 },
      nested: { type: 'object', default: {}, properties: { a: { type: 'string', default: 'x' } } },
      absent: { type: 'object', properties: { a: { type: 'string', default: 'x' } } },
      list: {
        type: 'array',
        items: {
          type: 'object',
          properties: { a: { type: 'string', default: 'x' }, b: { type: 'string' } },
        },
      },
      map: {
        type: 'object',
        additionalProperties: {
          type: 'object',
          properties: { a: { type: 'string', default: 'x' } },
        },
      },
      nullable: { type: 'string', nullable: true, default: 'n' },
      plain: { type: 'string' },
    }),
    [
      post({}),
      { body: {}, name: 'no-spec' },
      post({ absent: {}, list: [{}, { b: 'b' }], map: { k: {} } }, 'deep'),
      post({ size: null, nullable: null, plain: null }, 'nulls'),
      patch({ size: null }, 'deep'),
      { method: 'GET', name: 'deep' },
    ],
  ),
  objects(
    'what was wrong before may stay as it is',
    specOf({
      size: { type: 'integer' },
      name: { type: 'string' },
      list: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['n'],
        items: {
          type: 'object',
          required: ['n'],
          properties: { n: { type: 'string' }, v: { type: 'string' } },
        },
      },
    }),
    [
      post({
        size: 1,
        name: 'abc',
        list: [
          { n: 'a', v: 'long' },
          { n: 'b', v: 'x' },
        ],
      }),
      changeSchema(
        specOf({
          size: { type: 'integer', minimum: 5 },
          name: { type: 'string', maxLength: 2 },
          list: {
            type: 'array',
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['n'],
            items: {
              type: 'object',
              required: ['n'],
              properties: { n: { type: 'string' }, v: { type: 'string', maxLength: 2 } },
            },
          },
        }),
      ),
      post({ size: 1 }, 'new'),
      patch({ size: 2 }),
      patch({ name: 'abcd' }),
      patch({ name: 'ab' }),
      patch({
        list: [
          { n: 'a', v: 'long' },
          { n: 'c', v: 'y' },
        ],
      }),
      patch({
        list: [
          { n: 'a', v: 'longer' },
          { n: 'c', v: 'y' },
        ],
      }),
      { method: 'PATCH', type: merge, body: { metadata: { labels: { a: 'b' } } } },
      { method: 'GET' },
    ],
  ),
  objects(
    'a schema that changes shows in what is read',
    specOf({ size: { type: 'integer' }, gone: { type: 'string' } }),
    [
      post({ size: 1, gone: 'x' }),
      changeSchema(
        specOf({ size: { type: 'integer' }, added: { type: 'string', default: 'new' } }),
      ),
      { method: 'GET' },
      { method: 'PATCH', type: merge, body: { metadata: { labels: { a: 'b' } } } },
      changeSchema(
        specOf({ size: { type: 'integer' }, gone: { type: 'string' }, added: { type: 'string' } }),
      ),
      { method: 'GET' },
    ],
  ),
  objects(
    'status apart',
    {
      type: 'object',
      required: ['spec'],
      properties: {
        spec: { type: 'object', properties: { size: { type: 'integer' } } },
        status: {
          type: 'object',
          required: ['ready'],
          properties: {
            ready: { type: 'integer', minimum: 0 },
            extra: { type: 'string', default: 'x' },
          },
        },
      },
    },
    [
      { body: { spec: { size: 1 }, status: { ready: 5 } } },
      {
        method: 'PATCH',
        type: merge,
        path: '/status',
        body: { spec: { size: 9 }, status: { ready: 1, unknown: 1 } },
      },
      { method: 'PATCH', type: merge, path: '/status', body: { status: { ready: -1 } } },
      { method: 'PATCH', type: merge, path: '/status', body: { status: { ready: 'x' } } },
      { method: 'PATCH', type: merge, body: { spec: { size: 2 }, status: { ready: 7 } } },
      {
        method: 'PUT',
        path: '/status',
        body: { status: { ready: 3 }, metadata: { name: 'w', labels: { a: 'b' } } },
      },
      { method: 'PUT', path: '/status', body: {} },
      { method: 'GET', path: '/status' },
      { body: {}, name: 'nothing' },
    ],
    { version: withStatus },
  ),
  objects(
    'objects within objects',
    specOf({
      raw: {
        type: 'object',
        'x-kubernetes-embedded-resource': true,
        'x-kubernetes-preserve-unknown-fields': true,
      },
      typed: {
        type: 'object',
        'x-kubernetes-embedded-resource': true,
        properties: { spec: { type: 'object', properties: { a: { type: 'string' } } } },
      },
    }),
    [
      post({
        raw: {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'x', labels: { a: 'b' } },
          spec: { a: 1 },
        },
      }),
      post({ raw: { spec: { a: 1 } } }, 'untyped'),
      post({ raw: { apiVersion: '', kind: 5 } }, 'wrong'),
      post({ raw: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', bad: 1 } } }, 'meta'),
      post({ raw: { apiVersion: 'v1', kind: 'Pod', metadata: { labels: { a: 1 } } } }, 'labels'),
      post(
        {
          typed: {
            apiVersion: 'v1',
            kind: 'Pod',
            metadata: { name: 'x' },
            spec: { a: 'x', b: 1 },
            other: 1,
          },
        },
        'typed',
      ),
    ],
  ),
  objects(
    'numbers of scale',
    specOf({ replicas: { type: 'integer' } }),
    [
      post({ replicas: 3 }),
      post({ replicas: -1 }, 'negative'),
      post({ replicas: 3_000_000_000 }, 'many'),
      { method: 'GET', path: '/scale' },
      { method: 'PATCH', type: merge, path: '/scale', body: { spec: { replicas: 5 } } },
      { method: 'GET' },
      { method: 'PATCH', type: merge, path: '/scale', body: { spec: { replicas: -5 } } },
    ],
    {
      version: {
        subresources: {
          status: {},
          scale: {
            specReplicasPath: '.spec.replicas',
            statusReplicasPath: '.status.replicas',
            labelSelectorPath: '.status.selector',
          },
        },
      },
    },
  ),
  {
    name: 'fields of a built-in kind that are there twice',
    async run({ client, namespace }) {
      const path = `/api/v1/namespaces/${namespace}/configmaps`;
      const text = '{"metadata":{"name":"a","name":"twice"},"data":{"a":"1","a":"2"},"more":1}';
      return [
        said(await client.post(path, text)),
        said(await client.post(`${path}?fieldValidation=Strict`, text)),
        said(await client.post(`${path}?fieldValidation=Ignore&dryRun=All`, text)),
      ];
    },
  },
];
