import {
  type DepwatchError,
  DepwatchError as DepwatchErrorClass,
  errorFromStatus,
  type ErrorCode,
  formatGroupVersion,
  type KubernetesStatus,
  type ObjectIdentifier,
} from '@depwatch/core';

/** A request for one object, as far as its errors tell of it. */
export interface ObjectRequest {
  readonly verb: 'get' | 'create' | 'update' | 'patch' | 'apply' | 'delete';
  readonly id: ObjectIdentifier;
  readonly subresource?: string | undefined;
  readonly bodyKind?: string | undefined;
}

export function describeObjectRequest({ verb, id, subresource }: ObjectRequest): string {
  const part = subresource ? `the ${subresource} of ` : '';
  const name = id.name ? ` ${JSON.stringify(id.name)}` : '';
  const scope = id.namespace ? ` in namespace ${JSON.stringify(id.namespace)}` : '';
  return `${verb} of ${part}${formatGroupVersion(id)} ${id.kind}${name}${scope}`;
}

/** The error for a Status to a request for one object. */
export function errorFromObjectStatus(
  status: KubernetesStatus,
  request: ObjectRequest,
): DepwatchError {
  const error = errorFromStatus(status, describeObjectRequest(request));
  const code = codeOf(status);
  return code ? new DepwatchErrorClass(code, error.message, { status: error.status! }) : error;
}

function codeOf({ code, reason, details }: KubernetesStatus): ErrorCode | undefined {
  if (code === 404) return details?.name ? 'ERR_NOT_FOUND' : undefined;
  if (code === 409) return reason === 'AlreadyExists' ? 'ERR_ALREADY_EXISTS' : 'ERR_CONFLICT';
  return code === 400 || code === 405 || code === 422 ? 'ERR_REJECTED' : undefined;
}
