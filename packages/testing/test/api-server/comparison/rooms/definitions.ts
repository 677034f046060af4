import { definition, definitions, merge, object, open, widgets } from '../objects.ts';
import type { Room } from '../script.ts';

/** In a group of its own, so that none is in the way of the next. */
function another(...parts: Parameters<typeof definition>): object {
  return JSON.parse(JSON.stringify(definition(...parts)).replaceAll('{ns}', '{n}.{ns}'));
}

export const room: Room = {
  name: 'definitions',
  scripts: {
    'what is no definition': [
      ['POST', definitions, another(open, { schema: undefined })],
      ['POST', definitions, another(open, { storage: false })],
      ['POST', definitions, another(open, { served: false, name: 'V1' })],
      ['POST', definitions, another({ properties: { a: { type: 'string' } } })],
      ['POST', definitions, another({ type: 'object', properties: { a: {} } })],
      ['POST', definitions, another({ type: 'text' })],
      ['POST', definitions, another(object({ a: { type: 'string', default: 5 } }))],
      ['POST', definitions, another(object({ a: { type: 'string', pattern: '(' } }))],
      ['POST', definitions, another(object({ a: { type: 'array' } }))],
      ['POST', definitions, another(object({ a: { $ref: '#/x' } }))],
      ['POST', definitions, another(open, {}, { scope: 'Everywhere' })],
      ['POST', definitions, another(open, {}, { group: 'other.example.com' })],
      ['POST', definitions, another(open, {}, { names: { plural: 'widgets' } })],
      [
        'POST',
        definitions,
        another(
          object({ a: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self >' }] } }),
        ),
      ],
      ['POST', definitions, another(open, {}, { preserveUnknownFields: true })],
      [
        'POST',
        definitions,
        another(open, {
          subresources: { scale: { specReplicasPath: 'x', statusReplicasPath: '.status.n' } },
        }),
      ],
    ],
    'the definition itself': [
      ['POST', definitions, definition(open)],
      ['UNTIL', widgets],
      ['GET', `${definitions}/widgets.{ns}.example.com`],
      ['PUT', `${definitions}/widgets.{ns}.example.com`, definition(open)],
      [
        'PATCH',
        `${definitions}/widgets.{ns}.example.com`,
        { spec: { names: { shortNames: ['wd'] } } },
        merge,
      ],
      ['UNTIL', '/apis/{ns}.example.com/v1', undefined, { until: '"wd"' }],
      ['PATCH', `${definitions}/widgets.{ns}.example.com`, { spec: { scope: 'Cluster' } }, merge],
      [
        'PATCH',
        `${definitions}/widgets.{ns}.example.com/status`,
        { status: { storedVersions: [] } },
        merge,
      ],
      ['DELETE', `${definitions}/widgets.{ns}.example.com`],
    ],
  },
};
