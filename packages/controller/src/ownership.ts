import {
  DepwatchError,
  checkRecord,
  describeObjectIdentifier,
  groupVersionKindFrom,
  invalidInput,
  objectIdentifierFrom,
  type Cached,
  type GroupVersionKind,
  type KubernetesObject,
  type ObjectIdentifier,
  type OwnerReference,
  wrongType,
} from '@depwatch/core';
import { ownerReferenceTo } from './helpers/owner-reference.ts';

type Read = KubernetesObject | Cached<KubernetesObject>;

/** The owner that controls an object: there is one at most. */
export function controllerOf(object: Read): Readonly<OwnerReference> | undefined {
  return object.metadata?.ownerReferences?.find(({ controller }) => controller);
}

/** The object of a kind that controls an object, by its name; undefined where what controls it is of another kind. */
export function ownerOfKind(
  object: Read,
  kind: GroupVersionKind,
): { readonly id: ObjectIdentifier; readonly uid: string } | undefined {
  const owner = controllerOf(object);
  if (!owner) return undefined;
  const { group = '', kind: name } = groupVersionKindFrom(owner);
  // Its versions are the same objects.
  if (name !== kind.kind || group !== (kind.group ?? '')) return undefined;
  const { namespace } = object.metadata!;
  return { id: { ...kind, ...(namespace && { namespace }), name: owner.name }, uid: owner.uid };
}

/**
 * An object to apply, as one of the owner's.
 *
 * @param existing what there is of it already
 * @throws DepwatchError ERR_INVALID_INPUT, ERR_CONFLICT
 */
export function ownedBy<K extends KubernetesObject>(
  object: K,
  owner: Cached<KubernetesObject>,
  existing: Read | undefined,
  force: boolean,
): K {
  const id = objectIdentifierFrom(object);
  const { namespace } = owner.metadata!;
  if (namespace && id.namespace !== namespace) {
    throw invalidInput(
      `metadata.namespace: an owner in the namespace ${namespace} owns objects of that namespace alone`,
    );
  }
  if (existing?.metadata?.uid === owner.metadata!.uid) {
    throw invalidInput(
      'object: it is the one that is reconciled, which can not own itself; apply it without owned',
    );
  }
  const controller = existing && controllerOf(existing);
  if (controller && controller.uid !== owner.metadata!.uid) {
    throw conflict(id, `belongs to ${whose(controller, owner)}`);
  }
  if (existing && !controller && !force) {
    throw conflict(id, 'is there and belongs to nobody; apply it with force to take it over');
  }
  const { uid } = existing?.metadata ?? {};
  const reference = ownerReferenceTo(owner);
  const { ownerReferences = [] } = object.metadata!;
  if (!Array.isArray(ownerReferences))
    throw wrongType('metadata.ownerReferences', 'an array', ownerReferences);
  ownerReferences.forEach((one) => checkRecord('metadata.ownerReferences', one));
  const others = ownerReferences.filter((other) => other.uid !== reference.uid);
  return {
    ...object,
    // With the uid it is that very object, or none.
    metadata: {
      ...object.metadata,
      ...(uid && { uid }),
      ownerReferences: [...others, reference],
    },
  };
}

/** Who controls it; of the owner's own name it is one that was there before, whose children go by and by. */
function whose({ kind, name }: OwnerReference, owner: Cached<KubernetesObject>): string {
  const isNamesake = kind === owner.kind && name === owner.metadata!.name;
  return isNamesake
    ? `an earlier ${kind} ${name}, and goes once the garbage collector has collected it`
    : `${kind} ${name}`;
}

function conflict(id: ObjectIdentifier, what: string): DepwatchError {
  return new DepwatchError('ERR_CONFLICT', `${describeObjectIdentifier(id)} ${what}`);
}
