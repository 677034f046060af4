import {
  isDepwatchError,
  objectIdentifierFrom,
  type Cached,
  type KubernetesObject,
  type ObjectClient,
} from '@depwatch/core';

/** How often a change of finalizers is tried against others who write the same object. */
const attempts = 5;

/**
 * What is due for an object of a controller with a finalizer: to `add` it first, to `reconcile`, to `finalize`, or nothing,
 * since the object goes and it is done, or it never was ours.
 */
export function dueStep(
  { metadata }: Cached<KubernetesObject>,
  finalizer: string,
): 'add' | 'reconcile' | 'finalize' | 'nothing' {
  const isOurs = metadata?.finalizers?.includes(finalizer) ?? false;
  if (metadata?.deletionTimestamp) return isOurs ? 'finalize' : 'nothing';
  return isOurs ? 'reconcile' : 'add';
}

/**
 * Adds a finalizer to an object, or takes it away: to that very object, whatever others write meanwhile.
 *
 * @param object as it was read
 * @returns the object as it is stored; undefined where it is gone, or is going and takes no more finalizers
 */
export async function changeFinalizer<T extends KubernetesObject>(
  client: ObjectClient,
  object: Cached<T>,
  finalizer: string,
  change: 'add' | 'remove',
): Promise<T | undefined> {
  const id = objectIdentifierFrom(object as Cached<KubernetesObject>);
  let current = object as Cached<KubernetesObject> | undefined;
  const { uid } = object.metadata!;
  for (let attempt = 1; ; attempt += 1) {
    const { metadata } = current ?? {};
    if (!current || !metadata || metadata.uid !== uid) return undefined;
    const { finalizers = [], resourceVersion, deletionTimestamp } = metadata;
    if (finalizers.includes(finalizer) === (change === 'add')) return current as T;
    if (change === 'add' && deletionTimestamp) return undefined;
    const others = finalizers.filter((name) => name !== finalizer);
    const wanted = change === 'add' ? [...others, finalizer] : others;
    try {
      // The list is replaced whole, so only from the state that it was made of; another object has another version, too.
      return await client.patch<T>(id, { metadata: { resourceVersion, finalizers: wanted } });
    } catch (error) {
      if (isDepwatchError(error, 'ERR_NOT_FOUND')) return undefined;
      if (!isDepwatchError(error, 'ERR_CONFLICT') || attempt === attempts) throw error;
    }
    current = (await client.get(id)) as Cached<KubernetesObject> | undefined;
  }
}
