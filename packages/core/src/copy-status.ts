import type { KubernetesStatus } from './kubernetes-object.ts';

type StatusDetails = NonNullable<KubernetesStatus['details']>;
type StatusCause = NonNullable<StatusDetails['causes']>[number];

const longestMessage = 1024;
const longestWord = 256;
const mostCauses = 16;

/** What API servers answer with for a reason; 500 for all others. */
const codes: ReadonlyMap<unknown, number> = new Map([
  ['BadRequest', 400],
  ['Unauthorized', 401],
  ['Forbidden', 403],
  ['NotFound', 404],
  ['MethodNotAllowed', 405],
  ['NotAcceptable', 406],
  ['AlreadyExists', 409],
  ['Conflict', 409],
  ['Gone', 410],
  ['Expired', 410],
  ['RequestEntityTooLarge', 413],
  ['UnsupportedMediaType', 415],
  ['Invalid', 422],
  ['TooManyRequests', 429],
  ['ServiceUnavailable', 503],
  ['Timeout', 504],
]);

/**
 * A copy of a Status, field by field: it comes off the wire, is kept with errors and shown in logs, and may turn out to
 * be a whole object. What isn't of its type is left out, and what is long is cut.
 */
export function copyStatus(from: KubernetesStatus): KubernetesStatus {
  const { kind, apiVersion, status, message, reason, code, details } = from;
  return defined<KubernetesStatus>({
    kind: text(kind),
    apiVersion: text(apiVersion),
    status: text(status),
    message: text(message, longestMessage),
    reason: text(reason),
    // Of an ERROR event there is no status line that would say it.
    code: number(code) || codes.get(reason),
    details: copyDetails(details),
  });
}

function copyDetails(from: unknown): StatusDetails | undefined {
  if (typeof from !== 'object' || from === null) return undefined;
  const { name, group, kind, uid, retryAfterSeconds, causes } = from as Record<string, unknown>;
  return defined<StatusDetails>({
    name: text(name),
    group: text(group),
    kind: text(kind),
    uid: text(uid),
    retryAfterSeconds: number(retryAfterSeconds),
    causes: Array.isArray(causes) ? causes.slice(0, mostCauses).map(copyCause) : undefined,
  });
}

function copyCause(from: unknown): StatusCause {
  const { reason, message, field } = (from ?? {}) as Record<string, unknown>;
  return defined<StatusCause>({
    reason: text(reason),
    message: text(message, longestMessage),
    field: text(field),
  });
}

function text(value: unknown, longest = longestWord): string | undefined {
  return typeof value === 'string' ? value.slice(0, longest) : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** The fields that are set. */
function defined<T extends object>(fields: { [Key in keyof T]: T[Key] | undefined }): T {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as unknown as T;
}
