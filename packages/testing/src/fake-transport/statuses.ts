import type { KubernetesStatus, ScopedGVR } from '@depwatch/core';

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

export function forbidden(
  verb: string,
  { group, resource }: ScopedGVR,
  namespace: string | undefined,
  name: string | undefined,
): KubernetesStatus {
  const qualified = group ? `${resource}.${group}` : resource;
  const scope = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope';
  return failure(
    403,
    'Forbidden',
    `${qualified}${name ? ` "${name}"` : ''} is forbidden: User "fake" cannot ${verb} resource "${resource}" in API group "${group}" ${scope}`,
    { ...(name && { name }), ...(group && { group }), kind: resource },
  );
}
