import { asJsonObject, type ApiObject, isJsonObject, type JsonObject, setOwn } from './api-object.ts';
import { defaultDefinition } from './custom-resources.ts';
import type { ResourceType } from './resource-type.ts';

/**
 * What the server fills in before it stores an object of a built-in kind: the defaults that clients see most, and the
 * status that a client can't set.
 *
 * @param old the object that is replaced; undefined when it is created
 */
export function applyDefaults(
  type: ResourceType,
  object: JsonObject,
  old: ApiObject | undefined,
): JsonObject {
  if (type.custom) return old || !type.hasStatus ? object : withoutStatus(object);
  switch (type.kind) {
    case 'Secret':
      return defaultSecret(object);
    case 'Namespace':
      return old
        ? { ...object, spec: old.spec }
        : { ...withoutStatus(object), spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } };
    case 'CustomResourceDefinition':
      return defaultDefinition(old ? object : withoutStatus(object));
    case 'RoleBinding':
    case 'ClusterRoleBinding':
      return defaultBinding(object);
    default:
      return old || type.kind === 'Node' || !type.hasStatus ? object : withoutStatus(object);
  }
}

function withoutStatus(object: JsonObject): JsonObject {
  const { status: _status, ...rest } = object;
  return rest;
}

/** stringData goes into data, encoded. */
function defaultSecret(object: JsonObject): JsonObject {
  const { stringData, data, type, ...rest } = object;
  const merged: JsonObject = { ...asJsonObject(data) };
  if (isJsonObject(stringData)) {
    for (const [key, value] of Object.entries(stringData)) {
      setOwn(merged, key, Buffer.from(String(value)).toString('base64'));
    }
  }
  return {
    ...rest,
    ...(Object.keys(merged).length > 0 && { data: merged }),
    type: type || 'Opaque',
  };
}

function defaultBinding({ subjects, roleRef, ...rest }: JsonObject): JsonObject {
  const apiGroup = 'rbac.authorization.k8s.io';
  return {
    ...rest,
    ...(Array.isArray(subjects) && {
      subjects: subjects.map((subject: unknown) => {
        const { kind, apiGroup: own, ...other } = asJsonObject(subject);
        const group = own || (kind === 'User' || kind === 'Group' ? apiGroup : '');
        return { kind, ...(group ? { apiGroup: group } : {}), ...other };
      }),
    }),
    roleRef: { apiGroup, ...asJsonObject(roleRef) },
  };
}
