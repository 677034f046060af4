import {
  asJsonObject,
  type ApiMetadata,
  type ApiObject,
  type JsonObject,
} from '../http/api-object.ts';
import { formatApiVersion, type ResourceType } from './resource-type.ts';

/** The order in which Go's ObjectMeta is written. */
const metadataOrder = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
] as const;

/**
 * An object in the shape it is stored in: kind and version first for built-in kinds, everything in the order of its
 * keys for custom ones; metadata without what is empty or unknown.
 */
export function canonicalObject(
  type: ResourceType,
  object: JsonObject,
  metadata: JsonObject,
): ApiObject {
  const { kind: _kind, apiVersion: _apiVersion, metadata: _metadata, ...rest } = object;
  const head = { kind: type.kind, apiVersion: formatApiVersion(type.group, type.storageVersion) };
  const stored = canonicalMetadata(type, metadata);
  if (!type.custom) return { ...head, metadata: stored, ...rest };
  return sortKeys({ ...head, metadata: stored, ...rest }) as ApiObject;
}

/** Metadata without empty and unknown fields, in the real server's order. */
function canonicalMetadata(type: ResourceType, metadata: JsonObject): ApiMetadata {
  const present = metadataOrder.filter((field) => !isEmpty(metadata[field]));
  const result = Object.fromEntries(present.map((field) => [field, metadata[field]]));
  return (type.custom ? sortKeys(result) : result) as ApiMetadata;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function sortKeys(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
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
    case 'allButMetadataAndStatus': {
      const { metadata: _metadata, status, ...rest } = object;
      return type.hasStatus ? rest : { ...rest, status };
    }
  }
}
