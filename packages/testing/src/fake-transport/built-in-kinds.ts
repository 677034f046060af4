import { builtInResources } from '../api-server/kinds/built-in-resources.ts';
import type { KindDefinition } from './kinds.ts';

/** Which subresources other than status the kinds of Kubernetes have. */
const subresources: { readonly [resource: string]: readonly string[] } = {
  'apps/deployments': ['scale'],
  'apps/replicasets': ['scale'],
  'apps/statefulsets': ['scale'],
  '/pods': ['binding', 'eviction'],
  '/serviceaccounts': ['token'],
};

/** What every API server serves, as far as most controllers care: the same that the in-process server serves. */
export const builtInKinds: readonly KindDefinition[] = builtInResources.flatMap((type) =>
  type.versions.map(({ name: version, hasStatus }) => ({
    group: type.group,
    version,
    kind: type.kind,
    plural: type.resource,
    namespaced: type.namespaced,
    verbs: type.verbs,
    subresources: [
      ...(hasStatus ? ['status'] : []),
      ...(subresources[`${type.group}/${type.resource}`] ?? []),
    ],
    unconditionalUpdate: type.unconditionalUpdate,
  })),
);
