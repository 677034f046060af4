import { constants } from 'node:http2';

import { DepwatchError, isDepwatchError, type TransportFailure } from '@depwatch/core';

import type { Server } from '../credentials/kube-config.ts';

const longestText = 200;

/** That no connection could be made, or kept until it could be used: what its cause says. */
export class NotConnectedError extends Error {
  override readonly name = 'NotConnectedError';
  declare readonly cause: Error;

  constructor(cause: Error) {
    super('not connected', { cause });
  }
}

/** That a request went to no server: each connection that was made for it was ended by the server before it took it. */
export class TurnedAwayError extends Error {
  override readonly name = 'TurnedAwayError';
}

/**
 * How far a request without an answer has come: the server `refused` it unseen, and says so, to have it sent again; it
 * was `unsent`, for want of a connection; or nobody knows.
 */
export type Delivery = 'refused' | 'unsent' | 'unknown';

/** What the error of a request that got no answer says of it. */
export function deliveryOf(error: Error): Delivery {
  if (error instanceof NotConnectedError) return 'unsent';
  // undici tells the code of a stream that was reset, and gives up what came after the last stream of a GOAWAY when it has
  // sent that twice.
  const { http2ErrorCode } = error as { http2ErrorCode?: unknown };
  const refused =
    error instanceof TurnedAwayError ||
    http2ErrorCode === constants.NGHTTP2_REFUSED_STREAM ||
    error.message.startsWith('HTTP/2: "GOAWAY" frame received');
  return refused ? 'refused' : 'unknown';
}

/** The same error for a write of which nobody knows whether it was done, which it says. */
export function inDoubt(error: DepwatchError): DepwatchError {
  return new DepwatchError(
    error.code,
    `${error.message}; it may have been done all the same`,
    error,
  );
}

/** The error for a request that got no answer, or lost its connection while it was answered. */
export function connectionError(request: string, server: Server, error: Error): DepwatchError {
  const connected = !(error instanceof NotConnectedError);
  const cause = cleanCause(connected ? error : error.cause);
  const reason = reasonOf(cause);
  const what = {
    unreachable: connected ? 'lost the connection to' : 'no connection to',
    certificate: 'no trust between here and',
    credentials: 'no usable TLS credentials for',
    protocol: 'could not read the answer of',
  }[reason];
  return new DepwatchError(
    'ERR_TRANSPORT',
    `${request}: ${what} the API server at ${server.address}: ${explain(cause)}`,
    { retryable: true, cause, reason },
  );
}

/** The error for a request for which there are no credentials: what the credentials reject with, and for what. */
export function unresolvedError(request: string, server: Server, error: unknown): DepwatchError {
  if (!isDepwatchError(error)) return connectionError(request, server, error as Error);
  const { code, message, retryable, reason } = error;
  return new DepwatchError(code, `${request}: ${message}`, {
    retryable,
    ...(reason !== undefined && { reason }),
  });
}

/** The error for a request that stayed silent: for want of a connection, or with one. */
export function timeoutError(
  request: string,
  server: Server,
  ms: number,
  waitedFor: 'answer' | 'connection' | 'credentials',
): DepwatchError {
  const { address } = server;
  const [reason, what] = {
    answer: ['timeout', `nothing came from the API server at ${address} for ${ms} ms`],
    connection: ['unreachable', `no connection to the API server at ${address} within ${ms} ms`],
    credentials: ['credentials', `no credentials: what gives them took more than ${ms} ms`],
  }[waitedFor] as [TransportFailure, string];
  return new DepwatchError('ERR_TRANSPORT', `${request}: ${what}`, { retryable: true, reason });
}

/** The error for an answer that breaks the protocol. Nothing of it is quoted: it may hold a Secret. */
export function protocolError(request: string, what: string): DepwatchError {
  return new DepwatchError('ERR_TRANSPORT', `${request}: the API server sent ${what}`, {
    retryable: true,
    reason: 'protocol',
  });
}

/** The error for an answer that is none of a Kubernetes API server; `what` names its sort, and quotes nothing. */
export function foreignError(request: string, server: Server, what: string): DepwatchError {
  return new DepwatchError(
    'ERR_TRANSPORT',
    `${request}: what answers at ${server.address} is no Kubernetes API server: it sent ${what}`,
    { retryable: true, reason: 'not-kubernetes' },
  );
}

/**
 * A copy of name, code and message: the original may hold the answer's bytes (undici's parser errors do), a whole
 * certificate, or arguments of a plugin.
 */
export function cleanCause(error: Error): Error {
  if (error instanceof AggregateError && error.errors[0] instanceof Error)
    return cleanCause(error.errors[0]);
  // A SyntaxError quotes what could not be parsed.
  const message = error.name === 'SyntaxError' ? '' : error.message.slice(0, longestText);
  const clean = new Error(message);
  const code = codeOf(error);
  Object.defineProperty(clean, 'name', { value: error.name, configurable: true });
  return code === undefined ? clean : Object.assign(clean, { code });
}

/** A failure of the TLS handshake that new client certificates may heal: an alert of the server about ours. */
export function isCertificateAlert(error: Error): boolean {
  const cause = error instanceof NotConnectedError ? error.cause : error;
  return alert.test(codeOf(cause) ?? '');
}

const alert = /_ALERT_(.*CERTIFICATE.*|UNKNOWN_CA|HANDSHAKE_FAILURE|ACCESS_DENIED|DECRYPT_ERROR)$/;

const untrusted = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

const unfit =
  /^(CERT_.*|CRL_.*|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|PATH_LENGTH_EXCEEDED|ERR_TLS_CERT_.*)$/;

const unreadable = /^(HPE_.*|UND_ERR_HEADERS_OVERFLOW|UND_ERR_RES_EXCEEDED.*|ERR_HTTP2_ERROR)$/;

type ConnectionFailure = 'unreachable' | 'certificate' | 'credentials' | 'protocol';

function reasonOf(error: Error): ConnectionFailure {
  const code = codeOf(error) ?? '';
  if (untrusted.has(code) || unfit.test(code) || alert.test(code)) return 'certificate';
  // What createSecureContext says of a key that doesn't fit or can't be read.
  if (code.startsWith('ERR_OSSL_')) return 'credentials';
  if (error.name === 'HTTPParserError' || unreadable.test(code)) return 'protocol';
  return 'unreachable';
}

function explain(error: Error): string {
  const code = codeOf(error);
  if (code !== undefined && untrusted.has(code))
    return `its certificate is not trusted by the kubeconfig's certificate-authority (${code})`;
  if (code !== undefined && alert.test(code))
    return `it does not accept the client certificate (${code})`;
  const text = error.message || error.name;
  return code !== undefined && !text.includes(code) ? `${text} (${code})` : text;
}

function codeOf(error: Error): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code.slice(0, longestText) : undefined;
}
