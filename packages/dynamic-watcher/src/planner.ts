import {
  formatObjectIdentifier,
  invalidInput,
  parseLabelSelector,
  type ObjectIdentifier,
  type ResourceQuery,
  type ScopedGVR,
} from '@depwatch/core';

/**
 * An identifier in the form in which the graph, the cache and the planner know it: a cluster-scoped kind has no namespace.
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
        `namespace: ${id.kind} lives in namespaces, so it must be set (${formatObjectIdentifier(id)})`,
      );
    }
    return id;
  }
  if (!id.namespace) return id;
  const { namespace: _, ...rest } = id;
  return rest;
}

/**
 * The physical watch that serves what the graph demands. Today each identifier has one of its own; here several names of
 * one namespace could come to share one, without the graph or the cache knowing.
 */
export function planWatch(
  { group, version, kind, namespace, name, selector }: ObjectIdentifier,
  gvr: ScopedGVR,
  metadataOnly: boolean,
): ResourceQuery {
  return {
    gvr,
    gvk: { ...(group && { group }), version, kind },
    // The kind may have come to be served in another scope since it was first asked for.
    ...(gvr.namespaced && namespace && { namespace }),
    ...(name && { name }),
    // In canonical form: every server of any age takes it.
    ...(selector && { selector: parseLabelSelector(selector).canonical }),
    ...(metadataOnly && { metadataOnly }),
  };
}
