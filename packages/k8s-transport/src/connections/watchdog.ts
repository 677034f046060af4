import type { Socket } from 'node:net';

import type { Clock, Logger } from '@depwatch/core';

import { keepReading } from './keep-reading.ts';

interface Guarded {
  bytes: number;
  heardAt: number;
}

/** How soon a connection that was reset is found where Node doesn't tell, in milliseconds. */
const mostTickMs = 500;

/**
 * Finds connections that are dead without having been closed (half-open TCP, a black hole). The HTTP/2 client pings
 * each connection every `pingIntervalMs`, so some bytes must come in at least as often; a socket that got none for
 * `pingIntervalMs + pingTimeoutMs` is destroyed, which fails all requests on it. Those that Node has stopped to listen to are heard again, see keepReading.
 *
 * One timer serves all sockets, and runs only while there are any.
 */
export class Watchdog {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #silenceMs: number;
  readonly #tickMs: number;
  readonly #sockets = new Map<Socket, Guarded>();
  #timer: Disposable | undefined;
  /** Whether the log has it that connections are dead, and none was heard since. */
  #told = false;

  constructor(options: {
    clock: Clock;
    logger: Logger;
    pingIntervalMs: number;
    pingTimeoutMs: number;
  }) {
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#silenceMs = options.pingIntervalMs + options.pingTimeoutMs;
    this.#tickMs = Math.min(mostTickMs, Math.ceil(options.pingTimeoutMs / 5));
  }

  /** Guards an HTTP/2 socket until it is closed. */
  guard(socket: Socket): void {
    this.#sockets.set(socket, { bytes: socket.bytesRead, heardAt: this.#clock.now() });
    socket.once('close', () => {
      this.#sockets.delete(socket);
      if (this.#sockets.size === 0) this.stop();
    });
    if (this.#timer === undefined) this.#arm();
  }

  /** Ends the timer; the next {@link guard} starts it again. */
  stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  #arm(): void {
    const timer = this.#clock.setTimeout(this.#sweep, this.#tickMs);
    // Requests keep the process alive, this need not.
    (timer as { unref?(): void }).unref?.();
    this.#timer = timer;
  }

  readonly #sweep = (): void => {
    const now = this.#clock.now();
    const silent: [Socket, Guarded][] = [];
    const quiet: Socket[] = [];
    for (const entry of this.#sockets) {
      if (entry[0].bytesRead === entry[1].bytes) quiet.push(entry[0]);
      if (!this.#heard(...entry, now)) silent.push(entry);
    }
    // Not one that is amid its writes: those that went well have ended by then.
    if (quiet.length > 0) setImmediate(() => quiet.forEach(keepReading));
    // When the process was busy, the answer may lie unread: look once more after the sockets were read.
    if (silent.length > 0) setImmediate(() => this.#destroy(silent));
    this.#arm();
  };

  #destroy(silent: readonly [Socket, Guarded][]): void {
    const now = this.#clock.now();
    const dead = silent.filter(
      ([socket, guarded]) => this.#sockets.has(socket) && !this.#heard(socket, guarded, now),
    );
    if (dead.length > 0 && !this.#told) {
      this.#told = true;
      const silentMs = Math.round(Math.max(...dead.map(([, { heardAt }]) => now - heardAt)));
      this.#logger.warn(
        { silentMs, connections: dead.length },
        'connections to the API server do not answer pings; closing them',
      );
    }
    for (const [socket] of dead)
      socket.destroy(new Error('the connection is dead: no answer to pings'));
  }

  /** Whether the socket got bytes lately. The last tick before the time is up decides, so it is never found late. */
  #heard(socket: Socket, guarded: Guarded, now: number): boolean {
    if (socket.bytesRead !== guarded.bytes) {
      guarded.bytes = socket.bytesRead;
      guarded.heardAt = now;
      this.#told = false;
    }
    return now - guarded.heardAt < this.#silenceMs - this.#tickMs;
  }
}
