import { copyStatus } from './copy-status.ts';
import { codeOfStatus, statusError, type DepwatchError, type StatusMeaning } from './errors.ts';
import type { KubernetesStatus } from './kubernetes-object.ts';
import type { ObjectIdentifier } from './object-identifier.ts';
import { describeObjectRequest, type ObjectVerb } from './resource-query.ts';

/** A request of an ObjectClient, as far as its errors tell of it. */
export interface ObjectRequest {
  /** What was asked for. */
  readonly verb: ObjectVerb;
  /** Of which object, or, where a subresource has one of its own, of whose. */
  readonly id: ObjectIdentifier;
  /** Of which part of it. */
  readonly subresource?: string | undefined;
  /** The kind of the body, where that isn't the object's own: `TokenRequest`, say. */
  readonly bodyKind?: string | undefined;
}

/**
 * The error for an API server's Status to a read or a write of one object, as ObjectClient has them. Its message and its
 * `status` name fields and quote no value of them; of a Secret or a token nothing of the server's text is kept but what
 * an authorizer says, since a server, and who is asked by it, may quote what was sent.
 *
 * @param from the Status; it is copied
 * @param request what was asked, for the message
 * @param retryAfterMs the answer's Retry-After, if any; `status.details.retryAfterSeconds` stands in for it
 */
export function errorFromObjectStatus(
  from: KubernetesStatus,
  request: ObjectRequest,
  retryAfterMs?: number,
): DepwatchError {
  const status = copyStatus(from);
  const meaning = meaningOf(status, request.verb) ?? codeOfStatus(status);
  const kept = isConfidential(request) ? withoutText(status) : withoutValues(status);
  return statusError(kept, describeObjectRequest(request), meaning, retryAfterMs);
}

type Cause = NonNullable<NonNullable<KubernetesStatus['details']>['causes']>[number];

/** Undefined where it is as for a list. */
function meaningOf(status: KubernetesStatus, verb: ObjectVerb): StatusMeaning | undefined {
  const { code, reason, message = '' } = status;
  // A webhook denies with whatever code it likes.
  if (verb !== 'get' && webhookDenial.test(message)) return ['ERR_REJECTED', false];
  switch (code) {
    case 403:
      return verb === 'get' || message === '' || authorizer.test(message)
        ? undefined
        : ['ERR_REJECTED', false];
    case 404:
      // What has no name is the path: the kind, the version, the subresource.
      return status.details?.name ? ['ERR_NOT_FOUND', false] : undefined;
    case 409:
      if (reason === 'AlreadyExists') return ['ERR_ALREADY_EXISTS', false];
      return ['ERR_CONFLICT', false, conflictHint(status)];
    case 400:
    case 405:
    case 413:
    case 415:
    case 422:
      return ['ERR_REJECTED', false];
    case 429:
      return causesOf(status).some((cause) => cause.reason === 'DisruptionBudget')
        ? ['ERR_REJECTED', true]
        : undefined;
    case 500:
      // So says a server-side apply of what doesn't fit the schema; without a reason, unlike other 500s.
      return unfitToApply.test(message) ? ['ERR_REJECTED', false] : undefined;
    default:
      return undefined;
  }
}

const webhookDenial = /^admission webhook ".*" denied the request/;
/** How `forbiddenMessage` of k8s.io/apiserver begins, behind what is forbidden: it has not seen the object. */
const authorizer =
  /^([\w.-]+( "[^"]*")? is )?forbidden: User "[^"]*" cannot |\bis attempting to grant /;
const unfitToApply = /^failed to (create typed patch|convert new) object /;

/** Whether what is sent, and what a server says of it, may be secret: Secrets, and what tokens are asked and reviewed with. */
export function isConfidential({ id, subresource, bodyKind = id.kind }: ObjectRequest): boolean {
  return (
    (id.kind === 'Secret' && !id.group) ||
    subresource === 'token' ||
    bodyKind === 'Secret' ||
    bodyKind === 'TokenReview' ||
    bodyKind === 'TokenRequest'
  );
}

/** Keeps what is made of names alone. */
function withoutText(status: KubernetesStatus): KubernetesStatus {
  const { message = '', ...rest } = status;
  const text = authorizer.test(message) ? message : fieldsOf(status).join(', ');
  const causes = causesOf(status).map(({ reason, field }) => ({
    ...(reason !== undefined && { reason }),
    ...(field !== undefined && { field }),
  }));
  return withCauses({ ...rest, ...(text && { message: text }) }, causes);
}

/** Leaves out what a validation quotes; a server may quote the whole object. */
function withoutValues(status: KubernetesStatus): KubernetesStatus {
  const causes = causesOf(status).map(({ message, ...cause }) => ({
    ...cause,
    ...(message !== undefined && { message: cutValues(message) }),
  }));
  const invalid = status.reason === 'Invalid' && causes.filter(({ field }) => field);
  const budget = causes.find(({ reason }) => reason === 'DisruptionBudget')?.message;
  const message =
    invalid && invalid.length > 0
      ? invalid.map(({ field, message: why }) => `${field}: ${why ?? 'invalid'}`).join('; ')
      : [cutValues(status.message ?? ''), budget].filter(Boolean).join(' ');
  return withCauses({ ...status, ...(message && { message }) }, causes);
}

function withCauses(status: KubernetesStatus, causes: readonly Cause[]): KubernetesStatus {
  return causes.length === 0 ? status : { ...status, details: { ...status.details, causes } };
}

/**
 * What `field.Error` of k8s.io/apimachinery quotes, strings and JSON, and what structured-merge-diff got in place of
 * another type. Where the end of the value was cut off, all of the rest is.
 */
function cutValues(message: string): string {
  return message
    .replace(
      /\b((?:Invalid|Unsupported|Duplicate) value): (?:"(?:[^"\\]|\\.)*("|$)|[{[].*$)/gs,
      '$1',
    )
    .replace(/, got .*$/s, '');
}

/** The fields that are at fault, from the causes, or from the two texts that name them without a cause. */
function fieldsOf(status: KubernetesStatus): string[] {
  const { message = '' } = status;
  const named = causesOf(status).flatMap(({ field, reason }) =>
    field ? [reason ? `${field} (${reason})` : field] : [],
  );
  if (named.length > 0) return named;
  if (unfitToApply.test(message))
    return [...message.matchAll(/\): (\.[^\s:]+): /g)].map(([, field]) => field!);
  if (!message.includes('strict decoding error: ')) return [];
  return [...message.matchAll(/unknown field "([^"]*)"/g)].map(([, field]) => `${field} (unknown)`);
}

/** The way out of a conflict. */
function conflictHint(status: KubernetesStatus): string {
  const owned = causesOf(status).flatMap(({ reason, field, message }) =>
    reason === 'FieldManagerConflict' && field
      ? [`${field} of ${(message ?? '').replace(/^conflict with /, '') || 'another manager'}`]
      : [],
  );
  if (owned.length === 0) return 'read it anew';
  return `others own ${owned.join(', ')}; apply without these fields, or with force`;
}

function causesOf(status: KubernetesStatus): readonly Cause[] {
  return status.details?.causes ?? [];
}
