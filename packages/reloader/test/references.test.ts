import { describe, expect, it, test } from 'vitest';

import { isObjectName, referencesOf, type PodSpecLike } from '../src/references.ts';

const cases: readonly {
  name: string;
  pod: PodSpecLike;
  expected: readonly (readonly [string, string, boolean, unknown])[];
}[] = [
  { name: 'an empty pod', pod: {}, expected: [] },
  {
    name: 'env valueFrom',
    pod: {
      containers: [
        {
          env: [
            {},
            { valueFrom: {} },
            { valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } },
            { valueFrom: { secretKeyRef: { name: 's', key: 'k', optional: true } } },
          ],
        },
      ],
    },
    expected: [
      ['ConfigMap', 'c', false, [{ key: 'k', optional: false }]],
      ['Secret', 's', true, [{ key: 'k', optional: true }]],
    ],
  },
  {
    name: 'envFrom',
    pod: {
      containers: [
        {
          envFrom: [{ configMapRef: { name: 'c' } }, { secretRef: { name: 's', optional: true } }],
        },
      ],
    },
    expected: [
      ['ConfigMap', 'c', false, 'all'],
      ['Secret', 's', true, 'all'],
    ],
  },
  {
    name: 'volumes, with and without items',
    pod: {
      volumes: [
        { configMap: { name: 'c' } },
        { configMap: { name: 'none', items: [] } },
        { configMap: { name: 'items', items: [{ key: 'b' }, { key: 'a' }] } },
        { secret: { secretName: 's', optional: true } },
        { secret: { secretName: 'items', items: [{ key: 'k' }] } },
        {},
      ],
    },
    expected: [
      ['ConfigMap', 'c', false, 'all'],
      [
        'ConfigMap',
        'items',
        false,
        [
          { key: 'a', optional: false },
          { key: 'b', optional: false },
        ],
      ],
      ['ConfigMap', 'none', false, 'all'],
      ['Secret', 'items', false, [{ key: 'k', optional: false }]],
      ['Secret', 's', true, 'all'],
    ],
  },
  {
    name: 'projected volumes',
    pod: {
      volumes: [
        {
          projected: {
            sources: [
              { configMap: { name: 'c', items: [{ key: 'k' }], optional: true } },
              { secret: { name: 's' } },
              {},
            ],
          },
        },
        { projected: {} },
      ],
    },
    expected: [
      ['ConfigMap', 'c', true, [{ key: 'k', optional: true }]],
      ['Secret', 's', false, 'all'],
    ],
  },
  {
    name: 'init containers',
    pod: { initContainers: [{ envFrom: [{ secretRef: { name: 's' } }] }] },
    expected: [['Secret', 's', false, 'all']],
  },
  {
    name: 'several uses of one object are one reference, to all of it if one uses all',
    pod: {
      containers: [
        { env: [{ valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } }] },
        { envFrom: [{ configMapRef: { name: 'c', optional: true } }] },
      ],
    },
    expected: [['ConfigMap', 'c', false, 'all']],
  },
  {
    name: 'optional only if every use is',
    pod: {
      containers: [
        {
          env: [
            { valueFrom: { secretKeyRef: { name: 's', key: 'both', optional: true } } },
            { valueFrom: { secretKeyRef: { name: 's', key: 'both' } } },
            { valueFrom: { secretKeyRef: { name: 's', key: 'never', optional: true } } },
            { valueFrom: { secretKeyRef: { name: 's', key: 'never', optional: true } } },
          ],
        },
      ],
    },
    expected: [
      [
        'Secret',
        's',
        false,
        [
          { key: 'both', optional: false },
          { key: 'never', optional: true },
        ],
      ],
    ],
  },
  {
    name: 'a ConfigMap and a Secret of the same name are two',
    pod: {
      containers: [{ envFrom: [{ configMapRef: { name: 'x' } }, { secretRef: { name: 'x' } }] }],
    },
    expected: [
      ['ConfigMap', 'x', false, 'all'],
      ['Secret', 'x', false, 'all'],
    ],
  },
  {
    name: 'without a name there is no reference',
    pod: {
      containers: [{ envFrom: [{ configMapRef: {} }, { secretRef: { name: '' } }] }],
      volumes: [{ secret: {} }, { configMap: { items: [{ key: 'k' }] } }],
    },
    expected: [],
  },
  {
    name: 'hostile names and keys',
    pod: {
      containers: [
        {
          env: [
            { valueFrom: { configMapKeyRef: { name: 'constructor', key: '__proto__' } } },
            { valueFrom: { configMapKeyRef: { name: '__proto__', key: 'constructor' } } },
          ],
        },
      ],
    },
    expected: [
      ['ConfigMap', '__proto__', false, [{ key: 'constructor', optional: false }]],
      ['ConfigMap', 'constructor', false, [{ key: '__proto__', optional: false }]],
    ],
  },
];

describe('referencesOf', () => {
  it.each(cases)('finds what is named by $name', ({ pod, expected }) => {
    const references = referencesOf(pod);
    expect(references).toStrictEqual(
      expected.map(([kind, name, optional, keys]) => ({ kind, name, optional, keys })),
    );
  });

  it('gives the same for the same uses in another order', () => {
    const env = [
      { valueFrom: { configMapKeyRef: { name: 'c', key: 'b' } } },
      { valueFrom: { configMapKeyRef: { name: 'c', key: 'a' } } },
      { valueFrom: { secretKeyRef: { name: 's', key: 'a' } } },
    ];
    expect(referencesOf({ containers: [{ env }] })).toStrictEqual(
      referencesOf({ containers: [{ env: env.toReversed() }] }),
    );
  });
});

test.each([
  ['a', true],
  ['a.b-c.1', true],
  ['constructor', true],
  ['a'.repeat(253), true],
  ['a'.repeat(254), false],
  ['', false],
  ['.', false],
  ['..', false],
  ['../secrets/x', false],
  ['a/b', false],
  ['A', false],
  ['__proto__', false],
  ['a..b', false],
  ['-a', false],
  ['a\n', false],
])('isObjectName(%j) is %s', (name, expected) => {
  expect(isObjectName(name)).toBe(expected);
});
