import type { ApiObject } from '../http/api-object.ts';
import { isJsonObject } from '../http/api-object.ts';
import { duplicateFields } from '../http/duplicate-fields.ts';
import type { Exchange } from '../http/exchange.ts';
import { parseJson } from '../http/json.ts';
import { applyJsonPatch, applyMergePatch, PatchError } from './patch.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import {
  badRequest,
  tooManyOperations,
  unknownPatchType,
  unprocessable,
  unsupportedMediaType,
} from '../http/status.ts';
import { applyStrategicMergePatch } from './strategic-merge.ts';

const jsonPatch = 'application/json-patch+json';
const mergePatch = 'application/merge-patch+json';
const strategicMergePatch = 'application/strategic-merge-patch+json';
const applyPatch = 'application/apply-patch+yaml';
const maxOperations = 10_000;
const patchTypes = [jsonPatch, mergePatch, strategicMergePatch, applyPatch];

/**
 * Reads the body of a PATCH as what it does to an object.
 *
 * @throws StatusError 400 when it is no patch, 415 when its media type isn't supported
 */
export async function readPatch(
  exchange: Exchange,
  type: ResourceType,
): Promise<(object: ApiObject) => unknown> {
  const mediaType = (exchange.headers['content-type'] ?? '').split(';')[0]!.trim();
  if (!patchTypes.includes(mediaType)) throw unknownPatchType();
  const supported = type.custom
    ? [jsonPatch, mergePatch]
    : [jsonPatch, mergePatch, strategicMergePatch];
  if (!supported.includes(mediaType)) throw unsupportedMediaType([...supported, applyPatch]);
  const bytes = await exchange.body();
  const patch = parse(bytes);
  if (mediaType === jsonPatch) {
    // In Go, no list is an empty one, and no map an empty map.
    if (patch === null) return (object) => object;
    if (Array.isArray(patch) && patch.length > maxOperations) {
      throw tooManyOperations(maxOperations, patch.length);
    }
    if (!Array.isArray(patch)) {
      throw badRequest(
        `error decoding patch: json: cannot unmarshal ${goType(patch)} into Go value of type []handlers.jsonPatchOp`,
      );
    }
    return (object) => {
      try {
        return applyJsonPatch(object, patch);
      } catch (error) {
        if (error instanceof PatchError) throw unprocessable();
        throw error;
      }
    };
  }
  if (patch === null) {
    return (object) => {
      if (mediaType === mergePatch) throw badRequest('Invalid JSON Patch');
      return object;
    };
  }
  if (!isJsonObject(patch)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${goType(patch)} into Go value of type map[string]interface {}`,
    );
  }
  exchange.duplicateFields = duplicateFields(bytes.toString());
  return mediaType === mergePatch
    ? (object) => applyMergePatch(object, patch)
    : (object) => applyStrategicMergePatch(object, patch);
}

function parse(bytes: Buffer): unknown {
  try {
    return parseJson(bytes);
  } catch (error) {
    throw badRequest(`error decoding patch: ${(error as Error).message}`);
  }
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
