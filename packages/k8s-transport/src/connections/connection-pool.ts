import type { ClientHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';

import type { Clock } from '@depwatch/core';
import type { Dispatcher } from 'undici';

import { Connection, streamsPerConnection, type PoolRequest } from './connection.ts';
import type { OpenSocket, SocketOpener } from './open-socket.ts';
import { NotConnectedError } from '../answers/transport-error.ts';
import type { Watchdog } from './watchdog.ts';

/** A request in the pool's hands. */
export interface Ticket {
  /** Takes the request back; false when a connection has it, so that its handler's controller has to end it. */
  withdraw(): boolean;
  /** Tells that the connection of this request seems dead: it gets no new ones before it is heard again. */
  suspect(): void;
  /** Tells the same of all connections there are. */
  suspectAll(): void;
  /** Tells on which HTTP/2 stream it was sent. */
  opened(stream: ClientHttp2Stream): void;
  /** Whether a connection has it. */
  readonly connected: boolean;
  /** What its connection died of, where the socket knows: undici may tell of the consequences alone. */
  readonly socketError: Error | undefined;
  /**
   * Whether the request may be one that the server refused for having too many streams, and that now waits within
   * undici for another one on its connection to end: for ever, when those are watches. That happens when the server
   * lowers its limit. The connection gets no new ones before it has room.
   */
  stuck(): boolean;
}

/** What a {@link ConnectionPool} is made of. */
export interface ConnectionPoolParts {
  readonly origin: string;
  readonly opener: SocketOpener;
  readonly watchdog: Watchdog;
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  readonly pingIntervalMs: number;
}

/**
 * The connections to one API server with one TLS material.
 *
 * undici's own Pool opens its connections one after the other, each only when the one before is full and its settings
 * are known. This one knows how many requests wait, and opens as many connections at once as they will fill: N/100
 * with HTTP/2, one for each request with HTTP/1.1. The first that has room takes the next request, so that those no
 * longer needed run empty and close after 10 s.
 */
export class ConnectionPool {
  readonly #parts: ConnectionPoolParts;
  readonly #queue = new Set<QueuedRequest>();
  /** Attempts to connect. */
  readonly #opening = new Set<AbortController>();
  /** Those that take requests, now or when they have room. */
  readonly #connections = new Set<Connection>();
  /** Those of them that have room. */
  readonly #ready = new Set<Connection>();
  /** How many of them have yet to tell how much room they have. */
  #settling = 0;
  /** Those that take no more requests, and end with the last one they have. */
  readonly #closing = new Set<Connection>();
  readonly #sockets = new Set<Socket>();
  /** How many requests a connection is expected to take. */
  #capacity = streamsPerConnection;
  #pumping = false;
  /** Called when everything has closed, once the pool gets no new requests. */
  #onRetired: (() => void) | undefined;

  constructor(parts: ConnectionPoolParts) {
    this.#parts = parts;
  }

  /** Sends a request as soon as a connection has room. A failure to connect goes to its handler. */
  dispatch(request: PoolRequest): Ticket {
    const queued = new QueuedRequest(this, request);
    this.#queue.add(queued);
    this.#pump();
    return queued;
  }

  /** Takes back a request that waits for a connection. */
  withdraw(request: QueuedRequest): boolean {
    return this.#queue.delete(request);
  }

  /** Gives a connection no more requests before it has room again. */
  leave(connection: Connection): void {
    this.#ready.delete(connection);
    this.#capacity = connection.capacity ?? this.#capacity;
  }

  /** Gives none of the present connections new requests before it is heard again. */
  suspectAll(): void {
    for (const connection of this.#connections) connection.suspect();
  }

  /** Closes each connection when its last request has ended, and calls `done` after the last one. */
  retire(done: () => void): void {
    this.#onRetired = done;
    this.#pump();
  }

  /** Closes all connections now; what runs on them fails with `reason`. */
  async destroy(reason: Error): Promise<void> {
    for (const stop of this.#opening) stop.abort(reason);
    const all = [...this.#connections, ...this.#closing];
    this.#connections.clear();
    this.#ready.clear();
    this.#failQueue(reason);
    const destroyed = all.map((connection) => connection.destroy(reason));
    // A client that was told to go away no longer knows the socket on which its last streams run.
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(destroyed);
  }

  /** Sends what waits as far as there is room, and opens as many connections as the rest needs. */
  #pump(): void {
    // A handler that fails at once may send the next request from within.
    if (this.#pumping) return;
    this.#pumping = true;
    for (const connection of this.#ready) {
      if (this.#queue.size === 0) break;
      if (!connection.isSuspect) this.#fill(connection);
    }
    this.#pumping = false;
    let missing = this.#queue.size - (this.#opening.size + this.#settling) * this.#capacity;
    for (; missing > 0; missing -= this.#capacity) void this.#open();
    if (this.#onRetired === undefined || this.#queue.size > 0) return;
    for (const connection of this.#connections) this.#drop(connection);
    this.#settleRetired();
  }

  #fill(connection: Connection): void {
    for (const request of this.#queue) {
      this.#queue.delete(request);
      request.connection = connection;
      if (connection.send(request)) continue;
      this.leave(connection);
      if (!connection.settled) this.#settling++;
      return;
    }
  }

  async #open(): Promise<void> {
    const stop = new AbortController();
    this.#opening.add(stop);
    try {
      const opened = await this.#connect(stop);
      this.#opening.delete(stop);
      if (this.#queue.size > 0) this.#attach(opened);
      else opened.socket.destroy();
    } catch (error) {
      this.#opening.delete(stop);
      // While others are on their way, they may do for all.
      if (this.#opening.size === 0) this.#failQueue(error as Error);
    }
    this.#settleRetired();
  }

  async #connect(stop: AbortController): Promise<OpenSocket> {
    const { opener, watchdog, clock, connectTimeoutMs } = this.#parts;
    const timeout = clock.setTimeout(() => {
      stop.abort(new Error(`no connection within ${connectTimeoutMs} ms`));
    }, connectTimeoutMs);
    try {
      const opened = await opener.open(stop.signal);
      const { socket, http2 } = opened;
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      // Until undici listens.
      socket.on('error', () => {});
      if (http2) watchdog.guard(socket);
      return opened;
    } catch (error) {
      throw new NotConnectedError(error as Error);
    } finally {
      timeout[Symbol.dispose]();
    }
  }

  #attach(opened: OpenSocket): void {
    let settling = opened.http2;
    const settled = () => {
      if (settling && this.#connections.has(connection)) this.#settling--;
      settling = false;
    };
    const connection = new Connection({
      ...this.#parts,
      ...opened,
      reopen: async (stop) => (await this.#connect(stop)).socket,
      onRoom: () => {
        if (!this.#connections.has(connection)) return;
        settled();
        this.#ready.add(connection);
        this.#pump();
      },
      onFull: () => {
        settled();
        this.leave(connection);
        this.#pump();
      },
      onGone: () => {
        settled();
        this.#drop(connection);
        if (this.#queue.size > 0) this.#pump();
      },
    });
    if (!opened.http2) this.#capacity = 1;
    this.#connections.add(connection);
    this.#ready.add(connection);
    this.#pump();
  }

  /** Gives a connection no more requests, and closes it when those it has are done. */
  #drop(connection: Connection): void {
    this.#ready.delete(connection);
    if (!this.#connections.delete(connection)) return;
    this.#closing.add(connection);
    connection.close(() => {
      this.#closing.delete(connection);
      this.#settleRetired();
    });
  }

  #settleRetired(): void {
    const { size } = this.#connections;
    if (size + this.#closing.size + this.#opening.size === 0) this.#onRetired?.();
  }

  #failQueue(error: Error): void {
    const failed = [...this.#queue];
    this.#queue.clear();
    for (const { handler } of failed) handler.onResponseError?.(nobody, error);
  }
}

class QueuedRequest implements PoolRequest, Ticket {
  readonly method: Dispatcher.HttpMethod;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
  readonly handler: Dispatcher.DispatchHandler;
  /** The one that has it. */
  connection: Connection | undefined;
  readonly #pool: ConnectionPool;

  constructor(pool: ConnectionPool, { method, path, headers, body, handler }: PoolRequest) {
    this.#pool = pool;
    this.method = method;
    this.body = body;
    this.path = path;
    this.headers = headers;
    this.handler = handler;
  }

  withdraw(): boolean {
    return this.connection === undefined && this.#pool.withdraw(this);
  }

  suspect(): void {
    this.connection?.suspect();
  }

  suspectAll(): void {
    this.#pool.suspectAll();
  }

  opened({ session }: ClientHttp2Stream): void {
    if (session) this.connection?.onSession(session);
  }

  get connected(): boolean {
    return this.connection !== undefined;
  }

  get socketError(): Error | undefined {
    return this.connection?.socketError;
  }

  stuck(): boolean {
    if (!this.connection?.isOverfull) return false;
    this.#pool.leave(this.connection);
    return true;
  }
}

/** The controller of a request that was never sent. */
const nobody = {} as Dispatcher.DispatchController;
