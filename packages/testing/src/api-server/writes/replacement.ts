import { type ApiObject, asJsonObject, jsonEquals, type JsonObject } from '../http/api-object.ts';
import { applyDefaults } from '../kinds/defaults.ts';
import { canonicalObject, generationSubject } from '../kinds/metadata.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { serviceStatus } from '../kinds/service-status.ts';
import type { StoredObject } from '../store/store.ts';
import { annotationsOf, labelsOf } from './server-fields.ts';
import { statusMetadata } from './status-metadata.ts';

/**
 * What an update makes of an object: the client's word, but for what only the server sets or another address changes.
 *
 * @param before the stored object as the version of the request shows it
 */
export function replacement(
  type: ResourceType,
  { name, namespace }: Pick<StoredObject, 'name' | 'namespace'>,
  before: ApiObject,
  object: JsonObject,
  subresource: '' | 'status',
): ApiObject {
  const { uid, resourceVersion, creationTimestamp, generation, managedFields } = before.metadata;
  const { deletionTimestamp, deletionGracePeriodSeconds } = before.metadata;
  const fixed = {
    name,
    namespace,
    uid,
    resourceVersion,
    creationTimestamp,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    generation,
    managedFields,
  };
  const metadata = asJsonObject(object.metadata);
  const isService = !type.custom && type.kind === 'Service';
  if (subresource === 'status') {
    const { spec } = before;
    const isBalancer = isService && asJsonObject(spec).type === 'LoadBalancer';
    const status = isBalancer ? serviceStatus(spec, object.status) : object.status;
    return canonicalObject(type, withStatus(before, status), {
      ...statusMetadata(type, metadata, before.metadata),
      ...fixed,
    });
  }
  const kept = type.hasStatus ? before.status : object.status;
  const status = isService ? serviceStatus(object.spec, kept) : kept;
  const defaulted = applyDefaults(type, object, before);
  const changed = canonicalObject(type, withStatus(defaulted, status), {
    ...metadata,
    ...labelsOf(type, name, metadata),
    ...annotationsOf(type, object, before),
    ...fixed,
  });
  const isSame = jsonEquals(generationSubject(type, before), generationSubject(type, changed));
  if (generation === undefined || isSame) return changed;
  return { ...changed, metadata: { ...changed.metadata, generation: generation + 1 } };
}

function withStatus(object: JsonObject, status: unknown): JsonObject {
  const { status: _old, ...rest } = object;
  return status === undefined ? rest : { ...rest, status };
}
