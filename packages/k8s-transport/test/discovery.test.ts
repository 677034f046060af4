import { expect, it } from 'vitest';

import { findResource } from '../src/discovery.ts';

const resources = [
  { name: 'pods/log', kind: 'Pod', namespaced: true, verbs: ['get'] },
  {
    name: 'pods/eviction',
    kind: 'Eviction',
    group: 'policy',
    version: 'v1',
    namespaced: true,
    verbs: ['create'],
  },
  { name: 'pods', kind: 'Pod', namespaced: true, verbs: ['list', 'watch', 7] },
  { name: 'nodes', kind: 'Node', namespaced: false, verbs: null },
  { kind: 'Nameless' },
  null,
];

it('finds a kind, and takes no subresource for it', () => {
  expect(findResource(resources, { version: 'v1', kind: 'Pod' })).toEqual({
    group: '',
    version: 'v1',
    resource: 'pods',
    namespaced: true,
    verbs: ['list', 'watch'],
  });
  expect(findResource(resources, { version: 'v1', kind: 'Eviction' })).toBeUndefined();
  expect(findResource(resources, { version: 'v1', kind: 'Nameless' })).toBeUndefined();
});

it('takes group and version of the list where an entry has none', () => {
  expect(findResource(resources, { group: 'g', version: 'v2', kind: 'Node' })).toEqual({
    group: 'g',
    version: 'v2',
    resource: 'nodes',
    namespaced: false,
    verbs: [],
  });
  const entry = { name: 'a', kind: 'A', group: 'own', version: 'v9', namespaced: true, verbs: [] };
  expect(findResource([entry], { group: 'g', version: 'v2', kind: 'A' })).toMatchObject({
    group: 'own',
    version: 'v9',
  });
});
