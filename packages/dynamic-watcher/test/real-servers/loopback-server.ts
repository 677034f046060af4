import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import {
  createCertificates,
  type ServerCertificates,
} from '../../../testing/src/api-server/http/certificates.ts';

/** Of either protocol: Node gives those of HTTP/2 the same methods. */
export type Request = IncomingMessage;
export type Response = ServerResponse;

/** An HTTP server over TLS on the loopback address, for HTTP/2 and HTTP/1.1. */
export class LoopbackServer implements AsyncDisposable {
  readonly #listener;
  readonly #sockets = new Set<TLSSocket>();
  readonly certificateAuthority: string;

  private constructor(
    { certificateAuthority, certificate, key }: ServerCertificates,
    handle: (request: Request, response: Response) => void,
  ) {
    this.certificateAuthority = certificateAuthority;
    this.#listener = createSecureServer({ cert: certificate, key, allowHTTP1: true });
    this.#listener.on('secureConnection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {}).once('close', () => this.#sockets.delete(socket));
    });
    this.#listener.on('sessionError', () => {}).on('tlsClientError', () => {});
    this.#listener.on('request', (request, response) => {
      request.on('error', () => {});
      response.on('error', () => {});
      handle(request as unknown as Request, response as unknown as Response);
    });
  }

  static async start(
    handle: (request: Request, response: Response) => void,
  ): Promise<LoopbackServer> {
    const server = new LoopbackServer(await createCertificates(), handle);
    server.#listener.listen(0, '127.0.0.1');
    await once(server.#listener, 'listening');
    return server;
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  /** Breaks all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#listener.close();
    await once(this.#listener, 'close');
  }
}
