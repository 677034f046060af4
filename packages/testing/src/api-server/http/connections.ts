import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import type { ServerCertificates } from './certificates.ts';

/** Answers one request. */
export type RequestHandler = (
  request: Http2ServerRequest | IncomingMessage,
  response: Http2ServerResponse | ServerResponse,
) => void;

/** The reading end of a socket below TLS; Node keeps it to itself, but there is no other way to stop it. */
interface SocketHandle {
  readStart?(): number;
  readStop?(): number;
}

const ports = { host: '127.0.0.1' };

/**
 * The sockets of a server: a plain TCP listener whose connections are handed to an HTTP/2 server with TLS. They are
 * kept apart so that the listener can go away and come back, and so that a connection can be made to go silent.
 */
export class Connections {
  readonly #http: Http2SecureServer;
  #listener: Server | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  #port = 0;
  #maxOpen = 0;
  #maxConcurrentStreams: number;
  #silent = false;
  /** Connections that came while it was silent. */
  readonly #held = new Set<Socket>();

  constructor(
    { certificate, key }: Pick<ServerCertificates, 'certificate' | 'key'>,
    maxConcurrentStreams: number,
    handle: RequestHandler,
  ) {
    this.#maxConcurrentStreams = maxConcurrentStreams;
    this.#http = createSecureServer(
      {
        cert: certificate,
        key,
        allowHTTP1: true,
        settings: { maxConcurrentStreams, initialWindowSize: 1024 * 1024 },
        // Memory in MB; and cancelling a hundred watches at once is nothing unusual.
        maxSessionMemory: 1000,
        streamResetBurst: 1_000_000,
        streamResetRate: 1_000_000,
      } as Parameters<typeof createSecureServer>[0],
      handle,
    );
    this.#http.on('session', (session) => this.#addSession(session));
    // Handshakes that fail and clients that go away are theirs to notice.
    this.#http.on('tlsClientError', () => {});
    this.#http.on('sessionError', () => {});
    this.#http.on('clientError', () => {});
    this.#http.setTimeout(0);
  }

  get port(): number {
    return this.#port;
  }

  /** How many sockets are open. */
  get open(): number {
    return this.#sockets.size;
  }

  /** The most that were open at once. */
  get maxOpen(): number {
    return this.#maxOpen;
  }

  resetMax(): void {
    this.#maxOpen = this.#sockets.size;
  }

  get listening(): boolean {
    return this.#listener !== undefined;
  }

  /** Listens; a second time on the port of the first. */
  async listen(port: number): Promise<void> {
    if (this.#listener) return;
    const listener = createServer((socket) => this.#accept(socket));
    this.#listener = listener;
    listener.listen({ ...ports, port: this.#port || port });
    try {
      await once(listener, 'listening');
    } catch (error) {
      this.#listener = undefined;
      throw error;
    }
    this.#port = (listener.address() as AddressInfo).port;
  }

  /** Refuses new connections and destroys those there are. */
  async close(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    const closed = listener && once(listener, 'close');
    listener?.close();
    this.destroyAll();
    await closed;
  }

  /** Destroys all sockets without a word. */
  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
    for (const session of this.#sessions) session.destroy();
  }

  /** Tells every client to open a new connection; running requests go on. */
  goAway(): void {
    for (const session of this.#sessions) session.goaway();
  }

  /** Lets clients have only so many requests open on one connection. */
  limitStreams(maxConcurrentStreams: number): void {
    this.#maxConcurrentStreams = maxConcurrentStreams;
    for (const session of this.#sessions) session.settings({ maxConcurrentStreams });
  }

  get maxConcurrentStreams(): number {
    return this.#maxConcurrentStreams;
  }

  /**
   * Reads nothing more from any socket, so that not even a PING is answered, and greets no new one; or goes on where
   * it stopped.
   */
  setSilent(silent: boolean): void {
    this.#silent = silent;
    for (const socket of this.#sockets) {
      const { _handle: handle } = socket as unknown as { _handle?: SocketHandle | null };
      if (silent) handle?.readStop?.();
      else handle?.readStart?.();
    }
    if (silent) return;
    for (const socket of this.#held) this.#greet(socket);
    this.#held.clear();
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    this.#maxOpen = Math.max(this.#maxOpen, this.#sockets.size);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#held.delete(socket);
    });
    if (this.#silent) this.#held.add(socket);
    else this.#greet(socket);
  }

  #greet(socket: Socket): void {
    this.#http.emit('connection', socket);
  }

  #addSession(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.once('close', () => this.#sessions.delete(session));
    session.on('error', () => {});
    // The limit may have changed since the server was made.
    session.settings({ maxConcurrentStreams: this.#maxConcurrentStreams });
  }
}
