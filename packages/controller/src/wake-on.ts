import { sameJson, type Cached, type KubernetesObject } from '@depwatch/core';
import type { MappedChange } from '@depwatch/dynamic-watcher';
import type { WakeOn } from './options.ts';

/**
 * Says of each change of an own object whether it is to be reconciled.
 *
 * Whether a kind has a status subresource need not be asked: where it has none, the server counts a change of the status in
 * the generation, and where it counts no generation, every change is one.
 *
 * @param finalizer the controller's own, whose coming and going is its own doing
 */
export function wakesOn<T extends KubernetesObject>(
  wakeOn: WakeOn<T>,
  finalizer: string | undefined,
): (change: MappedChange) => boolean {
  if (wakeOn === 'any') return () => true;
  const select =
    wakeOn === 'generation'
      ? (object: Cached<KubernetesObject>) => selectGeneration(object, finalizer)
      : (wakeOn as (object: Cached<KubernetesObject>) => unknown);
  return ({ before, after }) => {
    if (!before || !after || before.metadata?.uid !== after.metadata?.uid) return true;
    // Whatever is selected, what is done before an object goes must be.
    if (isDeleted(before) !== isDeleted(after)) return true;
    if (finalizer && has(before, finalizer) && !has(after, finalizer)) return !isDeleted(after);
    try {
      return !sameJson(plain(select(before)), plain(select(after)));
    } catch {
      return true;
    }
  };
}

/** All of an object that has no generation, which only its versions tell apart. */
function selectGeneration(
  object: Cached<KubernetesObject>,
  finalizer: string | undefined,
): unknown {
  const { metadata } = object;
  if (metadata?.generation === undefined) return object;
  const { generation, labels, annotations, finalizers = [], ownerReferences } = metadata;
  const others = finalizers.filter((name) => name !== finalizer);
  return { generation, labels, annotations, ownerReferences, finalizers: others };
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
