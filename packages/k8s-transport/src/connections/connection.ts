import type { Http2Session } from 'node:http2';
import type { Socket } from 'node:net';

import type { Clock } from '@depwatch/core';
import { Client, type Dispatcher } from 'undici';

import { TurnedAwayError } from '../answers/transport-error.ts';
import type { OpenSocket } from './open-socket.ts';

/** What a request needs to be sent. */
export interface PoolRequest {
  readonly method: Dispatcher.HttpMethod;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A Buffer, since undici sends nothing else again that a server refused unseen. */
  readonly body: Buffer | null;
  readonly handler: Dispatcher.DispatchHandler;
}

/** What a {@link Connection} is made of. */
export interface ConnectionParts extends OpenSocket {
  readonly origin: string;
  readonly clock: Clock;
  readonly pingIntervalMs: number;
  /** Opens another socket, for what a GOAWAY left unanswered. */
  readonly reopen: (stop: AbortController) => Promise<Socket>;
  /** It may have room again. */
  readonly onRoom: (connection: Connection) => void;
  /** It has no room, though the server's settings are known: those it has are all that the server allows. */
  readonly onFull: (connection: Connection) => void;
  /** It takes no more requests: its socket is closed, or about to. */
  readonly onGone: (connection: Connection) => void;
}

/** What a kube-apiserver allows, and what undici assumes until the server says less. */
export const streamsPerConnection = 100;
const streamWindowBytes = 1024 * 1024;
/** Streams that nobody reads hold their window, so the connection's is larger by far. */
const connectionWindowBytes = 16 * 1024 * 1024;
const idleMs = 10_000;
const reconnectDelayMs = 250;

/** One undici client on one socket, which tells how much room it has. */
export class Connection {
  readonly http2: boolean;
  /** How many requests it took before it was full; undefined while that isn't known. */
  capacity: number | undefined;
  /** Whether the server has told how many streams it allows; before, undici sends a single request. */
  settled: boolean;
  /** What its socket died of. */
  socketError: Error | undefined;
  readonly #client: Client;
  readonly #socket: Socket;
  readonly #parts: ConnectionParts;
  readonly #stop = new AbortController();
  #given = false;
  #watched = false;
  #reopened = false;
  /** How much had been read when a request timed out; -1 when none has. */
  #suspectAt = -1;

  constructor(parts: ConnectionParts) {
    const { origin, socket, http2, pingIntervalMs } = parts;
    this.#parts = parts;
    this.#socket = socket;
    socket.on('error', (error) => (this.socketError = error));
    this.http2 = http2;
    this.settled = !http2;
    this.#client = new Client(origin, {
      connect: (_options, done) => this.#connect(done),
      // With HTTP/2 only asked after a GOAWAY, while older streams run: with 1, what was refused would wait for them.
      pipelining: http2 ? streamsPerConnection : 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: idleMs,
      h2Options: {
        maxConcurrentStreams: streamsPerConnection,
        connectionWindowSize: connectionWindowBytes,
        pingInterval: pingIntervalMs,
        // Read here, though the types only know `settings`.
        ...{ initialWindowSize: streamWindowBytes },
      },
    });
    this.#client.on('drain', () => {
      if (this.settled) return parts.onRoom(this);
      this.settled = true;
      // Settings may come as two frames at once, and only the last is the server's limit.
      setImmediate(() => parts.onRoom(this));
      return undefined;
    });
    this.#client.on('disconnect', () => parts.onGone(this));
  }

  /** Takes a request; false when the next one should go elsewhere until there is room again. */
  send({ method, path, headers, body, handler }: PoolRequest): boolean {
    if (this.#client.dispatch({ method, path, headers, body }, handler)) return true;
    const { size } = this.#client.stats;
    // It failed at once, and its handler knows.
    if (size === 0) return true;
    if (this.settled) this.capacity = size;
    return false;
  }

  /**
   * Its HTTP/2 session, from a stream on it. undici tells when there is room; that there won't be any, since the server
   * allows no more streams than there are already, shows only from the session's settings.
   */
  onSession(session: Http2Session): void {
    if (this.settled || this.#watched) return;
    this.#watched = true;
    session.once('remoteSettings', () => {
      // As for the drain.
      setImmediate(() => {
        if (this.settled) return;
        this.settled = true;
        this.capacity = this.#client.stats.size;
        this.#parts.onFull(this);
      });
    });
  }

  /** Whether it seemed dead, and hasn't been heard since; or is, though its streams are told of that one by one. */
  get isSuspect(): boolean {
    if (this.#socket.destroyed) return true;
    return this.#suspectAt >= 0 && this.#suspectAt === this.#socket.bytesRead;
  }

  /** A request on it got no answer: it gets no new ones before it is heard again. */
  suspect(): void {
    this.#suspectAt = this.#socket.bytesRead;
  }

  /** Whether requests wait within undici for others to end, since the server has lowered its limit. */
  get isOverfull(): boolean {
    if (!this.http2 || !this.settled) return false;
    const { pending, running } = this.#client.stats;
    if (pending > 0) this.capacity = Math.max(1, running);
    return pending > 0;
  }

  /** Closes when the requests it has are done. */
  close(done: () => void): void {
    this.#client.close(done);
  }

  /** Closes now; what runs on it fails with `reason`. */
  async destroy(reason: Error): Promise<void> {
    this.#stop.abort(reason);
    await this.#client.destroy(reason);
  }

  /** undici connects on the first request, and again for requests that a GOAWAY left unanswered. */
  #connect(done: (...result: [null, Socket] | [Error, null]) => void): void {
    if (this.#given) {
      void this.#reconnect(done);
      return;
    }
    this.#given = true;
    // Not within this call: undici would not notice.
    queueMicrotask(() => done(null, this.#socket));
  }

  async #reconnect(done: (...result: [null, Socket] | [Error, null]) => void): Promise<void> {
    try {
      if (!this.settled || this.#reopened)
        throw new TurnedAwayError('the server closes its connections');
      this.#reopened = true;
      done(null, await this.#parts.reopen(this.#stop));
    } catch (error) {
      // undici tries again at once while an older socket of this client still has streams.
      this.#parts.clock.setTimeout(() => done(error as Error, null), reconnectDelayMs);
    }
  }
}
