import type { ApiMetadata, JsonObject } from '../http/api-object.ts';
import type { ResourceType } from '../kinds/resource-type.ts';

/** What of its metadata a built-in kind leaves alone when its status is written; the rest may be written along. */
const kept: Readonly<Record<string, keyof ApiMetadata | undefined>> = {
  Deployment: 'labels',
  Pod: 'ownerReferences',
};

/** The metadata of an object whose status is written: a custom resource keeps its own. */
export function statusMetadata(
  type: ResourceType,
  given: JsonObject,
  before: ApiMetadata,
): JsonObject {
  if (type.custom) return before;
  const name = kept[type.kind];
  return name === undefined ? given : { ...given, [name]: before[name] };
}
