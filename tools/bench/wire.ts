/** What a process sends and connects to, counted from within. */
import { channel } from 'node:diagnostics_channel';
import { Socket } from 'node:net';

import { now } from './meter.ts';

/** Counts since the process began, or the last {@link reset}. */
export interface Wire {
  /** HTTP requests. */
  readonly requests: number;
  /** Those that ask for the state, not for changes since a version: lists, and watches with initial events. */
  readonly lists: number;
  /** The most requests in one second, by the seconds of the clock. */
  readonly peakRequestsPerSecond: number;
  /** Attempts to connect. */
  readonly attempts: number;
  readonly failedAttempts: number;
  readonly openSockets: number;
  /** What has been received, decrypted; not reset. */
  readonly bytes: number;
  /**
   * When the watch of each field selector, or path where it has none, was last answered with a 200: see {@link now}. Not for
   * `http2`.
   */
  readonly answers: ReadonlyMap<string, number>;
  reset(): void;
}

/** Starts to count. `protocol` is what the contestant talks through: undici, whatever is above it, or plain node:http2. */
export function countWire(protocol: 'undici' | 'http2'): Wire {
  const answers = new Map<string, number>();
  let requests = 0;
  let lists = 0;
  let second = 0;
  let inSecond = 0;
  let peak = 0;
  let attempts = 0;
  let failed = 0;
  let open = 0;
  let bytesOfClosed = 0;
  const sockets = new Set<Socket>();

  const sent = (path: string): void => {
    requests += 1;
    if (path.includes('sendInitialEvents') || !isWatch(path)) lists += 1;
    const current = Math.floor(now() / 1000);
    if (current !== second) inSecond = 0;
    second = current;
    inSecond += 1;
    peak = Math.max(peak, inSecond);
  };
  if (protocol === 'undici') {
    channel('undici:request:create').subscribe((message) =>
      sent((message as { request: { path: string } }).request.path),
    );
    channel('undici:request:headers').subscribe((message) => {
      const { request, response } = message as {
        request: { path: string };
        response: { statusCode: number };
      };
      const selector = /[?&]fieldSelector=([^&]*)/.exec(request.path)?.[1];
      if (response.statusCode === 200 && isWatch(request.path))
        answers.set(selector ?? request.path.split('?')[0]!, now());
    });
  } else {
    channel('http2.client.stream.created').subscribe((message) =>
      sent(String((message as { headers: Record<string, unknown> }).headers[':path'])),
    );
  }

  // There is no channel for TLS sockets.
  const { connect } = Socket.prototype;
  Socket.prototype.connect = function (this: Socket, ...args: never[]) {
    attempts += 1;
    sockets.add(this);
    this.once('close', () => {
      sockets.delete(this);
      bytesOfClosed += this.bytesRead;
    });
    const onFailure = (): void => void (failed += 1);
    this.once('close', onFailure).once('connect', () => {
      open += 1;
      this.off('close', onFailure).once('close', () => (open -= 1));
    });
    return (connect as (...args: never[]) => Socket).apply(this, args);
  } as typeof connect;

  return {
    get requests() {
      return requests;
    },
    get lists() {
      return lists;
    },
    get peakRequestsPerSecond() {
      return peak;
    },
    get attempts() {
      return attempts;
    },
    get failedAttempts() {
      return failed;
    },
    get openSockets() {
      return open;
    },
    get bytes() {
      return [...sockets].reduce((sum, { bytesRead }) => sum + bytesRead, bytesOfClosed);
    },
    answers,
    reset() {
      requests = lists = inSecond = peak = attempts = failed = 0;
      answers.clear();
    },
  };
}

function isWatch(path: string): boolean {
  return path.includes('watch=');
}
