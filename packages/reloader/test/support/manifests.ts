import { readFile } from 'node:fs/promises';

import {
  AppsV1Api,
  CoreV1Api,
  loadAllYaml,
  RbacAuthorizationV1Api,
  type KubeConfig,
  type V1ClusterRole,
  type V1Deployment,
  type V1PolicyRule,
} from '@kubernetes/client-node';

export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** The objects of one of the package's manifests. */
export async function readManifest(name: string): Promise<readonly Manifest[]> {
  const file = new URL(`../../manifests/${name}.yaml`, import.meta.url);
  return loadAllYaml(await readFile(file, 'utf8')) as Manifest[];
}

/** Creates them all, as `kubectl apply --namespace` would. */
export async function applyManifest(
  admin: KubeConfig,
  name: string,
  namespace = '',
): Promise<void> {
  const core = admin.makeApiClient(CoreV1Api);
  const apps = admin.makeApiClient(AppsV1Api);
  const rbac = admin.makeApiClient(RbacAuthorizationV1Api);
  for (const body of await readManifest(name)) {
    const request = { namespace: body.metadata.namespace ?? namespace, body: body as never };
    switch (body.kind) {
      case 'Namespace':
        await core.createNamespace(request);
        break;
      case 'ServiceAccount':
        await core.createNamespacedServiceAccount(request);
        break;
      case 'ClusterRole':
        await rbac.createClusterRole(request);
        break;
      case 'ClusterRoleBinding':
        await rbac.createClusterRoleBinding(request);
        break;
      case 'Role':
        await rbac.createNamespacedRole(request);
        break;
      case 'RoleBinding':
        await rbac.createNamespacedRoleBinding(request);
        break;
      case 'Deployment':
        await apps.createNamespacedDeployment(request);
        break;
      default:
        throw new Error(`nothing here creates a ${body.kind}`);
    }
  }
}

/**
 * The rules that the manifest for a whole cluster grants, less one verb.
 *
 * @param apiGroups where the verb is taken away
 */
export async function rulesWithout(
  verb: string,
  ...apiGroups: readonly string[]
): Promise<readonly V1PolicyRule[]> {
  const role = (await readManifest('cluster-wide')).find(({ kind }) => kind === 'ClusterRole');
  const { rules = [] } = role as unknown as V1ClusterRole;
  return rules.map(({ apiGroups: granted = [], resources = [], verbs }) => ({
    apiGroups: granted,
    resources,
    verbs: granted.some((group) => apiGroups.includes(group))
      ? verbs.filter((each) => each !== verb)
      : verbs,
  }));
}

/** The rules that the manifest for a whole cluster grants on Leases, less one verb. */
export async function leaseRulesWithout(verb: string): Promise<readonly V1PolicyRule[]> {
  const role = (await readManifest('cluster-wide')).find(({ kind }) => kind === 'Role');
  const { rules = [] } = role as unknown as V1ClusterRole;
  return rules.flatMap(({ apiGroups, resources, resourceNames, verbs: granted }) => {
    const verbs = granted.filter((each) => each !== verb);
    const names = resourceNames && { resourceNames };
    return verbs.length > 0
      ? { apiGroups: apiGroups!, resources: resources!, ...names, verbs }
      : [];
  });
}

/** The Deployment that a manifest runs the reloader with. */
export async function deploymentOf(name: string): Promise<V1Deployment> {
  const found = (await readManifest(name)).find(({ kind }) => kind === 'Deployment');
  return found as unknown as V1Deployment;
}

/** Gives a user a role of these rules in a namespace. */
export async function bindRole(
  admin: KubeConfig,
  namespace: string,
  user: string,
  rules: readonly V1PolicyRule[],
): Promise<void> {
  const rbac = admin.makeApiClient(RbacAuthorizationV1Api);
  const metadata = { name: 'test' };
  await rbac.createNamespacedRole({ namespace, body: { metadata, rules: [...rules] } });
  await rbac.createNamespacedRoleBinding({
    namespace,
    body: {
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'test' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
    },
  });
}
