import type { Socket } from 'node:net';
import { isIPv4, isIPv6 } from 'node:net';

import type { Server } from './kube-config.ts';

const version = 5;
const noAuthentication = 0;
const userAndPassword = 2;

const failures = new Map([
  [1, 'general failure'],
  [2, 'not allowed'],
  [3, 'network unreachable'],
  [4, 'host unreachable'],
  [5, 'connection refused'],
]);

/**
 * Asks a SOCKS5 proxy (RFC 1928, RFC 1929) for a connection to `server`; the proxy looks up the name.
 *
 * @param socket connected to the proxy; destroyed when the proxy refuses
 * @returns the same socket, now a tunnel
 */
export async function openSocksTunnel(
  socket: Socket,
  proxy: URL,
  server: Server,
  signal: AbortSignal,
): Promise<Socket> {
  const stop = () => socket.destroy(signal.reason as Error);
  signal.addEventListener('abort', stop);
  try {
    if (signal.aborted) throw signal.reason;
    const name = Buffer.from(decodeURIComponent(proxy.username));
    const password = Buffer.from(decodeURIComponent(proxy.password));
    const method = name.length > 0 ? userAndPassword : noAuthentication;
    socket.write(Buffer.from([version, 1, method]));
    const chosen = await read(socket, 2);
    if (chosen[0] !== version || chosen[1] !== method)
      throw refused(proxy, 'authentication refused');
    if (method === userAndPassword) {
      socket.write(
        Buffer.concat([
          Buffer.from([1, name.length]),
          name,
          Buffer.from([password.length]),
          password,
        ]),
      );
      if ((await read(socket, 2))[1] !== 0) throw refused(proxy, 'wrong user or password');
    }
    const port = Buffer.alloc(2);
    port.writeUInt16BE(server.port);
    socket.write(Buffer.concat([Buffer.from([version, 1, 0]), addressOf(server.hostname), port]));
    const [, code = 1, , kind] = await read(socket, 4);
    if (code !== 0) throw refused(proxy, failures.get(code) ?? `code ${code}`);
    const rest = kind === 1 ? 4 : kind === 4 ? 16 : (await read(socket, 1))[0]!;
    await read(socket, rest + 2);
    return socket;
  } catch (error) {
    socket.on('error', () => {}).destroy();
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function refused(proxy: URL, why: string): Error {
  return new Error(`the proxy ${proxy.host} did not connect: ${why}`);
}

function addressOf(hostname: string): Buffer {
  if (isIPv4(hostname)) return Buffer.from([1, ...hostname.split('.').map(Number)]);
  const name = Buffer.from(isIPv6(hostname) ? hostname : hostname);
  return Buffer.concat([Buffer.from([3, name.length]), name]);
}

/** Reads exactly so many bytes, and leaves the rest where it is. */
async function read(socket: Socket, size: number): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(size) as Buffer | null;
    if (bytes !== null) return bytes;
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: Error) => {
        socket.off('readable', onReadable).off('error', settle).off('close', onClose);
        if (error) reject(error);
        else resolve();
      };
      const onReadable = () => settle();
      const onClose = () => settle(new Error('the proxy closed the connection'));
      socket.on('readable', onReadable).on('error', settle).on('close', onClose);
    });
  }
}
