import { asJsonObject, type ApiObject, type JsonObject } from '../http/api-object.ts';
import { messageNameOf } from '../http/protobuf/messages.ts';
import { formatApiVersion, type ResourceType } from './resource-type.ts';
import { encodeTyped, sortKeys } from './typed-encoding.ts';

/**
 * An object in the shape it is stored in: as Go writes the type of a built-in kind, everything in the order of its keys
 * for custom ones; metadata without what is empty or unknown.
 */
export function canonicalObject(
  type: ResourceType,
  object: JsonObject,
  metadata: JsonObject,
): ApiObject {
  const { kind, group } = type.view ?? type;
  const version = type.view?.version ?? type.storageVersion;
  const apiVersion = formatApiVersion(group, version);
  if (!type.custom) {
    const typeName = messageNameOf(group, kind);
    return encodeTyped(typeName, { ...object, kind, apiVersion, metadata }) as ApiObject;
  }
  const stored = encodeTyped('ObjectMeta', metadata);
  return sortKeys({ ...object, kind, apiVersion, metadata: stored }) as ApiObject;
}

/** What an update of the spec, in the sense of the kind, is compared by. */
export function generationSubject(type: ResourceType, object: ApiObject): unknown {
  switch (type.generation) {
    case 'none':
      return undefined;
    case 'spec':
      return asJsonObject(object).spec;
    case 'specAndAnnotations':
      return [object.spec, object.metadata.annotations ?? {}];
    case 'allAndLabels': {
      const { metadata, ...rest } = object;
      return [rest, metadata.labels ?? {}, metadata.annotations ?? {}];
    }
    case 'allButMetadataAndStatus': {
      const { metadata: _metadata, status, apiVersion: _apiVersion, ...rest } = object;
      return type.hasStatus ? rest : { ...rest, status };
    }
  }
}
