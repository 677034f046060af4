import { connect as netConnect, isIP, type Socket } from 'node:net';
import {
  checkServerIdentity,
  connect as tlsConnect,
  createSecureContext,
  type ConnectionOptions,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';

import type { ResolvedCredentials } from '../credentials/resolve-credentials.ts';
import type { Server } from '../credentials/kube-config.ts';
import { opened } from './opened.ts';
import { openTunnel } from './proxy-tunnel.ts';

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
    const { hostname, port, proxy, secure, protocols } = this.#server;
    const { servername, rejectUnauthorized, ...certificates } = this.#tls;
    // Before there is a socket, which nobody would close when the certificates are none.
    if (secure) this.#context ??= createSecureContext(certificates);
    const tunnel = proxy && (await openTunnel(proxy, this.#server, this.#tls, signal));
    if (!secure) {
      const socket = tunnel ?? netConnect({ host: hostname, port });
      if (tunnel === undefined) await opened(socket, 'connect', signal);
      return { socket: this.#tune(socket), http2: false };
    }
    const socket = tlsConnect({
      secureContext: this.#context,
      ...named(servername ?? hostname),
      ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
      host: hostname,
      port,
      ...(tunnel && { socket: tunnel }),
      ...(this.#session && { session: this.#session }),
      ALPNProtocols: protocols,
    });
    socket.on('session', (session: Buffer) => (this.#session = session));
    await opened(socket, 'secureConnect', signal);
    return { socket: this.#tune(socket), http2: socket.alpnProtocol === 'h2' };
  }

  #tune<S extends Socket>(socket: S): S {
    return socket.setNoDelay(true).setKeepAlive(true, this.#keepAliveMs);
  }
}

/** The name that the server is told, and that its certificate is checked for, also where there is a tunnel. */
function named(name: string): Pick<ConnectionOptions, 'servername' | 'checkServerIdentity'> {
  // An address is no server name.
  return isIP(name)
    ? { checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate) }
    : { servername: name };
}
