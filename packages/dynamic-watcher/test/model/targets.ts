import { objectIdentifierKey, type KubernetesObject, type ObjectIdentifier } from '@depwatch/core';
import { objectCount, strangerCount } from './commands.ts';

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
const elsewhere = { ...kind, namespace: 'other' };

/**
 * What is watched: objects by name, of two kinds and two namespaces, selectors in two spellings and one over all namespaces,
 * and a cluster-scoped kind that is given a namespace.
 */
export const targetIds: readonly ObjectIdentifier[] = [
  ...[kind, extension, elsewhere].flatMap((of, place) =>
    Array.from({ length: objectCount / 3 }, (_, index) => ({
      ...of,
      name: `o${(place * objectCount) / 3 + index}`,
    })),
  ),
  { ...kind, selector: 'group=a' },
  { ...kind, selector: 'group in (b)' },
  { version: 'v1', kind: 'ConfigMap', selector: 'group=a' },
  { version: 'v1', kind: 'Node', namespace: 'ignored', name: 'o0' },
];

/** What nobody watches, of both kinds and namespaces. */
export const strangerIds: readonly ObjectIdentifier[] = Array.from(
  { length: strangerCount },
  (_, index) => ({ ...[kind, elsewhere, extension, kind][index % 4]!, name: `z${index}` }),
);

/** More that nobody watches than a watch that serves several keeps whole, and listed before all others. */
export const crowdIds: readonly ObjectIdentifier[] = Array.from({ length: 1005 }, (_, index) => ({
  ...kind,
  name: `c${index}`,
}));

/** The key of a target as the graph has it. */
export const keyOf = (target: number): string => keyOfWatched(targetIds[target]!);

/** The same of what the graph has: as long as a kind is not known, its scope is not either, and it may come to be another one. */
export function keyOfWatched({ namespace, ...id }: ObjectIdentifier): string {
  return objectIdentifierKey(id.kind !== kind.kind || !namespace ? id : { ...id, namespace });
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
