import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const loopback = /^(?:127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;
const loopbackHost = /^(?:localhost|[\w-]+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i;

/**
 * Whether a request that came by the loopback interface names it so. One that doesn't comes from a page whose name was made
 * to mean this machine (DNS rebinding), and which could read the answer.
 */
export function namesItsHost(request: IncomingMessage): boolean {
  if (!loopback.test(request.socket.localAddress ?? '')) return true;
  return loopbackHost.test(hostOf(request));
}

/** Whether another site's page sent it, by what browsers say. */
export function isCrossSite({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

/**
 * Whether a request may change something: it comes from the page itself, as far as a browser says where from, and has the
 * page's token, which no other site can read.
 */
export function mayAct(request: IncomingMessage, token: string): boolean {
  if (isCrossSite(request) || !isOwnOrigin(request)) return false;
  const given = Buffer.from(String(request.headers['x-depwatch-token'] ?? ''));
  const wanted = Buffer.from(token);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** Whether it comes from where the page is. The browser knows: to the server a proxy may have given another name. */
function isOwnOrigin(request: IncomingMessage): boolean {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (origin === undefined || site === 'same-origin') return true;
  return URL.canParse(origin) && new URL(origin).host === hostOf(request);
}

/** What the request calls the server; HTTP/2 has a header of its own for it. */
function hostOf({ headers }: IncomingMessage): string {
  return String(headers[':authority'] ?? headers.host ?? '');
}
