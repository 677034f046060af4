import {
  checkRecord,
  invalidInput,
  type Cached,
  type KubernetesObject,
  type OwnerReference,
} from '@depwatch/core';

/**
 * A reference that makes an object its owner's: `controller` and `blockOwnerDeletion` are set.
 *
 * @throws DepwatchError ERR_INVALID_INPUT where the owner was not read from a server: it lacks apiVersion, kind, name or uid
 */
export function ownerReferenceTo(
  owner: KubernetesObject | Cached<KubernetesObject>,
): OwnerReference {
  checkRecord('owner', owner);
  const { apiVersion, kind, metadata } = owner;
  if (!apiVersion || !kind || !metadata?.name || !metadata.uid) {
    throw invalidInput(
      'owner: expected an object with apiVersion, kind, metadata.name and metadata.uid',
    );
  }
  const { name, uid } = metadata;
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}
