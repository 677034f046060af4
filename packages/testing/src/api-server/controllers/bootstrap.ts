import type { ObjectWriter } from '../writes/object-writer.ts';
import type { Registry } from '../store/registry.ts';

const everything = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };
const discovery = ['/api', '/api/*', '/apis', '/apis/*', '/openapi', '/openapi/*'];
const health = ['/healthz', '/livez', '/readyz', '/version', '/version/'];

const roles: readonly { name: string; rules: readonly unknown[] }[] = [
  {
    name: 'cluster-admin',
    rules: [everything, { nonResourceURLs: ['*'], verbs: ['*'] }],
  },
  {
    name: 'system:discovery',
    rules: [{ nonResourceURLs: [...discovery, ...health], verbs: ['get'] }],
  },
  { name: 'system:public-info-viewer', rules: [{ nonResourceURLs: health, verbs: ['get'] }] },
];

const bindings: readonly { role: string; groups: readonly string[] }[] = [
  { role: 'cluster-admin', groups: ['system:masters'] },
  { role: 'system:discovery', groups: ['system:authenticated'] },
  {
    role: 'system:public-info-viewer',
    groups: ['system:authenticated', 'system:unauthenticated'],
  },
];

/** Writes what every cluster starts with: four namespaces, and who may ask the server about itself. */
export function seed(registry: Registry, writer: ObjectWriter): void {
  const target = (group: string, resource: string) => ({
    resource: registry.get(group, resource)!,
    version: 'v1',
    namespace: '',
  });
  for (const name of ['kube-system', 'kube-public', 'kube-node-lease', 'default']) {
    writer.create(target('', 'namespaces'), { metadata: { name } });
  }
  const labels = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
  const rbac = 'rbac.authorization.k8s.io';
  for (const { name, rules } of roles) {
    writer.create(target(rbac, 'clusterroles'), { metadata: { name, labels }, rules });
  }
  for (const { role, groups } of bindings) {
    writer.create(target(rbac, 'clusterrolebindings'), {
      metadata: { name: role, labels },
      subjects: groups.map((name) => ({ kind: 'Group', apiGroup: rbac, name })),
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role },
    });
  }
}
