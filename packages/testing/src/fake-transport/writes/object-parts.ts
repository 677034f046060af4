import type { JsonPatchOperation, KubernetesObject } from '@depwatch/core';

import { isJsonObject } from '../../api-server/http/api-object.ts';
import { applyJsonPatch, applyMergePatch, PatchError } from '../../api-server/writes/patch.ts';
import type { AnyObject } from './object-writer.ts';
import { Refusal } from '../answers/refusal.ts';
import { copy } from '../objects/copy.ts';
import { unfitPatch } from '../answers/statuses.ts';
import { scaleOf, withScale } from './subresources.ts';

/** An object as it is at the address of one of its parts. */
export function viewOf(object: KubernetesObject, subresource: string): AnyObject {
  return subresource === 'scale' ? scaleOf(object) : object;
}

/** What is stored after an update of an object or of one of its parts. */
export function replaced(
  before: AnyObject,
  given: AnyObject,
  subresources: readonly string[],
  subresource: string,
): AnyObject {
  if (subresource === 'scale') return withScale(before, given);
  const { status: old, ...rest } = before;
  const { status, ...wanted } = given;
  if (subresource === 'status') return { ...rest, ...(status !== undefined && { status }) };
  const kept = subresources.includes('status') ? old : status;
  return { ...wanted, ...(kept !== undefined && { status: kept }) };
}

/** What of an applied object concerns the part that it is applied to. */
export function partOf(
  subresources: readonly string[],
  given: AnyObject,
  subresource: string,
): object {
  if (subresource === 'scale') {
    const { replicas } = (given.spec ?? {}) as { replicas?: number };
    return { spec: { replicas } };
  }
  if (subresource === 'status') return { status: given.status };
  if (!subresources.includes('status')) return given;
  const { status: _, ...rest } = given;
  return rest;
}

/** What a patch makes of an object: an array is a JSON patch. */
export function patched(
  current: AnyObject,
  patch: object | readonly JsonPatchOperation[],
): AnyObject {
  try {
    const changed = Array.isArray(patch)
      ? applyJsonPatch(copy(current), patch)
      : applyMergePatch(copy(current), patch);
    if (isJsonObject(changed)) return changed;
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
  }
  throw new Refusal(unfitPatch());
}
