import type { Socket } from 'node:net';

/** What Node has beneath a socket. It documents none of it. */
interface WithHandle {
  readonly _handle?: { readStart?(): unknown } | null;
}

/**
 * Has Node read from a socket, also where it has stopped to, so that what the system knows of the connection comes out.
 *
 * While an HTTP/2 session writes, Node does not read; and on a TLS socket a write that follows a failed one never ends.
 * So a session that writes several times before it reads, as it does when streams are cancelled in the turn in which the
 * connection is reset, never hears that it was. A socket that is read already, or is about to be, doesn't mind.
 */
export function keepReading(socket: Socket): void {
  (socket as WithHandle)._handle?.readStart?.();
}
