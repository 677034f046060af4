import { rbacGroup } from '../auth/authorizer.ts';
import type { Registry } from '../store/registry.ts';
import type { ObjectWriter } from '../writes/object-writer.ts';
import { bootstrapBindings, type BootstrapRole, bootstrapRoles } from './bootstrap-roles.ts';

const aggregateTo = `${rbacGroup}/aggregate-to-`;

/** Writes what every cluster starts with: four namespaces, and the roles and bindings for users. */
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
  const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' };
  for (const { name, joins, gathers, rules } of bootstrapRoles) {
    writer.create(target(rbacGroup, 'clusterroles'), {
      metadata: {
        name,
        labels: { ...labels, ...(joins && { [`${aggregateTo}${joins}`]: 'true' }) },
        annotations,
      },
      rules: gathers ? gatheredBy(gathers) : rules,
      ...(gathers && {
        aggregationRule: {
          clusterRoleSelectors: [{ matchLabels: { [`${aggregateTo}${gathers}`]: 'true' } }],
        },
      }),
    });
  }
  for (const [name, groups] of Object.entries(bootstrapBindings)) {
    writer.create(target(rbacGroup, 'clusterrolebindings'), {
      metadata: { name, labels, annotations },
      subjects: groups.map((group) => ({ kind: 'Group', apiGroup: rbacGroup, name: group })),
      roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name },
    });
  }
}

/** What a role will have gathered once all are there, so that the server starts with it. */
function gatheredBy(name: string): BootstrapRole['rules'] {
  return bootstrapRoles
    .filter(({ joins }) => joins === name)
    .flatMap(({ gathers, rules }) => (gathers ? gatheredBy(gathers) : rules));
}
