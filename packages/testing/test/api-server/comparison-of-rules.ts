import type { ComparisonCase } from './comparison-cases.ts';
import {
  changeSchema,
  definition,
  definitions,
  inSpec,
  merge,
  objects,
  patch,
  post,
  refusals,
  ruled,
} from './definition-kit.ts';

/** Rules in the Common Expression Language. */
export const ruleCases: readonly ComparisonCase[] = [
  ...refusals('rules of a definition', {
    'that are right': {
      schema: ruled({ rule: 'self.a == "x" || self.list.all(x, x.startsWith("y"))' }),
    },
    'that ask for a field of an element': {
      schema: ruled({
        rule: 'has(self.list) && self.list.size() > 0 && self.list[0] == "has(self)"',
      }),
    },
    'without a rule': { schema: ruled({ rule: ' ' }) },
    'with an empty message': { schema: ruled({ rule: 'true', message: ' ' }) },
    'with a message of two lines': { schema: ruled({ rule: 'true', message: 'a\nb' }) },
    'with an unknown reason': { schema: ruled({ rule: 'true', reason: 'Because' }) },
    'with a path to nowhere': { schema: ruled({ rule: 'true', fieldPath: '.nope' }) },
    'with a path that is none': { schema: ruled({ rule: 'true', fieldPath: 'a' }) },
    'with optional old values that are not used': {
      schema: ruled({ rule: 'true', optionalOldSelf: true }),
    },
    'that compare elements that are not told apart': {
      schema: inSpec({
        type: 'array',
        maxItems: 5,
        items: {
          type: 'string',
          maxLength: 5,
          'x-kubernetes-validations': [{ rule: 'self == oldSelf' }],
        },
      }),
    },
    'inside of anyOf': {
      schema: inSpec({
        type: 'string',
        anyOf: [{ 'x-kubernetes-validations': [{ rule: 'true' }] }],
      }),
    },
  }),
  ...(['self.nope == 1', 'self.size', '1 +', 'self.size == "x"', 'unknown(self)'] as const).map(
    (rule): ComparisonCase => ({
      name: `rules of a definition: ${rule} is refused`,
      async run({ client, namespace }) {
        const body = definition(namespace, ruled({ rule }));
        const { status, body: answer } = await client.post(`${definitions}?dryRun=All`, body);
        // What is wrong with an expression each compiler says in its own words.
        return [status, answer.details.causes.map(({ field, reason }: any) => [field, reason])];
      },
    }),
  ),
  objects('rules are kept', ruled({ rule: 'self.size >= 2', message: 'at least two' }), [
    post({ size: 2 }),
    post({ size: 1 }),
    post({}),
    patch({ size: 1 }),
  ]),
  objects(
    'rules of all kinds',
    {
      type: 'object',
      'x-kubernetes-validations': [
        { rule: 'self.metadata.name.size() < 6', message: 'short names' },
      ],
      properties: {
        spec: {
          type: 'object',
          properties: {
            min: { type: 'integer' },
            max: {
              type: 'integer',
              'x-kubernetes-validations': [
                { rule: 'self < 100', reason: 'FieldValueForbidden', message: 'too much' },
              ],
            },
            fixed: {
              type: 'string',
              maxLength: 10,
              'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'is immutable' }],
            },
            once: {
              type: 'string',
              maxLength: 10,
              'x-kubernetes-validations': [
                {
                  rule: '!oldSelf.hasValue() || self == oldSelf.value()',
                  optionalOldSelf: true,
                  message: 'once',
                },
              ],
            },
            ports: {
              type: 'array',
              maxItems: 5,
              'x-kubernetes-list-type': 'map',
              'x-kubernetes-list-map-keys': ['name'],
              items: {
                type: 'object',
                required: ['name'],
                properties: {
                  name: { type: 'string', maxLength: 10 },
                  port: {
                    type: 'integer',
                    'x-kubernetes-validations': [{ rule: 'self == oldSelf' }],
                  },
                },
              },
            },
            labels: {
              type: 'object',
              maxProperties: 5,
              additionalProperties: {
                type: 'string',
                maxLength: 10,
                'x-kubernetes-validations': [{ rule: 'self.matches("^[a-z]+$")' }],
              },
            },
            any: { 'x-kubernetes-int-or-string': true },
            until: { type: 'string', format: 'date-time' },
            'with-dash': { type: 'boolean' },
            ratio: { type: 'number' },
          },
          'x-kubernetes-validations': [
            {
              rule: '!has(self.min) || !has(self.max) || self.min <= self.max',
              messageExpression: 'self.max > 5 ? "large" : "min beyond max"',
              fieldPath: '.min',
              reason: 'FieldValueInvalid',
            },
            { rule: '!has(self.any) || type(self.any) == string || self.any > 0', message: 'any' },
            {
              rule: '!has(self.until) || self.until > timestamp("2026-01-01T00:00:00Z")',
              message: 'later',
            },
            { rule: '!has(self.with__dash__dash) || self.with__dash__dash', message: 'dash' },
            { rule: '!has(self.ratio) || self.ratio < 1.5', message: 'ratio' },
            {
              rule: 'has(oldSelf.max) == has(self.max)',
              message: 'max comes and goes',
              reason: 'FieldValueRequired',
              fieldPath: '.max',
            },
            {
              rule: '!has(self.ports) || self.ports.size() == 0 || !has(self.ports[0].port) || self.ports[0].port < 1000',
              message: 'low ports',
            },
            {
              rule: '!has(self.ports) || self.ports.exists_one(p, p.name == "main")',
              message: 'one main port',
            },
          ],
        },
      },
    },
    [
      post({
        min: 1,
        max: 2,
        fixed: 'a',
        once: 'o',
        ports: [{ name: 'main', port: 1 }],
        labels: { a: 'b' },
        any: 'x',
        until: '2026-06-01T00:00:00Z',
        ratio: 1,
      }),
      post({ min: 3, max: 2 }, 'a'),
      post({ max: 100 }, 'a'),
      post({ ports: [] }, 'a'),
      post({ ports: [{ name: 'main', port: 2000 }] }, 'a'),
      post({ ports: [{ name: 'main' }] }, 'b'),
      post({ labels: { a: 'B' } }, 'a'),
      post({ any: 0 }, 'a'),
      post({ until: '2025-06-01T00:00:00Z' }, 'a'),
      post({ 'with-dash': false }, 'a'),
      post({ ratio: 2 }, 'a'),
      post({ min: 'x' }, 'a'),
      post({ min: 1 }, 'too-long'),
      patch({ fixed: 'b' }),
      patch({ once: 'b' }),
      patch({ max: null }),
      patch({ ports: [{ name: 'main', port: 2 }] }),
      patch({
        ports: [
          { name: 'main', port: 1 },
          { name: 'other', port: 2 },
        ],
      }),
      patch({ min: 0 }),
    ],
  ),
  objects('rules that were broken before may stay so', ruled({ rule: 'true' }), [
    post({ size: 1, a: 'x' }),
    changeSchema(ruled({ rule: 'self.size > 5', message: 'more' })),
    { method: 'PATCH', type: merge, body: { metadata: { labels: { a: 'b' } } } },
    patch({ a: 'y' }),
    patch({ size: 6 }),
  ]),
];
