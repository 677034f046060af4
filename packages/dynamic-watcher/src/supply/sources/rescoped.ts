import { expiredError, type KubernetesObject, type ScopedGVR } from '@depwatch/core';

/** Heals as a version that has expired: the kind is asked for, and listed anew. */
export const rescoped = expiredError('the kind is served in another scope');

/**
 * Whether objects show that their kind has come to be served in another scope under who reads them: one in a namespace, where
 * the kind is believed to have none. It may be of a namespace that nobody asked for.
 *
 * @param objectOf the object of an entry, if it has one
 */
export function showsOtherScope<T>(
  { namespaced }: ScopedGVR,
  entries: readonly T[],
  objectOf: (entry: T) => KubernetesObject | undefined,
): boolean {
  return !namespaced && entries.some((entry) => Boolean(objectOf(entry)?.metadata?.namespace));
}
