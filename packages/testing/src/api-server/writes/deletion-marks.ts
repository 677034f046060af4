import { type ApiMetadata, type ApiObject, asJsonObject, jsonEquals } from '../http/api-object.ts';
import { customResourceDefinitions } from '../kinds/built-in-resources.ts';
import { cleanupFinalizer } from '../kinds/custom-resources.ts';
import { canonicalObject } from '../kinds/metadata.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { withTerminating } from '../schemas/definitions/definition-status.ts';
import { deletionFinalizers } from './deletion-finalizers.ts';
import { graceSeconds, isKeptNamespace, timestamp } from './server-fields.ts';
import type { DeleteOptions } from './write-options.ts';

/**
 * An object as a delete leaves it where finalizers or a grace period keep it: marked as being deleted.
 *
 * @returns undefined when nothing keeps it; the object itself when the delete changes nothing
 */
export function markedAsDeleted(
  type: ResourceType,
  { object }: { readonly object: ApiObject },
  options: DeleteOptions,
  now: Date,
): ApiObject | undefined {
  const { metadata } = object;
  const isNamespace = isKeptNamespace(type, { object });
  const isDefinition = type === customResourceDefinitions;
  const grace = graceSeconds(type, object, options.gracePeriodSeconds);
  const before = metadata.finalizers ?? [];
  // A definition goes only after its objects.
  const finalizers =
    isDefinition && metadata.deletionTimestamp === undefined
      ? [...before, cleanupFinalizer]
      : isNamespace && metadata.deletionTimestamp !== undefined
        ? before
        : deletionFinalizers(type, before, options);
  if (finalizers.length === 0 && !isNamespace && grace === 0) return undefined;
  if (metadata.deletionTimestamp !== undefined) {
    const sooner = type.kind === 'Pod' && !type.custom && endsSooner(metadata, options);
    if (!sooner && jsonEquals(finalizers, before)) return object;
    return canonicalObject(type, object, { ...metadata, ...sooner, finalizers });
  }
  const { generation } = metadata;
  // Namespaces and definitions are marked by the kind itself, without grace and generation.
  const isTwoStep = isNamespace || isDefinition;
  const marked = isNamespace
    ? { ...object, status: { ...asJsonObject(object.status), phase: 'Terminating' } }
    : isDefinition
      ? withTerminating(object, timestamp(now))
      : object;
  return canonicalObject(type, marked, {
    ...metadata,
    finalizers,
    deletionTimestamp: timestamp(new Date(now.getTime() + grace * 1000)),
    ...(!isTwoStep && { deletionGracePeriodSeconds: grace }),
    ...(!isTwoStep && generation !== undefined && { generation: generation + 1 }),
  });
}

/** The marks of a pod whose time to end is cut short, which a later delete may do; false where it isn't. */
function endsSooner(
  { deletionTimestamp = '', deletionGracePeriodSeconds = 0 }: ApiMetadata,
  { gracePeriodSeconds: wanted }: DeleteOptions,
): Partial<ApiMetadata> | false {
  if (wanted === undefined || wanted >= deletionGracePeriodSeconds) return false;
  const end = Date.parse(deletionTimestamp) - (deletionGracePeriodSeconds - wanted) * 1000;
  return { deletionTimestamp: timestamp(new Date(end)), deletionGracePeriodSeconds: wanted };
}

/** A pod that is deleted, and has no time left to end. */
export function endedPod(type: ResourceType, pod: ApiObject, now: Date): ApiObject {
  const { metadata } = pod;
  return canonicalObject(type, pod, {
    ...metadata,
    deletionTimestamp: metadata.deletionTimestamp ?? timestamp(now),
    deletionGracePeriodSeconds: 0,
    generation: (metadata.generation ?? 0) + (metadata.deletionTimestamp === undefined ? 1 : 0),
  });
}

/** Whether an object that is deleted goes: it has no time left, and nothing keeps it. */
export function isReleased(type: ResourceType, object: ApiObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata;
  return (
    deletionTimestamp !== undefined &&
    deletionGracePeriodSeconds === 0 &&
    finalizers.length === 0 &&
    !isKeptNamespace(type, { object })
  );
}
