import { bindings, maps, roles } from '../objects.ts';
import type { Room, StepOptions } from '../script.ts';

const authorization = '/apis/authorization.k8s.io/v1';
const nobody: StepOptions = { as: 'nobody' };
const attributes = (verb: string, resource = 'configmaps', more: object = {}): object => ({
  spec: { resourceAttributes: { namespace: '{ns}', verb, resource, ...more } },
});
const of = (user: string, review: any, more: object = {}): object => ({
  spec: { ...review.spec, user, ...more },
});

export const room: Room = {
  name: 'reviews',
  scripts: {
    'may I, may you': [
      [
        'POST',
        roles,
        {
          metadata: { name: 'r' },
          rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] }],
        },
      ],
      [
        'POST',
        bindings,
        {
          metadata: { name: 'b' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
          subjects: [{ kind: 'User', name: 'nobody' }],
        },
      ],
      ['UNTIL', maps, undefined, nobody],
      ['POST', `${authorization}/selfsubjectaccessreviews`, attributes('get'), { ...nobody }],
      ['POST', `${authorization}/selfsubjectaccessreviews`, attributes('delete'), nobody],
      ['POST', `${authorization}/selfsubjectaccessreviews`, attributes('get', 'secrets')],
      [
        'POST',
        `${authorization}/selfsubjectaccessreviews`,
        { spec: { nonResourceAttributes: { path: '/api', verb: 'get' } } },
        nobody,
      ],
      ['POST', `${authorization}/selfsubjectaccessreviews`, { spec: {} }],
      ['POST', `${authorization}/subjectaccessreviews`, of('nobody', attributes('list'))],
      ['POST', `${authorization}/subjectaccessreviews`, of('nobody', attributes('create'))],
      [
        'POST',
        `${authorization}/subjectaccessreviews`,
        of('x', attributes('create'), { groups: ['system:masters'] }),
      ],
      ['POST', `${authorization}/subjectaccessreviews`, attributes('create')],
      ['POST', `${authorization}/subjectaccessreviews`, of('nobody', attributes('list')), nobody],
      [
        'POST',
        `${authorization}/namespaces/{ns}/localsubjectaccessreviews`,
        of('nobody', attributes('list')),
      ],
      [
        'POST',
        `${authorization}/namespaces/{ns}/localsubjectaccessreviews`,
        of('nobody', attributes('list', 'configmaps', { namespace: 'x' })),
      ],
      [
        'POST',
        `${authorization}/selfsubjectrulesreviews`,
        { spec: { namespace: '{ns}' } },
        { ...nobody, only: 'status' },
      ],
      ['GET', `${authorization}/selfsubjectaccessreviews`],
    ],
    'who is that': [
      [
        'POST',
        '/apis/authentication.k8s.io/v1/selfsubjectreviews',
        {},
        { headers: { 'impersonate-user': 'alice' } },
      ],
      ['POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: 'wrong' } }],
      ['POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: {} }],
      ['POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: 'wrong' } }, nobody],
      ['GET', '/apis/authentication.k8s.io/v1'],
      ['GET', '/api/v1/configmaps', undefined, { token: 'wrong' }],
      ['GET', '/api/v1/configmaps', undefined, { token: '' }],
    ],
  },
};
