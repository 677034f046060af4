import { sameJson, type Cached, type KubernetesObject } from '@depwatch/core';
import type { MappedChange } from '@depwatch/dynamic-watcher';
import type { WakeOn } from './options.ts';

/**
 * Says of each change of an own object whether it is to be reconciled.
 *
 * Whether a kind has a status subresource need not be asked: where it has none, the server counts a change of the status in
 * the generation, and where it counts no generation, every change is one. That a generation stays the same says nothing, since
 * some servers give one and never count it (PriorityClass, aggregated APIs); so what is beside the status is compared.
 *
 * @param finalizer the controller's own, whose coming and going is its own doing
 */
export function wakesOn<T extends KubernetesObject>(
  wakeOn: WakeOn<T>,
  finalizer: string | undefined,
): (change: MappedChange) => boolean {
  if (wakeOn === 'any') return () => true;
  const isSame = wakeOn === 'generation' ? sameButStatus(finalizer) : sameSelection(wakeOn);
  return ({ before, after }) => {
    if (!before || !after || before.metadata?.uid !== after.metadata?.uid) return true;
    // Whatever is selected, what is done before an object goes must be.
    if (isDeleted(before) !== isDeleted(after)) return true;
    if (finalizer && has(before, finalizer) && !has(after, finalizer)) return !isDeleted(after);
    return !isSame(before, after);
  };
}

type IsSame = (before: Cached<KubernetesObject>, after: Cached<KubernetesObject>) => boolean;

/** What a caller selects of two objects is the same; where that fails, it isn't. */
function sameSelection<T extends KubernetesObject>(select: (object: Cached<T>) => unknown): IsSame {
  const selected = (object: Cached<KubernetesObject>): unknown =>
    plain(select(object as unknown as Cached<T>));
  return (before, after) => {
    try {
      return sameJson(selected(before), selected(after));
    } catch {
      return false;
    }
  };
}

/** Two objects differ in nothing but their status and what nobody means by their metadata. */
function sameButStatus(finalizer: string | undefined): IsSame {
  return (before, after) => {
    // All of an object that has no generation counts, which only its versions tell apart.
    if (before.metadata?.generation === undefined || after.metadata?.generation === undefined)
      return false;
    return (
      sameJson(meantBy(before.metadata, finalizer), meantBy(after.metadata, finalizer)) &&
      sameJson(beside(before), beside(after))
    );
  };
}

function meantBy(metadata: Cached<KubernetesObject>['metadata'], finalizer?: string): unknown {
  const { generation, labels, annotations, finalizers = [], ownerReferences } = metadata!;
  const others = finalizers.filter((name) => name !== finalizer);
  return { generation, labels, annotations, ownerReferences, finalizers: others };
}

/** An object without its metadata and its status; its parts are the object's own, so comparing them costs no copy. */
function beside(object: Cached<KubernetesObject>): unknown {
  const { metadata: _, status: __, ...rest } = object as { metadata?: unknown; status?: unknown };
  return rest;
}

function has({ metadata }: Cached<KubernetesObject>, finalizer: string): boolean {
  return metadata?.finalizers?.includes(finalizer) ?? false;
}

function isDeleted({ metadata }: Cached<KubernetesObject>): boolean {
  return metadata?.deletionTimestamp !== undefined;
}

function plain(value: unknown): unknown {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? null : JSON.parse(text);
}
