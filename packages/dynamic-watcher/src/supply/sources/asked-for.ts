import type { KubernetesObject, ResourceQuery, WatchEvent } from '@depwatch/core';

/**
 * The objects that were asked for of those that a server shows: not those of other names, nor of other namespaces. Some servers
 * ignore field selectors, such as OpenShift's for Projects, and show all there are. Label selectors are the server's own affair:
 * it may know labels that its objects don't show.
 */
export function objectsAskedFor(
  query: ResourceQuery,
  shown: readonly KubernetesObject[],
): readonly KubernetesObject[] {
  const isMeant = (object: KubernetesObject): boolean => isAskedFor(query, object);
  return shown.every(isMeant) ? shown : shown.filter(isMeant);
}

/** As {@link objectsAskedFor}, of events. */
export function eventsAskedFor(
  query: ResourceQuery,
  shown: readonly WatchEvent[],
): readonly WatchEvent[] {
  const isMeant = (event: WatchEvent): boolean =>
    event.type === 'BOOKMARK' || isAskedFor(query, event.object);
  return shown.every(isMeant) ? shown : shown.filter(isMeant);
}

function isAskedFor({ name, namespace }: ResourceQuery, { metadata }: KubernetesObject): boolean {
  if (name && metadata?.name !== name) return false;
  return !namespace || !metadata?.namespace || metadata.namespace === namespace;
}
