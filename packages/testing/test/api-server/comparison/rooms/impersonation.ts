import { bindings, configMap, maps, roles } from '../objects.ts';
import type { Room, StepOptions } from '../script.ts';

const as = (user: string, headers: Readonly<Record<string, string>> = {}): StepOptions => ({
  headers: { 'impersonate-user': user, ...headers },
});
const clusterRoles = '/apis/rbac.authorization.k8s.io/v1/clusterroles';
const clusterBindings = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';

function bound(role: string, subjects: readonly object[], kind = 'Role'): object {
  return {
    metadata: { name: `bind-${role}` },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: role },
    subjects,
  };
}

const selfSubjectReviews = '/apis/authentication.k8s.io/v1/selfsubjectreviews';

export const room: Room = {
  name: 'impersonation',
  scripts: {
    'another user has what that one may': [
      ['GET', maps, undefined, as('alice')],
      ['POST', maps, configMap('a'), as('alice')],
      ['GET', maps, undefined, as('alice', { 'impersonate-group': 'system:masters' })],
      ['GET', maps, undefined, as('system:anonymous')],
      ['GET', maps, undefined, { headers: { 'impersonate-group': 'system:masters' } }],
      ['GET', maps, undefined, { headers: { 'impersonate-uid': 'u' } }],
      ['GET', maps, undefined, { as: 'nobody', headers: { 'impersonate-user': 'admin' } }],
      ['GET', '/api', undefined, as('alice')],
      ['GET', '/api', undefined, as('alice', { 'impersonate-group': 'own' })],
      [
        'POST',
        selfSubjectReviews,
        {},
        as('alice', {
          'impersonate-uid': 'u',
          'impersonate-group': 'g',
          'impersonate-extra-scopes': 'view',
        }),
      ],
      // A comma parts nothing, and keys are escaped, in lower case and never empty.
      [
        'POST',
        selfSubjectReviews,
        {},
        as('alice', {
          'impersonate-group': 'a, b',
          'impersonate-extra-example.com%2fScopes': 'one, two',
        }),
      ],
      ['POST', selfSubjectReviews, {}, as('alice', { 'impersonate-extra-%2': 'x' })],
      ['POST', selfSubjectReviews, {}, as('alice', { 'impersonate-extra-': 'x' })],
      ['POST', selfSubjectReviews, {}, as('alice', { 'impersonate-group': '' })],
      ['GET', maps, undefined, as('', { 'impersonate-extra-x': 'y' })],
      ['POST', selfSubjectReviews, {}, as('system:serviceaccount:default:x')],
      ['POST', selfSubjectReviews, {}, as('system:node:n')],
    ],
    'roles count for who is impersonated, service accounts and groups too': [
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
          subjects: [
            { kind: 'User', name: '{ns}-alice' },
            { kind: 'ServiceAccount', name: 'reader', namespace: '{ns}' },
            { kind: 'Group', name: '{ns}-readers' },
          ],
        },
      ],
      ['POST', maps, configMap('a')],
      ['UNTIL', maps, undefined, as('{ns}-alice')],
      ['GET', `${maps}/a`, undefined, as('{ns}-alice')],
      ['DELETE', `${maps}/a`, undefined, as('{ns}-alice')],
      ['GET', `${maps}/a`, undefined, as('bob')],
      ['GET', `${maps}/a`, undefined, as('bob', { 'impersonate-group': '{ns}-readers' })],
      ['GET', `${maps}/a`, undefined, as('system:serviceaccount:{ns}:reader')],
      ['GET', `${maps}/a`, undefined, as('system:serviceaccount:other:reader')],
    ],
    'who may grant and impersonate': [
      [
        'POST',
        roles,
        {
          metadata: { name: 'granter' },
          rules: [
            {
              apiGroups: ['rbac.authorization.k8s.io'],
              resources: ['roles', 'rolebindings'],
              verbs: ['create', 'get'],
            },
          ],
        },
      ],
      ['POST', bindings, bound('granter', [{ kind: 'User', name: '{ns}-granter' }])],
      ['UNTIL', `${roles}/granter`, undefined, as('{ns}-granter')],
      // Nobody grants what he has not.
      [
        'POST',
        roles,
        {
          metadata: { name: 'more' },
          rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }],
        },
        as('{ns}-granter'),
      ],
      ['POST', bindings, bound('cluster-admin', [], 'ClusterRole'), as('{ns}-granter')],
      [
        'POST',
        clusterRoles,
        {
          metadata: { name: '{ns}-actor' },
          rules: [
            {
              apiGroups: [''],
              resources: ['users'],
              resourceNames: ['carol'],
              verbs: ['impersonate'],
            },
          ],
        },
      ],
      [
        'POST',
        clusterBindings,
        {
          metadata: { name: '{ns}-actor' },
          roleRef: {
            apiGroup: 'rbac.authorization.k8s.io',
            kind: 'ClusterRole',
            name: '{ns}-actor',
          },
          subjects: [{ kind: 'User', name: 'nobody' }],
        },
      ],
      ['UNTIL', '/api', undefined, { as: 'nobody', headers: { 'impersonate-user': 'carol' } }],
      ['GET', maps, undefined, { as: 'nobody', headers: { 'impersonate-user': 'carol' } }],
      ['GET', '/api', undefined, { as: 'nobody', headers: { 'impersonate-user': 'dave' } }],
      ['DELETE', `${clusterBindings}/{ns}-actor`],
    ],
  },
};
