import {
  asJsonObject,
  type ApiObject,
  isJsonObject,
  type JsonObject,
  setOwn,
} from '../http/api-object.ts';
import { defaultDefinition } from './custom-resources.ts';
import { defaultsOfKinds, withDefaults } from './default-values.ts';
import { withTemplateDefaults } from './pod-owners.ts';
import { defaultPod, qualityOfService } from './pod-defaults.ts';
import type { ResourceType } from './resource-type.ts';
import { defaultService } from './service-defaults.ts';
import { defaultWorkload, workloadKinds } from './workload-defaults.ts';

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
  const created = old === undefined;
  const given = created && resetsStatus(type) ? withoutStatus(object) : object;
  if (type.custom) return given;
  const defaults = defaultsOfKinds[type.kind];
  const filled = defaults ? withDefaults(given, defaults) : given;
  return defaultsOf(type, withTemplateDefaults(type.kind, filled), old);
}

/** A node says itself what it is; any other kind's status is its controller's to begin. */
function resetsStatus({ hasStatus, kind }: ResourceType): boolean {
  return hasStatus && kind !== 'Node';
}

function defaultsOf(
  type: ResourceType,
  object: JsonObject,
  old: ApiObject | undefined,
): JsonObject {
  if (workloadKinds.has(type.kind)) return defaultWorkload(type.kind, object);
  const created = old === undefined;
  switch (type.kind) {
    case 'Pod': {
      const pod = defaultPod(object);
      if (!created) return pod;
      const status = { phase: 'Pending', qosClass: qualityOfService(pod.spec) };
      return { ...pod, status };
    }
    case 'Node':
      return created ? withTaint(object) : object;
    case 'Lease': {
      // Of coordinated leader election, which is off unless it is switched on.
      const { strategy: _strategy, preferredHolder: _holder, ...spec } = asJsonObject(object.spec);
      return { ...object, spec };
    }
    case 'Secret':
      return defaultSecret(object);
    case 'Namespace':
      if (!created) return { ...object, spec: old.spec };
      return { ...object, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } };
    case 'CustomResourceDefinition':
      return defaultDefinition(object, created);
    case 'RoleBinding':
    case 'ClusterRoleBinding':
      return defaultBinding(object);
    case 'Service':
      return defaultService(object, old);
    default:
      return object;
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

/** A new node takes no pods until it has said that it is ready. */
function withTaint(object: JsonObject): JsonObject {
  const spec = asJsonObject(object.spec);
  const taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
  const taints = Array.isArray(spec.taints) ? spec.taints.map(asJsonObject) : [];
  if (taints.some(({ key, effect }) => key === taint.key && effect === taint.effect)) return object;
  return { ...object, spec: { ...spec, taints: [...taints, taint] } };
}
