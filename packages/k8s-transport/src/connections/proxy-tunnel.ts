import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, isIP, type Socket } from 'node:net';
import { getCACertificates } from 'node:tls';

import type { TlsMaterial } from '../credentials/resolve-credentials.ts';
import { unbracketed, type Server } from '../credentials/kube-config.ts';
import { userOf } from '../credentials/proxy-environment.ts';
import { opened } from './opened.ts';

/**
 * Connects to `server` through its proxy: CONNECT for http and https, SOCKS5 else, where the proxy looks up names.
 *
 * @param tls whose authority and insecure-skip-tls-verify hold for an https proxy too, as in client-go
 * @throws Error that names the proxy, and neither user nor password
 */
export function openTunnel(
  proxy: URL,
  server: Server,
  tls: TlsMaterial,
  signal: AbortSignal,
): Promise<Socket> {
  return proxy.protocol.startsWith('socks')
    ? openSocksTunnel(proxy, server, signal)
    : openHttpTunnel(proxy, server, tls, signal);
}

async function openSocksTunnel(proxy: URL, server: Server, signal: AbortSignal): Promise<Socket> {
  const host = unbracketed(proxy.hostname);
  const port = Number(proxy.port || 1080);
  // Few have such a proxy, and it is one module in seven of all that a pod would load.
  const { SocksClient } = await import('socks');
  const socket = connect({ host, port });
  await opened(socket, 'connect', signal);
  const onAbort = () => socket.destroy();
  signal.addEventListener('abort', onAbort);
  try {
    const { userId, password } = userOf(proxy);
    await SocksClient.createConnection({
      command: 'connect',
      proxy: { host, port, type: 5, ...(userId !== '' && { userId, password }) },
      destination: { host: server.hostname, port: server.port },
      existing_socket: socket,
    });
    return socket;
  } catch (error) {
    socket.on('error', () => {}).destroy();
    // The original holds the password.
    const why = `the proxy ${proxy.host} did not connect: ${(error as Error).message}`;
    throw signal.aborted ? signal.reason : new Error(why);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function openHttpTunnel(
  proxy: URL,
  server: Server,
  { ca, rejectUnauthorized }: TlsMaterial,
  signal: AbortSignal,
): Promise<Socket> {
  const host = unbracketed(proxy.hostname);
  const authority = `${new URL(server.origin).hostname}:${server.port}`;
  const { userId, password } = userOf(proxy);
  const options: RequestOptions = {
    method: 'CONNECT',
    host,
    port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
    path: authority,
    headers: {
      host: authority,
      ...(userId !== '' && {
        'proxy-authorization': `Basic ${Buffer.from(`${userId}:${password}`).toString('base64')}`,
      }),
    },
    agent: false,
    signal,
  };
  const request =
    proxy.protocol === 'https:'
      ? httpsRequest({
          ...options,
          // Node would take it from the header `host`, which names the API server. An address is none.
          servername: isIP(host) ? '' : host,
          ...(ca !== undefined && { ca: [...getCACertificates(), ...[ca].flat()] }),
          ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
        })
      : httpRequest(options);
  return new Promise((resolve, reject) => {
    const refuse = (code: number | undefined) =>
      reject(new Error(`the proxy ${proxy.host} answered ${code} to CONNECT`));
    request.once('connect', (response, socket: Socket) => {
      if (response.statusCode === 200) return resolve(socket);
      socket.destroy();
      return refuse(response.statusCode);
    });
    request.once('response', (response) => {
      response.destroy();
      refuse(response.statusCode);
    });
    request.on('error', (error) => reject(signal.aborted ? (signal.reason as Error) : error));
    request.end();
  });
}
