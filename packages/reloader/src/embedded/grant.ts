import { readFile } from 'node:fs/promises';

import { CoreV1Api, loadAllYaml, RbacAuthorizationV1Api } from '@kubernetes/client-node';
import type {
  KubeConfig,
  V1ClusterRole,
  V1ClusterRoleBinding,
  V1Namespace,
  V1ServiceAccount,
} from '@kubernetes/client-node';

/** Who the manifests bind to their roles. */
export const reloaderUser = 'system:serviceaccount:depwatch-system:depwatch-reloader';

/** Makes what the manifest of this package for a whole cluster holds, but for the Deployment that would run it. */
export async function grant(admin: KubeConfig): Promise<void> {
  const core = admin.makeApiClient(CoreV1Api);
  const rbac = admin.makeApiClient(RbacAuthorizationV1Api);
  const file = new URL(
    'manifests/cluster-wide.yaml',
    import.meta.resolve('@depwatch/reloader/package.json'),
  );
  for (const body of loadAllYaml(await readFile(file, 'utf8')) as readonly Manifest[]) {
    switch (body.kind) {
      case 'Namespace':
        await core.createNamespace({ body });
        break;
      case 'ServiceAccount': {
        const namespace = body.metadata?.namespace ?? '';
        await core.createNamespacedServiceAccount({ namespace, body });
        break;
      }
      case 'ClusterRole':
        await rbac.createClusterRole({ body });
        break;
      case 'ClusterRoleBinding':
        await rbac.createClusterRoleBinding({ body });
        break;
      case 'Deployment':
        break;
    }
  }
}

type Manifest =
  | (V1Namespace & { kind: 'Namespace' })
  | (V1ServiceAccount & { kind: 'ServiceAccount' })
  | (V1ClusterRole & { kind: 'ClusterRole' })
  | (V1ClusterRoleBinding & { kind: 'ClusterRoleBinding' })
  | { kind: 'Deployment' };
