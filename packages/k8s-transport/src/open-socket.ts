import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as netConnect, isIP, type Socket } from 'node:net';
import {
  connect as tlsConnect,
  createSecureContext,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';

import type { ResolvedCredentials } from './credentials.ts';
import { unbracketed, type Server } from './kube-config.ts';
import { openSocksTunnel } from './socks.ts';

/** A connected socket to an API server, and whether the server chose HTTP/2 on it. */
export interface OpenSocket {
  readonly socket: Socket | TLSSocket;
  readonly http2: boolean;
}

/** Opens sockets to one API server with one TLS material, through its proxy if it has one. */
export class SocketOpener {
  readonly #server: Server;
  readonly #tls: ResolvedCredentials['tls'];
  readonly #keepAliveMs: number;
  /** The certificates, parsed once. */
  #context: SecureContext | undefined;
  #session: Buffer | undefined;

  constructor(credentials: ResolvedCredentials, keepAliveMs: number) {
    this.#server = credentials.server;
    this.#tls = credentials.tls;
    this.#keepAliveMs = keepAliveMs;
  }

  /**
   * Connects, TLS handshake included.
   *
   * @throws the system's or TLS's own error; the signal's reason when it is aborted
   */
  async open(signal: AbortSignal): Promise<OpenSocket> {
    const { hostname, port, proxy, secure } = this.#server;
    const tunnel = proxy && (await openTunnel(proxy, this.#server, signal));
    if (!secure) {
      const socket = tunnel ?? netConnect({ host: hostname, port });
      if (tunnel === undefined) await opened(socket, 'connect', signal);
      return { socket: this.#tune(socket), http2: false };
    }
    const { servername, rejectUnauthorized, ...certificates } = this.#tls;
    const socket = tlsConnect({
      secureContext: (this.#context ??= createSecureContext(certificates)),
      // An address is no server name.
      ...(servername !== undefined ? { servername } : !isIP(hostname) && { servername: hostname }),
      ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
      // The name that the certificate is checked for, also where there is a tunnel.
      host: hostname,
      port,
      ...(tunnel && { socket: tunnel }),
      ...(this.#session && { session: this.#session }),
      ALPNProtocols: ['h2', 'http/1.1'],
    });
    socket.on('session', (session: Buffer) => (this.#session = session));
    await opened(socket, 'secureConnect', signal);
    return { socket: this.#tune(socket), http2: socket.alpnProtocol === 'h2' };
  }

  #tune<S extends Socket>(socket: S): S {
    return socket.setNoDelay(true).setKeepAlive(true, this.#keepAliveMs);
  }
}

/** Resolves when `socket` has emitted `event`; destroys it when it can't or need not any more. */
export function opened(socket: Socket, event: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: unknown) => {
      signal.removeEventListener('abort', onAbort);
      socket.off(event, onOpen).off('error', settle).off('close', onClose);
      if (error === undefined) return resolve();
      socket.on('error', () => {}).destroy();
      reject(error as Error);
    };
    const onOpen = () => settle();
    const onAbort = () => settle(signal.reason);
    const onClose = () => settle(new Error('the connection was closed before it was established'));
    socket.on(event, onOpen).on('error', settle).on('close', onClose);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
}

async function openTunnel(proxy: URL, server: Server, signal: AbortSignal): Promise<Socket> {
  const host = unbracketed(proxy.hostname);
  if (proxy.protocol.startsWith('socks')) {
    const socket = netConnect({ host, port: Number(proxy.port || 1080) });
    await opened(socket, 'connect', signal);
    return openSocksTunnel(socket, proxy, server, signal);
  }
  const authority = new URL(server.origin).hostname + `:${server.port}`;
  const name = decodeURIComponent(proxy.username);
  const password = decodeURIComponent(proxy.password);
  const options: RequestOptions = {
    method: 'CONNECT',
    host,
    port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
    path: authority,
    headers: {
      host: authority,
      ...(name && {
        'proxy-authorization': `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
      }),
    },
    agent: false,
    signal,
  };
  const request = proxy.protocol === 'https:' ? httpsRequest(options) : httpRequest(options);
  return new Promise((resolve, reject) => {
    request.once('connect', (response, socket: Socket) => {
      if (response.statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new Error(`the proxy ${proxy.host} answered ${response.statusCode} to CONNECT`));
    });
    request.once('response', (response) => {
      response.destroy();
      reject(new Error(`the proxy ${proxy.host} answered ${response.statusCode} to CONNECT`));
    });
    request.on('error', (error) => reject(signal.aborted ? (signal.reason as Error) : error));
    request.end();
  });
}
