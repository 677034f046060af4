import { describeObjectIdentifier, invalidInput, type ObjectIdentifier } from '@depwatch/core';

/**
 * An identifier in the form in which the graph and the cache know it: a cluster-scoped kind has no namespace.
 *
 * @throws DepwatchError ERR_INVALID_INPUT when a namespaced kind is named without a namespace
 */
export function normalizeWatched(
  id: ObjectIdentifier,
  { namespaced }: { namespaced: boolean },
): ObjectIdentifier {
  if (namespaced) {
    if (id.name && !id.namespace) {
      throw invalidInput(
        `namespace: ${id.kind} lives in namespaces, so it must be set (${describeObjectIdentifier(id)})`,
      );
    }
    return id;
  }
  if (!id.namespace) return id;
  const { namespace: _, ...rest } = id;
  return rest;
}
