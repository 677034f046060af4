import { objectIdentifierKey, type KubernetesObject, type ObjectIdentifier } from '@depwatch/core';
import { objectCount } from './commands.ts';

/** Who watches. */
export const watcherId = (index: number): ObjectIdentifier => ({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  namespace: 'default',
  name: `w${index}`,
});
const kind = { version: 'v1', kind: 'ConfigMap', namespace: 'default' };
/** Of a kind that may go, unlike those that every server has. */
const extension = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'default' };

/** What is watched: objects by name, selectors in two spellings, and a cluster-scoped kind that is given a namespace. */
export const targetIds: readonly ObjectIdentifier[] = [
  ...Array.from({ length: objectCount }, (_, index) => ({
    ...(index < objectCount / 2 ? kind : extension),
    name: `o${index}`,
  })),
  { ...kind, selector: 'group=a' },
  { ...kind, selector: 'group in (b)' },
  { version: 'v1', kind: 'Node', namespace: 'ignored', name: 'o0' },
];

/** The key of a target as the graph has it. */
export const keyOf = (target: number): string => keyOfWatched(targetIds[target]!);

/** The same of what the graph has: as long as a kind is not known, its scope is not either. */
export function keyOfWatched({ namespace, ...id }: ObjectIdentifier): string {
  return objectIdentifierKey(id.kind === 'Node' || !namespace ? id : { ...id, namespace });
}

export function unique(keys: readonly string[]): string[] {
  return [...new Set(keys)].toSorted();
}

/** A state in short: the names, versions and content of its objects, whatever their order. */
export function digest(objects: readonly KubernetesObject[]): string {
  return objects
    .map(({ metadata, ...rest }) => {
      const { name, uid, resourceVersion, labels } = metadata ?? {};
      return `${name} ${uid} ${resourceVersion} ${JSON.stringify({ labels, ...rest })}`;
    })
    .toSorted()
    .join(', ');
}
