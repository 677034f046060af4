import type { KubernetesStatus, ScopedGVR } from '@depwatch/core';

import type { Attempt } from '../faults/rules.ts';

/** A failure as an API server words it. */
function failure(
  code: number,
  reason: string,
  message: string,
  details?: KubernetesStatus['details'],
): KubernetesStatus {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    message,
    reason,
    ...(details && { details }),
    code,
  };
}

export function badRequest(message: string): KubernetesStatus {
  return failure(400, 'BadRequest', message);
}

export function noSuchResource(): KubernetesStatus {
  return failure(404, 'NotFound', 'the server could not find the requested resource');
}

export function methodNotAllowed(verb: string, { resource }: ScopedGVR): KubernetesStatus {
  return failure(
    405,
    'MethodNotAllowed',
    `${verb} is not supported on resources of kind "${resource}"`,
    {
      kind: resource,
    },
  );
}

export function expiredVersion(version: number, oldest: number): KubernetesStatus {
  return failure(410, 'Expired', `too old resource version: ${version} (${oldest})`);
}

export function expiredContinue(): KubernetesStatus {
  return failure(
    410,
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
  );
}

export function tooLargeVersion(version: number, newest: number): KubernetesStatus {
  return failure(
    504,
    'Timeout',
    `Timeout: Too large resource version: ${version}, current: ${newest}`,
    {
      retryAfterSeconds: 1,
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    },
  );
}

export function forbidden({ verb, gvr, subresource, name, ...attempt }: Attempt): KubernetesStatus {
  const { group, resource } = gvr;
  const namespace = gvr.namespaced ? attempt.namespace : undefined;
  const part = subresource ? `/${subresource}` : '';
  const qualified = `${group ? `${resource}.${group}` : resource}${part}`;
  const scope = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope';
  return failure(
    403,
    'Forbidden',
    `${qualified}${name ? ` "${name}"` : ''} is forbidden: User "fake" cannot ${verb} resource "${resource}${part}" in API group "${group}" ${scope}`,
    { ...(name && { name }), ...(group && { group }), kind: resource },
  );
}

/** `configmaps "a"`, `deployments.apps "a"`. */
function named({ group, resource }: ScopedGVR, name: string): string {
  return `${group ? `${resource}.${group}` : resource} ${JSON.stringify(name)}`;
}

function detailsOf({ group, resource }: ScopedGVR, name: string): KubernetesStatus['details'] {
  return { name, ...(group && { group }), kind: resource };
}

export function notFound(gvr: ScopedGVR, name: string): KubernetesStatus {
  return failure(404, 'NotFound', `${named(gvr, name)} not found`, detailsOf(gvr, name));
}

export function alreadyExists(gvr: ScopedGVR, name: string): KubernetesStatus {
  return failure(409, 'AlreadyExists', `${named(gvr, name)} already exists`, detailsOf(gvr, name));
}

/** @param why what differs; default: the object has been modified */
export function conflict(
  gvr: ScopedGVR,
  name: string,
  why = 'the object has been modified; please apply your changes to the latest version and try again',
): KubernetesStatus {
  const message = `Operation cannot be fulfilled on ${named(gvr, name)}: ${why}`;
  return failure(409, 'Conflict', message, detailsOf(gvr, name));
}

/** The conflicts of a server-side apply: with whom, and about which fields. */
export function applyConflict(
  conflicts: readonly { readonly manager: string; readonly field: string }[],
): KubernetesStatus {
  const causes = conflicts.map(({ manager, field }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${manager}`,
    field,
  }));
  const count = `${causes.length} conflict${causes.length === 1 ? '' : 's'}`;
  const which = causes.map(({ message, field }) => `${message}: ${field}`).join(', ');
  return failure(409, 'Conflict', `Apply failed with ${count}: ${which}`, { causes });
}

export function invalid(kind: string, name: string, field: string, why: string): KubernetesStatus {
  const message = `${kind} ${JSON.stringify(name)} is invalid: ${field}: ${why}`;
  const causes = [{ reason: 'FieldValueInvalid', message: why, field }];
  return failure(422, 'Invalid', message, { name, kind, causes });
}

/** What a JSON patch that does not apply is answered with: no word of what is wrong with it. */
export function unfitPatch(): KubernetesStatus {
  return failure(422, 'Invalid', 'the server rejected our request due to an error in our request');
}

/** Without a reason, as the real server has it. */
export function unfitToApply(message: string): KubernetesStatus {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code: 500 };
}

/** Without a reason, as the real server has it. */
export function versionOnCreate(): KubernetesStatus {
  const message = 'resourceVersion should not be set on objects to be created';
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code: 500 };
}
