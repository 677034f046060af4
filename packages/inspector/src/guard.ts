import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const loopback = /^(?:127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;
const loopbackHost = /^(?:localhost|[\w-]+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i;

/**
 * Whether a request that came by the loopback interface names it so. One that doesn't comes from a page whose name was made
 * to mean this machine (DNS rebinding), and which could read the answer.
 */
export function namesItsHost({ socket, headers }: IncomingMessage): boolean {
  if (!loopback.test(socket.localAddress ?? '')) return true;
  return loopbackHost.test(headers.host ?? '');
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
  const { origin, host } = request.headers;
  if (isCrossSite(request)) return false;
  if (origin !== undefined && hostOf(origin) !== host) return false;
  const given = Buffer.from(String(request.headers['x-depwatch-token'] ?? ''));
  const wanted = Buffer.from(token);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
