import { asJsonObject, type ApiObject, asText } from '../http/api-object.ts';
import { foregroundFinalizer, orphanFinalizer } from '../writes/deletion-finalizers.ts';
import type { DeleteOptions } from '../writes/write-options.ts';

/** What an object says of one that it belongs to. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  /** Whether an owner that is deleted in the foreground waits for the object. */
  readonly blocks: boolean;
}

/** What a reference leads to: an object, nothing, or a kind that is not served (or can't own the object). */
export type Owner = ApiObject | 'absent' | 'unknown';

/** What the garbage collector does with an object next. */
export type Step =
  | { readonly do: 'nothing' }
  /** Its references lead where it can't be told whether anything is. */
  | { readonly do: 'wait' }
  /** Looks at these dependents, which keep the object. */
  | { readonly do: 'look'; readonly at: readonly ApiObject[] }
  /** Takes the references to it away from these, then its finalizer from itself. */
  | { readonly do: 'orphan'; readonly dependents: readonly ApiObject[] }
  | { readonly do: 'write'; readonly metadata: Partial<ApiObject['metadata']> }
  | {
      readonly do: 'delete';
      readonly propagationPolicy: NonNullable<DeleteOptions['propagationPolicy']>;
    };

/** The owners that an object names. */
export function ownersOf({ metadata }: ApiObject): OwnerReference[] {
  const references = Array.isArray(metadata.ownerReferences) ? metadata.ownerReferences : [];
  return references.map((reference) => {
    const { apiVersion, kind, name, uid, blockOwnerDeletion } = asJsonObject(reference);
    return {
      apiVersion: asText(apiVersion),
      kind: asText(kind),
      name: asText(name),
      uid: asText(uid),
      blocks: blockOwnerDeletion === true,
    };
  });
}

/** The references of an object without those to certain owners. */
export function withoutOwners(
  { metadata }: ApiObject,
  uids: ReadonlySet<string>,
): Pick<ApiObject['metadata'], 'ownerReferences'> {
  const references = Array.isArray(metadata.ownerReferences) ? metadata.ownerReferences : [];
  return {
    ownerReferences: references.filter(
      (reference) => !uids.has(asText(asJsonObject(reference).uid)),
    ),
  };
}

/** The references of an object, of which none blocks its owner. */
function unblocked({ metadata }: ApiObject): Pick<ApiObject['metadata'], 'ownerReferences'> {
  const references = Array.isArray(metadata.ownerReferences) ? metadata.ownerReferences : [];
  return {
    ownerReferences: references.map((reference) => ({
      ...asJsonObject(reference),
      blockOwnerDeletion: false,
    })),
  };
}

/** Whether an object is being deleted in the foreground, and so waits for its dependents. */
export function awaitsDependents({ metadata }: ApiObject): boolean {
  return (
    metadata.deletionTimestamp !== undefined &&
    (metadata.finalizers ?? []).includes(foregroundFinalizer)
  );
}

/** The finalizers of an object without one. */
export function withoutFinalizer(
  { metadata }: ApiObject,
  finalizer: string,
): Pick<ApiObject['metadata'], 'finalizers'> {
  return { finalizers: (metadata.finalizers ?? []).filter((name) => name !== finalizer) };
}

/**
 * What becomes of an object, after `pkg/controller/garbagecollector` of Kubernetes: one without an owner left goes, one
 * that is deleted in the foreground goes after those that block that, and one that leaves orphans after they are.
 *
 * @param dependents the objects that name it as their owner, by its uid
 * @param find what a reference of it leads to
 */
export function nextStep(
  object: ApiObject,
  dependents: readonly ApiObject[],
  find: (reference: OwnerReference) => Owner,
): Step {
  const { deletionTimestamp, finalizers = [], uid } = object.metadata;
  if (deletionTimestamp !== undefined) {
    if (finalizers.includes(orphanFinalizer)) return { do: 'orphan', dependents };
    if (!awaitsDependents(object)) return { do: 'nothing' };
    const blocking = dependents.filter((dependent) =>
      ownersOf(dependent).some((owner) => owner.uid === uid && owner.blocks),
    );
    return blocking.length > 0
      ? { do: 'look', at: blocking.filter((dependent) => !awaitsDependents(dependent)) }
      : { do: 'write', metadata: withoutFinalizer(object, foregroundFinalizer) };
  }
  const references = ownersOf(object);
  if (references.length === 0) return { do: 'nothing' };
  const owners = references.map(find);
  if (owners.includes('unknown')) return { do: 'wait' };
  const isSolid = (owner: Owner): boolean => typeof owner === 'object' && !awaitsDependents(owner);
  if (owners.some(isSolid)) {
    const lost = references.filter((_, index) => !isSolid(owners[index]!)).map((one) => one.uid);
    return lost.length === 0
      ? { do: 'nothing' }
      : { do: 'write', metadata: withoutOwners(object, new Set(lost)) };
  }
  if (dependents.length > 0 && owners.some((owner) => owner !== 'absent')) {
    // It may be one of a circle, in which nobody would ever go: it blocks no more first, and is looked at again.
    return dependents.some(awaitsDependents) && references.some(({ blocks }) => blocks)
      ? { do: 'write', metadata: unblocked(object) }
      : { do: 'delete', propagationPolicy: 'Foreground' };
  }
  const propagationPolicy = finalizers.includes(orphanFinalizer)
    ? 'Orphan'
    : finalizers.includes(foregroundFinalizer)
      ? 'Foreground'
      : 'Background';
  return { do: 'delete', propagationPolicy };
}
