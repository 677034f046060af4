import { constants } from 'node:http2';
import { createServer, type TLSSocket } from 'node:tls';

import { describe, expect, it } from 'vitest';

import { frame } from './frames.ts';
import { configMaps, failureOf, kubeConfigFrom, listen, opened, transportFor } from './helpers.ts';
import { certificates, kubeConfigTo } from './secure-server.ts';

const bookmark = `{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9"}}}\n`;
/**
 * Answers the first request with a bookmark, then resets the stream. Written by hand, since a server of Node ends a
 * stream before it resets it.
 */
async function resettingServer(code: number): Promise<string> {
  const { certificate, key } = await certificates();
  const answer = (socket: TLSSocket) => {
    const none = Buffer.alloc(0);
    // `:status: 200` by its index, then a literal `content-type`.
    const headers = Buffer.from('\x88\x0f\x10\x10application/json', 'latin1');
    const reset = Buffer.alloc(4);
    reset.writeUInt32BE(code);
    socket.on('error', () => {}).write(frame('settings', 0, 0, none));
    let heard = 0;
    socket.on('data', (bytes: Buffer) => {
      // The frames of a greeting are shorter than a request, however that is compressed.
      if (heard >= 150 || (heard += bytes.length) < 150) return;
      socket.write(frame('settings', 0, 1, none));
      socket.write(frame('headers', 1, 4, headers));
      socket.write(frame('data', 1, 0, Buffer.from(bookmark)));
      setTimeout(() => socket.write(frame('reset', 1, 0, reset)), 20);
    });
  };
  const server = createServer({ cert: certificate, key, ALPNProtocols: ['h2'] }, answer);
  return kubeConfigTo(await listen(server));
}

describe('a stream that the server resets after its headers', () => {
  it.each(['NGHTTP2_CANCEL', 'NGHTTP2_INTERNAL_ERROR', 'NGHTTP2_REFUSED_STREAM'] as const)(
    'was dropped, and did not end: %s',
    async (code) => {
      const kubeConfig = await resettingServer(constants[code]);
      const transport = transportFor(kubeConfigFrom(kubeConfig));
      const watch = await opened(transport.watch(configMaps, {}));
      expect((await watch.next()).value).toHaveLength(1);
      expect(await failureOf(watch.next())).toMatchObject({
        code: 'ERR_TRANSPORT',
        retryable: true,
        reason: 'unreachable',
      });
    },
  );

  it('ended where the server says that it was no error', async () => {
    const transport = transportFor(await resettingServer(constants.NGHTTP2_NO_ERROR));
    const watch = await opened(transport.watch(configMaps, {}));
    expect((await watch.next()).value).toHaveLength(1);
    expect(await watch.next()).toEqual({ done: true, value: undefined });
  });
});
