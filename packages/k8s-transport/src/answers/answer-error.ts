import { DepwatchError, errorFromStatus, type KubernetesStatus } from '@depwatch/core';

import { headerText, typeOf, whatItIs } from './foreign-answer.ts';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

const longestRetryAfterMs = 5 * 60_000;

/** What API servers say without a Status, and nothing else, is quoted: any other text may hold an object's data. */
const knownTexts = new Set([
  '404 page not found',
  'Too many requests, please try again later.',
  'service unavailable',
  'Unauthorized',
  'Forbidden',
  // To an http: URL; before TLS there is nothing that could say more.
  'Client sent an HTTP request to an HTTPS server.',
]);

/**
 * The error for an answer that isn't a success: from its Status, or from the status code alone where something between
 * here and the API server answered in its own words. That a resource or a version is gone, only a Kubernetes API server
 * can say; from anything else it is `not-kubernetes`, and may be asked again.
 *
 * @param errorFrom the error for a Status
 */
export function answerError(
  request: string,
  code: number,
  headers: Headers,
  body: Buffer,
  errorFrom = (status: KubernetesStatus, waitMs: number | undefined): DepwatchError =>
    errorFromStatus(status, request, waitMs),
): DepwatchError {
  const status = statusFrom(code, headers, body);
  const wait = retryAfterMs(headers, status);
  if (status !== undefined || code === 401 || code === 403)
    return errorFrom(status ?? { code }, wait);
  const redirected = code >= 300 && code < 400 ? '; redirects are not followed' : '';
  const gone = code === 404 || code === 410;
  return new DepwatchError(
    'ERR_TRANSPORT',
    `${request}: what answered ${code} is no Kubernetes API server: it sent ${whatItIs(headers, body)}${redirected}`,
    {
      reason: 'not-kubernetes',
      retryable: gone || code === 408 || code === 429 || code >= 500,
      ...(!gone && { status: { code } }),
      ...(wait !== undefined && { retryAfterMs: wait }),
    },
  );
}

/** What the server itself says; undefined when it wasn't a Kubernetes API server that said it. */
function statusFrom(code: number, headers: Headers, body: Buffer): KubernetesStatus | undefined {
  const text = body.toString();
  const type = typeOf(headers);
  const message = text.trim();
  if (/^(text\/plain)?$/.test(type) && knownTexts.has(message))
    return code !== 404 || isAudited(headers) ? { code, message } : undefined;
  if (type === 'text/plain') return undefined;
  try {
    const parsed = JSON.parse(text) as KubernetesStatus | null;
    // The status line decides; a Status may have been passed on from elsewhere.
    if (parsed?.kind === 'Status') return { ...parsed, code };
  } catch {
    // HTML, or nothing at all.
  }
  return undefined;
}

/**
 * Whether an API server answered. For a group that it doesn't have, or has no longer, a kube-apiserver sends no Status
 * but the very page that every Go program has for an unknown path, ingress controllers too. Unlike those it gives each
 * request an audit ID, and tells which flow schema it fell under.
 */
function isAudited(headers: Headers): boolean {
  return (
    headers['audit-id'] !== undefined || headers['x-kubernetes-pf-flowschema-uid'] !== undefined
  );
}

/** How long to wait: Retry-After holds seconds or a date, which is compared with the answer's own. */
function retryAfterMs(headers: Headers, status: KubernetesStatus | undefined): number | undefined {
  const text = headerText(headers['retry-after']);
  const seconds = status?.details?.retryAfterSeconds;
  const wait =
    text === undefined
      ? typeof seconds === 'number'
        ? seconds * 1000
        : undefined
      : /^\d+$/.test(text)
        ? Number(text) * 1000
        : Date.parse(text) - Date.parse(headerText(headers['date']) ?? '');
  return wait === undefined || Number.isNaN(wait)
    ? undefined
    : Math.min(Math.max(wait, 0), longestRetryAfterMs);
}
