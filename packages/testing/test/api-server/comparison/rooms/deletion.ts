import { configMap, deployments, maps, merge, workload } from '../objects.ts';
import type { Room } from '../script.ts';

const owned = (name: string, of: string, more: object = {}): object =>
  configMap(name, {
    ownerReferences: [
      { apiVersion: 'v1', kind: 'ConfigMap', name: of, uid: `{uid of ${of}}`, ...more },
    ],
  });

/**
 * The real server runs without its garbage collector here, so these end where that one's work begins. What becomes of
 * what is owned is tested with a real garbage collector by `tools/go-clients`.
 */
export const room: Room = {
  name: 'deletion',
  scripts: {
    'how an owner is told to go': [
      ['POST', maps, configMap('a')],
      ['POST', maps, owned('a1', 'a', { blockOwnerDeletion: true })],
      ['DELETE', `${maps}/a`, { propagationPolicy: 'Foreground' }],
      ['POST', maps, configMap('b')],
      ['POST', maps, owned('b1', 'b', { controller: true })],
      ['DELETE', `${maps}/b`, { propagationPolicy: 'Orphan' }],
      ['POST', maps, configMap('c')],
      ['DELETE', `${maps}/c`, { propagationPolicy: 'Background' }],
      ['POST', maps, configMap('d')],
      ['DELETE', `${maps}/d`, { orphanDependents: true, propagationPolicy: 'Orphan' }],
      ['DELETE', `${maps}/d`, { orphanDependents: true }],
      ['POST', deployments, workload('e')],
      ['DELETE', `${deployments}/e?propagationPolicy=Foreground`],
    ],
    'finalizers hold an object until they are gone': [
      ['POST', maps, configMap('a', { finalizers: ['example.com/f'] })],
      ['DELETE', `${maps}/a`],
      ['DELETE', `${maps}/a`],
      [
        'PATCH',
        `${maps}/a`,
        { metadata: { finalizers: ['example.com/f', 'example.com/g'] } },
        merge,
      ],
      ['PATCH', `${maps}/a`, { data: { still: 'changes' } }, merge],
      ['PATCH', `${maps}/a`, { metadata: { deletionTimestamp: null } }, merge],
      ['POST', maps, configMap('a')],
      ['PATCH', `${maps}/a`, { metadata: { finalizers: [] } }, merge],
      ['GET', `${maps}/a`],
      ['POST', maps, configMap('b', { finalizers: ['foregroundDeletion', 'orphan'] })],
      ['POST', maps, configMap('c', { labels: { go: 'yes' }, finalizers: ['example.com/f'] })],
      ['DELETE', `${maps}?labelSelector=go=yes`],
      ['GET', `${maps}/c`],
    ],
    'references between scopes': [
      ['POST', '/api/v1/namespaces', { metadata: { name: '{ns}-owner' } }],
      [
        'POST',
        maps,
        configMap('a', {
          ownerReferences: [
            { apiVersion: 'v1', kind: 'Namespace', name: '{ns}-owner', uid: '{uid of {ns}-owner}' },
          ],
        }),
      ],
      ['GET', `${maps}/a`],
    ],
  },
};
