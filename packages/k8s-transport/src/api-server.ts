import { DepwatchError, type Clock, type Logger } from '@depwatch/core';

import { ConnectionPool } from './connections/connection-pool.ts';
import { Credentials } from './credentials/credentials.ts';
import type { ResolvedCredentials } from './credentials/resolve-credentials.ts';
import { serverOf, type Server } from './credentials/kube-config.ts';
import { SocketOpener } from './connections/open-socket.ts';
import type { Settings } from './options.ts';
import { RequestMetrics } from './request-metrics.ts';
import { TurnBudget } from './answers/turn-budget.ts';
import { Watchdog } from './connections/watchdog.ts';

/** A call that {@link ApiServer.close} has to end. */
export interface Closable {
  fail(error: DepwatchError): void;
}

/** Header fields by their lower-case names. */
export type RequestHeaders = Readonly<Record<string, string>>;

/** Connections, and the key of the credentials that they are made with. */
interface KeyedPool {
  readonly key: string;
  readonly pool: ConnectionPool;
}

/**
 * What all calls to one API server share: its credentials, the connections for the TLS material of the moment, and the
 * calls under way.
 */
export class ApiServer {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly credentials: Credentials;
  /** How much may be decoded in one turn of the event loop. */
  readonly turns = new TurnBudget();
  /** Where the server is; as of the last credentials that were resolved. */
  server: Server;
  readonly requests: RequestMetrics;
  readonly #calls = new Set<Closable>();
  readonly #watchdog: Watchdog;
  readonly #pools = new Set<ConnectionPool>();
  /**
   * What watches share, and beside it what short requests do: an HTTP/2 connection carries 100 streams, which watches may
   * hold all, and thousands of them may wait to be opened.
   */
  readonly #current: { watches?: KeyedPool; short?: KeyedPool } = {};
  readonly #headers = new WeakMap<ResolvedCredentials, Map<string, RequestHeaders>>();
  #closed: Promise<void> | undefined;

  constructor(settings: Settings) {
    this.settings = settings;
    this.clock = settings.clock;
    this.logger = settings.logger;
    this.credentials = new Credentials(settings);
    this.server = serverOf(settings.kubeConfig);
    this.requests = new RequestMetrics(settings.metrics);
    this.#watchdog = new Watchdog(settings);
  }

  /** Counts a call in until {@link leave}, or tells why not: ERR_TRANSPORT, not retryable, after {@link close}. */
  enter(call: Closable): DepwatchError | undefined {
    if (this.#closed !== undefined) return closedError();
    this.#calls.add(call);
    return undefined;
  }

  /** Counts a call out. */
  leave(call: Closable): void {
    this.#calls.delete(call);
  }

  /** The header fields of a request; the same object for all requests alike, since thousands are kept. */
  headersFor(
    credentials: ResolvedCredentials,
    accept: string,
    contentType?: string,
  ): RequestHeaders {
    let known = this.#headers.get(credentials);
    if (!known) this.#headers.set(credentials, (known = new Map()));
    const key = contentType === undefined ? accept : `${accept}\n${contentType}`;
    let headers = known.get(key);
    if (!headers) {
      headers = {
        ...credentials.headers,
        accept,
        'user-agent': this.settings.userAgent,
        ...(contentType !== undefined && { 'content-type': contentType }),
      };
      known.set(key, headers);
    }
    return headers;
  }

  /** The connections that were or will be made with these credentials, for short requests or for others. */
  poolFor(credentials: ResolvedCredentials, short: boolean): ConnectionPool {
    const lane = short ? 'short' : 'watches';
    const current = this.#current[lane];
    if (current?.key === credentials.connectionKey) return current.pool;
    const { server } = credentials;
    const { requestTimeoutMs, pingIntervalMs } = this.settings;
    const pool = new ConnectionPool({
      origin: server.origin,
      opener: new SocketOpener(credentials, pingIntervalMs),
      watchdog: this.#watchdog,
      clock: this.clock,
      connectTimeoutMs: requestTimeoutMs,
      pingIntervalMs,
    });
    const before = current?.pool;
    if (before) {
      const known = Object.values(this.#current).some(
        ({ key }) => key === credentials.connectionKey,
      );
      if (!known) {
        this.logger.info(
          { server: server.address },
          'new certificates: new requests use new connections',
        );
      }
      before.retire(() => this.#pools.delete(before));
    }
    this.#pools.add(pool);
    this.#current[lane] = { key: credentials.connectionKey, pool };
    this.server = server;
    return pool;
  }

  /** Fails all calls and destroys all connections; resolves when their sockets are closed. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    // Only then may failed calls see it as closed.
    await Promise.resolve();
    const error = closedError();
    for (const call of this.#calls) call.fail(error);
    this.credentials.close();
    this.#watchdog.stop();
    await Promise.all([...this.#pools].map((pool) => pool.destroy(error)));
    this.#watchdog.stop();
    this.#pools.clear();
  }
}

function closedError(): DepwatchError {
  return new DepwatchError('ERR_TRANSPORT', 'the transport is closed', { retryable: false });
}
