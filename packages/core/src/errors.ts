import { copyStatus } from './copy-status.ts';
import type { KubernetesStatus } from './kubernetes-object.ts';

/** What went wrong, for programs; the reference is the table of errors in this package's README. */
export type ErrorCode =
  | 'ERR_NOT_STARTED'
  | 'ERR_ALREADY_STARTED'
  | 'ERR_CACHE_DISABLED'
  | 'ERR_INVALID_INPUT'
  | 'ERR_NO_VERSIONED_RESOURCE'
  | 'ERR_RESOURCE_UNWATCHABLE'
  | 'ERR_QUERY_BATCH_IN_PROGRESS'
  | 'ERR_QUERY_BATCH_NOT_STARTED'
  | 'ERR_NO_CACHE_ENTRY'
  | 'ERR_FORBIDDEN'
  | 'ERR_UNAUTHORIZED'
  | 'ERR_EXPIRED'
  | 'ERR_ABORTED'
  | 'ERR_TRANSPORT'
  | 'ERR_CONFLICT'
  | 'ERR_NOT_FOUND'
  | 'ERR_ALREADY_EXISTS'
  | 'ERR_REJECTED';

/**
 * What an ERR_TRANSPORT without a Status failed by. `unreachable`: no connection could be made, or one died; only this
 * says something about the server. `timeout`: this request got no answer. `certificate`: the server's is not trusted, or
 * it does not accept ours. `credentials`: a plugin or a file that gives them failed. `protocol`: the answer breaks the
 * protocol. `not-kubernetes`: something answered that is no Kubernetes API server.
 */
export type TransportFailure =
  | 'unreachable'
  | 'timeout'
  | 'certificate'
  | 'credentials'
  | 'protocol'
  | 'not-kubernetes';

/** What a DepwatchError may carry beside its code and message. */
export interface DepwatchErrorOptions {
  /** What caused it. */
  cause?: unknown;
  /** Whether the same call may succeed later; default false. */
  retryable?: boolean;
  /** The API server's Status, where there is one. */
  status?: KubernetesStatus;
  /** How long the server asked to wait, in milliseconds (its Retry-After). */
  retryAfterMs?: number;
  /** What an ERR_TRANSPORT without a Status failed by. */
  reason?: TransportFailure;
}

/** Every error that depwatch throws or rejects with. Recognise it by its code, with {@link isDepwatchError}. */
export class DepwatchError extends Error {
  override readonly name = 'DepwatchError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  /** The API server's Status, where there is one. */
  declare readonly status?: KubernetesStatus;
  /** How long the server asked to wait, in milliseconds. */
  declare readonly retryAfterMs?: number;
  /** What an ERR_TRANSPORT without a Status failed by; absent where the transport does not tell. */
  declare readonly reason?: TransportFailure;

  constructor(code: ErrorCode, message: string, options: DepwatchErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    if (options.status !== undefined) this.status = options.status;
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
    if (options.reason !== undefined) this.reason = options.reason;
  }

  /** Plain data for logs; without the cause, which may refer to itself. */
  toJSON(): Record<string, unknown> {
    const { name, code, message, retryable, status, retryAfterMs, reason } = this;
    return {
      name,
      code,
      message,
      retryable,
      ...(status && {
        status: {
          code: status.code,
          reason: status.reason,
          message: status.message,
        },
      }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      ...(reason !== undefined && { reason }),
    };
  }
}

/**
 * Whether `error` is a DepwatchError, and one with that code where a code is given. It looks at the error's name and
 * code, not at its class, so that it holds across two copies of this package.
 */
export function isDepwatchError(error: unknown, code?: ErrorCode): error is DepwatchError {
  try {
    if (!(error instanceof Error) || error.name !== 'DepwatchError') return false;
    const actual = (error as { code?: unknown }).code;
    return code === undefined ? typeof actual === 'string' : actual === code;
  } catch {
    // Anything may be thrown, also what throws when it is read.
    return false;
  }
}

/** Whether `error` says that whoever asked may not, or isn't known: ERR_FORBIDDEN, ERR_UNAUTHORIZED. */
export function isRefusal(
  error: unknown,
): error is DepwatchError & { readonly code: 'ERR_FORBIDDEN' | 'ERR_UNAUTHORIZED' } {
  return isDepwatchError(error, 'ERR_FORBIDDEN') || isDepwatchError(error, 'ERR_UNAUTHORIZED');
}

/** A sentence of an error that names a field and the way out. */
export function invalidInput(message: string, cause?: unknown): DepwatchError {
  return new DepwatchError('ERR_INVALID_INPUT', message, { cause });
}

/** The same of a value that is of another type. @param expected what it should be, with its article */
export function wrongType(field: string, expected: string, value: unknown): DepwatchError {
  return invalidInput(`${field}: expected ${expected}, got ${typeName(value)}`);
}

/**
 * What is said of a value that is not what was expected: a number as it is, of anything else the type, since it may be a secret
 * in the wrong place, or refuse to be a text.
 */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return String(value);
  return Array.isArray(value) ? 'an array' : typeof value;
}

/**
 * The error for an API server's Status, be it the body of an answer or the object of an ERROR event.
 *
 * @param from the Status; its `code` decides. It is copied, so that an error never holds more of an answer than a Status
 * @param request what was asked, for the message: `list of ConfigMap in namespace "a"`
 * @param retryAfterMs the answer's Retry-After, if any; `status.details.retryAfterSeconds` stands in for it
 */
export function errorFromStatus(
  from: KubernetesStatus,
  request: string,
  retryAfterMs?: number,
): DepwatchError {
  const status = copyStatus(from);
  return statusError(status, request, codeOfStatus(status), retryAfterMs);
}

/** What a Status means: the code, whether the same call may succeed later, and the way out, for the message. */
export type StatusMeaning = readonly [code: ErrorCode, retryable: boolean, hint?: string];

/** The error for a Status that is a copy already. */
export function statusError(
  status: KubernetesStatus,
  request: string,
  [code, retryable, hint]: StatusMeaning,
  retryAfterMs?: number,
): DepwatchError {
  const { code: http = 500, reason, message: text, details } = status;
  const seconds = details?.retryAfterSeconds ?? 0;
  const wait = retryAfterMs ?? (seconds > 0 ? seconds * 1000 : undefined);
  const message = `${request}: the API server answered ${http}${reason ? ` ${reason}` : ''}${
    text ? `: ${text}` : ''
  }${hint ? `; ${hint}` : ''}`;
  return new DepwatchError(code, message, {
    status,
    retryable,
    ...(wait !== undefined && { retryAfterMs: wait }),
  });
}

/** What a Status means to a list or a watch. */
export function codeOfStatus(status: KubernetesStatus): StatusMeaning {
  const { code: http = 500 } = status;
  // A server that is behind says "too large resource version" (504, reason Timeout): a relist heals it like a 410.
  const { causes = [] } = status.details ?? {};
  if (causes.some(({ reason }) => reason === 'ResourceVersionTooLarge')) {
    return ['ERR_EXPIRED', true];
  }
  switch (http) {
    case 401:
      return ['ERR_UNAUTHORIZED', false];
    case 403:
      return ['ERR_FORBIDDEN', false];
    case 404:
      return ['ERR_NO_VERSIONED_RESOURCE', false];
    case 410:
      return ['ERR_EXPIRED', true];
    default:
      return ['ERR_TRANSPORT', http === 408 || http === 429 || http >= 500];
  }
}

/** The error for a version that can't be gone on from, so that everything is listed anew. */
export function expiredError(message: string): DepwatchError {
  return new DepwatchError('ERR_EXPIRED', message, { retryable: true });
}

/** The error for a call that its own signal ended. */
export function abortedError(signal?: AbortSignal): DepwatchError {
  const reason: unknown = signal?.reason;
  if (isDepwatchError(reason)) return reason;
  return new DepwatchError('ERR_ABORTED', 'the call was aborted by its signal', { cause: reason });
}
