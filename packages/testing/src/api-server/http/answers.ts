import { createHash, randomUUID } from 'node:crypto';

import type { Exchange } from './exchange.ts';
import type { StatusError } from './status.ts';

/** Sends a Status, as the answer or, where that has begun, not at all. */
export function sendStatus(exchange: Exchange, failure: StatusError): void {
  const { body } = failure;
  // As the real server has it: no newline where another representation was asked for.
  const end = body.code === 406 || exchange.headers.accept?.includes(';as=') ? '' : '\n';
  exchange.send(
    body.code!,
    'application/json',
    `${JSON.stringify(body)}${end}`,
    retryAfter(failure),
  );
  // As kube-apiserver has it since 1.29, lest strangers open streams by the thousand.
  if (body.code === 401) exchange.leaveConnection();
}

/** The header that says when to try again, where a failure knows. */
export function retryAfter({ body }: StatusError): Record<string, string> {
  const seconds = body.details?.retryAfterSeconds;
  return seconds === undefined ? {} : { 'retry-after': String(seconds) };
}

/** Sends an answer of the API itself. */
export function sendJson(exchange: Exchange, status: number, text: string): void {
  exchange.send(status, 'application/json', `${text}\n`, { 'audit-id': randomUUID() });
}

/** Sends an answer that a client may keep; nothing of it to one that has it already, by its ETag. */
export function sendCacheable(exchange: Exchange, contentType: string, text: string): void {
  const etag = `"${createHash('sha512').update(text).digest('hex').toUpperCase()}"`;
  const headers = {
    'audit-id': randomUUID(),
    'cache-control': 'public',
    etag,
    vary: 'Accept',
  };
  // The real server compares the header as a whole, and knows neither lists nor `*`.
  if (exchange.headers['if-none-match'] === etag) exchange.sendHead(304, headers);
  else exchange.send(200, contentType, `${text}\n`, headers);
}

/** Sends what Go's HTTP server says of paths that nothing handles. */
export function sendNotFoundPage(exchange: Exchange): void {
  // By its audit ID a client knows this page from the same one of any other Go program.
  exchange.send(404, 'text/plain; charset=utf-8', '404 page not found\n', {
    'audit-id': randomUUID(),
  });
}
