import {
  apply,
  configMap,
  deployments,
  json,
  maps,
  merge,
  services,
  strategic,
  workload,
} from '../objects.ts';
import type { Room } from '../script.ts';

const clusterRoles = '/apis/rbac.authorization.k8s.io/v1/clusterroles';

/** A cluster-scoped object that says it is in a namespace. */
const misplaced = (name: string, metadata: object = {}): object => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name, namespace: 'elsewhere', ...metadata },
});

export const room: Room = {
  name: 'writes',
  scripts: {
    'create: names, versions, bodies': [
      ['POST', maps, configMap('a')],
      ['POST', maps, configMap('a')],
      ['POST', maps, configMap('', { generateName: 'made-' })],
      ['POST', maps, configMap('b', { resourceVersion: '5' })],
      ['POST', maps, configMap('c', { namespace: 'elsewhere' })],
      ['POST', maps, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'd' } }],
      ['POST', maps, '{"metadata":{"name":"e"}'],
      ['POST', maps, ''],
      ['POST', maps, { metadata: { name: 'f' }, data: { a: 1 } }],
      ['POST', maps, { metadata: { name: 'g', labels: { a: true } } }],
      [
        'POST',
        maps,
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: yaml}\n',
        { type: 'application/yaml' },
      ],
      ['POST', maps, { metadata: { name: 'h' }, data: { a: 'x'.repeat(3_500_000) } }],
      ['POST', '/api/v1/namespaces/missing-{ns}/configmaps', configMap('a')],
    ],
    'cluster-scoped objects that name a namespace': [
      ['POST', clusterRoles, misplaced('{ns}-a')],
      ['PUT', `${clusterRoles}/{ns}-a`, misplaced('{ns}-a', { labels: { a: 'b' } })],
      [
        'PATCH',
        `${clusterRoles}/{ns}-a`,
        { metadata: { namespace: 'x', labels: { b: 'c' } } },
        merge,
      ],
      [
        'PATCH',
        `${clusterRoles}/{ns}-a`,
        [{ op: 'add', path: '/metadata/namespace', value: 'x' }],
        json,
      ],
      ['PATCH', `${clusterRoles}/{ns}-a?fieldManager=m`, misplaced('{ns}-a'), apply],
      [
        'PATCH',
        `${clusterRoles}/{ns}-b?fieldManager=m`,
        misplaced('{ns}-b'),
        { ...apply, managers: true },
      ],
      ['POST', '/api/v1/nodes', { metadata: { name: '{ns}-a', namespace: 'x' } }],
      [
        'PUT',
        '/api/v1/nodes/{ns}-a/status',
        { metadata: { name: '{ns}-a', namespace: 'x' }, status: { phase: 'Running' } },
      ],
      [
        'POST',
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        { metadata: { namespace: 'x' }, spec: { resourceAttributes: { verb: 'get' } } },
      ],
    ],
    'unknown and repeated fields, as strict as asked': [
      ['POST', maps, configMap('a', {}, { dta: {} })],
      ['POST', `${maps}?fieldValidation=Warn`, configMap('b', { lables: {} })],
      ['POST', `${maps}?fieldValidation=Strict`, configMap('c', {}, { dta: {} })],
      ['POST', `${maps}?fieldValidation=Strict`, configMap('d', { lables: {} })],
      ['POST', `${maps}?fieldValidation=Ignore`, configMap('e', {}, { dta: {} })],
      ['POST', `${maps}?fieldValidation=x`, configMap('f')],
      [
        'POST',
        `${maps}?fieldValidation=Strict`,
        '{"metadata":{"name":"g"},"data":{"a":"1","a":"2"}}',
      ],
      ['POST', `${deployments}?fieldValidation=Strict`, workload('d', { replicsa: 1 })],
      ['POST', deployments, workload('e', { replicsa: 1 })],
      ['PATCH', `${maps}/a?fieldValidation=Strict`, { dta: {} }, merge],
      ['PATCH', `${maps}/a`, { dta: {} }, merge],
    ],
    'update: optimistic locking, status apart': [
      ['POST', maps, configMap('a')],
      [
        'PUT',
        `${maps}/a`,
        configMap('a', { resourceVersion: '{version of a}' }, { data: { b: '2' } }),
      ],
      ['PUT', `${maps}/a`, configMap('a', { resourceVersion: '1' })],
      ['PUT', `${maps}/a`, configMap('a', { uid: 'another' })],
      ['PUT', `${maps}/a`, configMap('a', {}, { data: { b: '2' } })],
      ['PUT', `${maps}/missing`, configMap('missing')],
      ['PUT', `${maps}/a`, configMap('b')],
      ['POST', deployments, workload('d')],
      ['PUT', `${deployments}/d`, workload('d', { replicas: 2 })],
      [
        'PUT',
        `${deployments}/d/status`,
        { ...workload('d', { replicas: 7 }), status: { replicas: 2, observedGeneration: 2 } },
      ],
      [
        'PATCH',
        `${deployments}/d/status`,
        { status: { readyReplicas: 1, conditions: [{ type: 'Available', status: 'True' }] } },
        strategic,
      ],
      [
        'PATCH',
        `${deployments}/d/status`,
        { status: { conditions: [{ type: 'Available', status: 'False', reason: 'x' }] } },
        strategic,
      ],
      [
        'POST',
        services,
        { metadata: { name: 's' }, spec: { ports: [{ port: 80 }], selector: { a: 'b' } } },
      ],
      ['PUT', `${services}/t`, { metadata: { name: 't' }, spec: { ports: [{ port: 80 }] } }],
      ['PATCH', `${services}/s`, { spec: { type: 'NodePort' } }, merge],
    ],
    'patches of three kinds': [
      ['POST', maps, configMap('a', { labels: { x: 'y' } })],
      ['PATCH', `${maps}/a`, { data: { b: '2' } }, merge],
      ['PATCH', `${maps}/a`, { data: { b: '2' } }, merge],
      ['PATCH', `${maps}/a`, { data: { b: null, c: 3 } }, merge],
      ['PATCH', `${maps}/a`, { metadata: { resourceVersion: '1' } }, merge],
      [
        'PATCH',
        `${maps}/a`,
        { metadata: { resourceVersion: '{version of a}', labels: { z: '1' } } },
        merge,
      ],
      ['PATCH', `${maps}/a`, { metadata: { name: 'b' } }, merge],
      ['PATCH', `${maps}/a`, 'no json', merge],
      ['PATCH', `${maps}/a`, [1, 2], merge],
      ['PATCH', `${maps}/a`, { data: {} }, { type: 'application/json' }],
      ['PATCH', `${maps}/a`, [{ op: 'copy', from: '/data/a', path: '/data/z' }], json],
      ['PATCH', `${maps}/a`, [{ op: 'move', from: '/data/a', path: '/data/y' }], json],
      ['PATCH', `${maps}/a`, [{ op: 'test', path: '/data/z', value: 'no' }], json],
      ['PATCH', `${maps}/a`, [{ op: 'remove', path: '/data/none' }], json],
      ['PATCH', `${maps}/a`, [{ op: 'add', path: '/metadata/labels/a~1b', value: 'c' }], json],
      ['PATCH', `${maps}/a`, [{ op: 'bad', path: '/data' }], json],
      ['PATCH', `${maps}/a`, [{ op: 'add', path: '/none/deep', value: 1 }], json],
      ['PATCH', `${maps}/missing`, { data: {} }, merge],
    ],
    'strategic merge, by the keys of lists': [
      ['POST', deployments, workload('d')],
      [
        'PATCH',
        `${deployments}/d`,
        {
          spec: {
            template: {
              spec: {
                containers: [
                  { name: 'c', env: [{ name: 'A', value: '1' }] },
                  { name: 'd', image: 'd' },
                ],
              },
            },
          },
        },
        strategic,
      ],
      [
        'PATCH',
        `${deployments}/d`,
        {
          spec: {
            template: { spec: { containers: [{ name: 'c', env: [{ name: 'B', value: '2' }] }] } },
          },
        },
        strategic,
      ],
      [
        'PATCH',
        `${deployments}/d`,
        { spec: { template: { spec: { containers: [{ $patch: 'delete', name: 'd' }] } } } },
        strategic,
      ],
      [
        'PATCH',
        `${deployments}/d`,
        {
          spec: {
            template: {
              spec: {
                nodeSelector: { $patch: 'replace', a: 'b' },
                tolerations: [{ key: 'k', operator: 'Exists' }],
              },
            },
          },
        },
        strategic,
      ],
      [
        'PATCH',
        `${deployments}/d`,
        { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } },
        strategic,
      ],
      ['PATCH', `${deployments}/d`, { metadata: { finalizers: ['example.com/a'] } }, strategic],
      [
        'PATCH',
        `${deployments}/d`,
        { metadata: { '$deleteFromPrimitiveList/finalizers': ['example.com/a'] } },
        strategic,
      ],
      ['PATCH', `${services}/none`, { spec: { ports: [{ port: 81, name: 'b' }] } }, strategic],
    ],
    'dry runs and options': [
      ['POST', `${maps}?dryRun=All`, configMap('a')],
      ['GET', `${maps}/a`],
      ['POST', `${maps}?dryRun=x`, configMap('b')],
      ['POST', `${maps}?dryRun=`, configMap('c')],
      ['POST', `${maps}?fieldManager=${'m'.repeat(129)}`, configMap('d')],
      ['POST', `${maps}?pretty=true`, configMap('e')],
      ['PATCH', `${maps}/e?dryRun=All`, { data: { z: '1' } }, merge],
      ['DELETE', `${maps}/e?dryRun=All`],
      ['DELETE', `${maps}/e?dryRun=x`],
      ['DELETE', `${maps}/e`, { dryRun: ['x'] }],
      [
        'DELETE',
        `${maps}/e`,
        { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Sideways' },
      ],
      ['DELETE', `${maps}/e?propagationPolicy=Sideways`],
      ['DELETE', `${maps}/e?gracePeriodSeconds=x`],
      ['DELETE', `${maps}/e`, { gracePeriodSeconds: -1 }],
      ['DELETE', `${maps}/e`, { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 }],
      ['DELETE', `${maps}?labelSelector=none`],
      ['DELETE', `${maps}/none`, { preconditions: { uid: 'x' } }],
    ],
  },
};
