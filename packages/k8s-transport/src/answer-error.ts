import { DepwatchError, errorFromStatus, type KubernetesStatus } from '@depwatch/core';

import type { Server } from './kube-config.ts';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

const longestRetryAfterMs = 5 * 60_000;
const longestText = 200;

/**
 * The error for an answer that isn't a success: from its Status, or from the status code alone where something between
 * here and the API server answered in its own words.
 */
export function answerError(
  request: string,
  code: number,
  headers: Headers,
  body: Buffer,
): DepwatchError {
  const status = statusFrom(code, headers, body);
  const seconds = status.details?.retryAfterSeconds;
  const wait = retryAfterMs(headers) ?? (typeof seconds === 'number' ? seconds * 1000 : undefined);
  return errorFromStatus(
    status,
    request,
    wait === undefined ? undefined : Math.min(Math.max(wait, 0), longestRetryAfterMs),
  );
}

function statusFrom(code: number, headers: Headers, body: Buffer): KubernetesStatus {
  if (code >= 300 && code < 400) return { code, message: 'redirects are not followed' };
  const type = headerText(headers['content-type']) ?? '';
  const text = body.toString();
  if (type.startsWith('text/plain')) return { code, message: text.slice(0, longestText).trim() };
  try {
    const parsed = JSON.parse(text) as KubernetesStatus | null;
    // The status line decides; a Status may have been passed on from elsewhere.
    if (parsed?.kind === 'Status') return { ...parsed, code };
  } catch {
    // HTML, or nothing at all.
  }
  return { code };
}

/** Retry-After in milliseconds: it holds seconds or a date, which is compared with the answer's own. */
function retryAfterMs(headers: Headers): number | undefined {
  const text = headerText(headers['retry-after']);
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const wait = Date.parse(text) - Date.parse(headerText(headers['date']) ?? '');
  return Number.isNaN(wait) ? undefined : wait;
}

function headerText(value: string | string[] | undefined): string | undefined {
  return (Array.isArray(value) ? value[0] : value)?.trim();
}

/** The error for a request that got no answer, or lost its connection while it was answered. */
export function connectionError(request: string, server: Server, cause: Error): DepwatchError {
  return new DepwatchError(
    'ERR_TRANSPORT',
    `${request}: no connection to the API server at ${server.address}: ${reasonOf(cause)}`,
    { retryable: true, cause },
  );
}

/** The error for a request that stayed silent. */
export function timeoutError(request: string, server: Server, ms: number): DepwatchError {
  return new DepwatchError(
    'ERR_TRANSPORT',
    `${request}: nothing came from the API server at ${server.address} for ${ms} ms`,
    { retryable: true },
  );
}

/** The error for an answer that breaks the protocol. Nothing of it is quoted: it may hold a Secret. */
export function protocolError(request: string, what: string): DepwatchError {
  return new DepwatchError('ERR_TRANSPORT', `${request}: the API server sent ${what}`, {
    retryable: true,
  });
}

const untrusted = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

function reasonOf(error: Error): string {
  const { code } = error as { code?: unknown };
  if (error instanceof AggregateError && error.errors[0] instanceof Error)
    return reasonOf(error.errors[0]);
  if (typeof code === 'string' && untrusted.has(code)) {
    return `its certificate is not trusted by the kubeconfig's certificate-authority (${code})`;
  }
  const text = error.message.slice(0, longestText) || error.name;
  return typeof code === 'string' && !text.includes(code) ? `${text} (${code})` : text;
}
