import type { Socket } from 'node:net';

import type { Clock } from '@depwatch/core';
import { Client, type Dispatcher } from 'undici';

import type { OpenSocket, SocketOpener } from './open-socket.ts';
import type { Watchdog } from './watchdog.ts';

/** What a request needs to be sent. */
export interface PoolRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly handler: Dispatcher.DispatchHandler;
}

/** A request in the pool's hands. */
export interface Ticket {
  /** Takes the request back; false when it has been sent, so that its handler's controller has to end it. */
  withdraw(): boolean;
  /** Tells that the connection of this request seems dead: it gets no new ones before it is heard again. */
  suspect(): void;
}

/** What a kube-apiserver allows, and what undici assumes until the server says less. */
const streamsPerConnection = 100;
const streamWindowBytes = 1024 * 1024;
/** Streams that nobody reads hold their window, so the connection's is larger by far. */
const connectionWindowBytes = 16 * 1024 * 1024;
const idleMs = 10_000;
const reconnectDelayMs = 250;

type State = 'connecting' | 'settling' | 'ready' | 'full';

interface Connection {
  state: State;
  readonly stop: AbortController;
  client?: Client;
  socket?: Socket;
  http2: boolean;
  /** How much had been read when a request on it timed out. */
  suspectAt: number;
}

interface Queued extends PoolRequest {
  connection: Connection | undefined;
}

/**
 * The connections to one API server with one TLS material: undici clients of one socket each.
 *
 * undici's own Pool opens its connections one after the other, each only when the one before is full and its settings
 * are known. This one knows how many requests wait, and opens as many connections at once as they will fill: N/100
 * with HTTP/2, one for each request with HTTP/1.1. The first that has room takes the next request, so that those no
 * longer needed run empty and close after 10 s.
 */
export class ConnectionPool {
  readonly #origin: string;
  readonly #opener: SocketOpener;
  readonly #watchdog: Watchdog;
  readonly #clock: Clock;
  readonly #connectTimeoutMs: number;
  readonly #pingIntervalMs: number;
  readonly #queue = new Set<Queued>();
  readonly #connections = new Set<Connection>();
  /** Also those that take no new requests any more. */
  readonly #clients = new Set<Client>();
  readonly #sockets = new Set<Socket>();
  /** How many requests a connection is expected to take. */
  #capacity = streamsPerConnection;
  /** Called when the last connection has closed, once the pool takes no new requests. */
  #onRetired: (() => void) | undefined;
  #pumping = false;

  constructor(options: {
    origin: string;
    opener: SocketOpener;
    watchdog: Watchdog;
    clock: Clock;
    connectTimeoutMs: number;
    pingIntervalMs: number;
  }) {
    this.#origin = options.origin;
    this.#opener = options.opener;
    this.#watchdog = options.watchdog;
    this.#clock = options.clock;
    this.#connectTimeoutMs = options.connectTimeoutMs;
    this.#pingIntervalMs = options.pingIntervalMs;
  }

  /** Sends a request as soon as a connection has room. A failure to connect goes to its handler. */
  dispatch(request: PoolRequest): Ticket {
    const queued: Queued = { ...request, connection: undefined };
    this.#queue.add(queued);
    this.#pump();
    return {
      withdraw: () => this.#queue.delete(queued),
      suspect: () => {
        const { connection } = queued;
        if (connection?.http2 && connection.socket) connection.suspectAt = connection.socket.bytesRead;
      },
    };
  }

  /** Closes each connection when its last request has ended, and calls `done` after the last one. */
  retire(done: () => void): void {
    this.#onRetired = done;
    this.#pump();
  }

  /** Closes all connections now; what runs on them fails with `reason`. */
  async destroy(reason: Error): Promise<void> {
    for (const connection of this.#connections) connection.stop.abort(reason);
    this.#connections.clear();
    this.#failQueue(reason);
    const clients = [...this.#clients].map((client) => client.destroy(reason));
    // A client that was told to go away no longer knows the socket on which its last streams run.
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(clients);
  }

  #pump(): void {
    // A handler that fails at once may send the next request from within.
    if (this.#pumping) return;
    this.#pumping = true;
    for (const connection of this.#connections) {
      if (this.#queue.size === 0) break;
      this.#fill(connection);
    }
    this.#pumping = false;
    let expected = 0;
    for (const { state } of this.#connections) {
      if (state === 'connecting' || state === 'settling') expected += this.#capacity;
    }
    for (; expected < this.#queue.size; expected += this.#capacity) void this.#open();
    if (this.#onRetired && this.#queue.size === 0) {
      for (const connection of this.#connections) if (connection.client) this.#drop(connection);
      this.#settleRetired();
    }
  }

  #fill(connection: Connection): void {
    if (connection.state !== 'ready' || isSuspect(connection)) return;
    const client = connection.client!;
    for (const request of this.#queue) {
      this.#queue.delete(request);
      request.connection = connection;
      const { path, headers, handler } = request;
      if (client.dispatch({ method: 'GET', path, headers }, handler)) continue;
      const { size } = client.stats;
      if (size === 0) continue;
      // After the first request of an HTTP/2 connection, undici waits for the server's settings.
      const settled = !connection.http2 || size > 1;
      connection.state = settled ? 'full' : 'settling';
      if (settled) this.#capacity = size;
      return;
    }
  }

  async #open(): Promise<void> {
    const connection: Connection = {
      state: 'connecting',
      stop: new AbortController(),
      http2: false,
      suspectAt: -1,
    };
    this.#connections.add(connection);
    try {
      const opened = await this.#connect(connection.stop);
      if (this.#connections.has(connection) && this.#queue.size > 0) return this.#attach(connection, opened);
      this.#connections.delete(connection);
      opened.socket.destroy();
      this.#settleRetired();
    } catch (error) {
      if (!this.#connections.delete(connection)) return;
      // While others are on their way, they may do for all.
      if ([...this.#connections].some(({ state }) => state === 'connecting')) return;
      this.#failQueue(error as Error);
      this.#settleRetired();
    }
  }

  async #connect(stop: AbortController): Promise<OpenSocket> {
    const timeout = this.#clock.setTimeout(() => {
      stop.abort(new Error(`no connection within ${this.#connectTimeoutMs} ms`));
    }, this.#connectTimeoutMs);
    try {
      const opened = await this.#opener.open(stop.signal);
      const { socket, http2 } = opened;
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      // Until undici listens.
      socket.on('error', () => {});
      if (http2) this.#watchdog.guard(socket);
      return opened;
    } finally {
      timeout[Symbol.dispose]();
    }
  }

  #attach(connection: Connection, { socket, http2 }: OpenSocket): void {
    connection.socket = socket;
    connection.http2 = http2;
    connection.state = 'ready';
    if (!http2) this.#capacity = 1;
    let first: Socket | undefined = socket;
    const client = new Client(this.#origin, {
      // undici connects on the first request, and again for requests that a GOAWAY left unanswered.
      connect: (_options, done) => {
        if (first) done(null, first);
        else void this.#reconnect(connection.stop, done);
        first = undefined;
      },
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: idleMs,
      h2Options: {
        maxConcurrentStreams: streamsPerConnection,
        connectionWindowSize: connectionWindowBytes,
        pingInterval: this.#pingIntervalMs,
        // Read here, though the types only know `settings`.
        ...{ initialWindowSize: streamWindowBytes },
      },
    });
    connection.client = client;
    this.#clients.add(client);
    client.on('drain', () => {
      connection.state = 'ready';
      if (this.#connections.has(connection)) this.#pump();
    });
    client.on('disconnect', () => this.#drop(connection));
    this.#pump();
  }

  async #reconnect(
    stop: AbortController,
    done: (...result: [null, Socket] | [Error, null]) => void,
  ): Promise<void> {
    try {
      done(null, (await this.#connect(stop)).socket);
    } catch (error) {
      // undici tries again at once while an older socket of this client still has streams.
      this.#clock.setTimeout(() => done(error as Error, null), reconnectDelayMs);
    }
  }

  /** Gives a connection no more requests, and closes it when those it has are done. */
  #drop(connection: Connection): void {
    const { client } = connection;
    if (!this.#connections.delete(connection) || client === undefined) return;
    client.close(() => {
      this.#clients.delete(client);
      this.#settleRetired();
    });
    if (this.#queue.size > 0) this.#pump();
  }

  #settleRetired(): void {
    if (this.#onRetired && this.#connections.size === 0 && this.#clients.size === 0) this.#onRetired();
  }

  #failQueue(error: Error): void {
    const failed = [...this.#queue];
    this.#queue.clear();
    for (const { handler } of failed) handler.onResponseError?.(nobody, error);
  }
}

function isSuspect(connection: Connection): boolean {
  return connection.suspectAt >= 0 && connection.suspectAt === connection.socket?.bytesRead;
}

/** The controller of a request that was never sent. */
const nobody = {} as Dispatcher.DispatchController;
