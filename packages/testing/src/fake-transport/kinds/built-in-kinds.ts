import { builtInResources } from '../../api-server/kinds/built-in-resources.ts';
import type { KindDefinition } from './kinds.ts';

/** What every API server serves, as far as most controllers care: the same that the in-process server serves. */
export const builtInKinds: readonly KindDefinition[] = builtInResources.flatMap((type) =>
  type.versions.map(({ name: version, subresources }) => ({
    group: type.group,
    version,
    kind: type.kind,
    plural: type.resource,
    namespaced: type.namespaced,
    verbs: type.verbs,
    subresources: subresources.map(({ name }) => name),
    unconditionalUpdate: type.unconditionalUpdate,
  })),
);

const names = new Set(builtInKinds.map(({ group, kind }) => `${group}/${kind}`));

/** Whether a kind is one of Kubernetes itself, in whatever version. */
export function isBuiltIn(group: string, kind: string): boolean {
  return names.has(`${group}/${kind}`);
}
