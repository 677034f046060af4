import type { Http2Session } from 'node:http2';
import { connect, createServer, type Socket } from 'node:net';

import { expect, it, onTestFinished } from 'vitest';

import { configMaps, failureOf, listen, opened, transportFor } from './helpers.ts';
import { kubeConfigTo, secureServer } from './secure-server.ts';

/** A server that keeps watches open, behind a front that may reset all connections at once. */
async function resettableServer() {
  const { server, port } = await secureServer();
  const sessions: Http2Session[] = [];
  server.on('session', (session) => sessions.push(session));
  server.on('stream', (stream) => {
    stream.on('error', () => {}).respond({ ':status': 200, 'content-type': 'application/json' });
  });
  const sockets: Socket[] = [];
  const front = createServer((near) => {
    const far = connect(port, '127.0.0.1').on('error', () => {});
    near.on('error', () => {}).once('close', () => far.destroy());
    onTestFinished(() => void near.destroy());
    near.pipe(far).pipe(near);
    sockets.push(near);
  });
  return {
    kubeConfig: await kubeConfigTo(await listen(front)),
    /** When nothing is on its way. */
    async atRest() {
      for (const session of sessions) await new Promise((resolve) => session.ping(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    },
    reset: () => sockets.forEach((socket) => socket.resetAndDestroy()),
  };
}

// Each cancelled stream is a write of its own. The first fails, and the next one leaves Node waiting for it, deaf.
it.each([1, 2, 15])(
  'tells the others that their connection was reset, when %i watches are cancelled in that turn',
  { timeout: 5_000 },
  async (cancelled) => {
    const { kubeConfig, atRest, reset } = await resettableServer();
    const transport = transportFor(kubeConfig, { pingTimeoutMs: 100 });
    const unwanted = new AbortController();
    const { signal } = unwanted;
    const kept = await opened(transport.watch(configMaps, {}));
    const lost = failureOf(kept.next());
    const watches = Array.from({ length: cancelled }, () =>
      opened(transport.watch(configMaps, { signal })),
    );
    for (const watch of await Promise.all(watches)) watch.next().catch(() => {});
    await atRest();
    reset();
    unwanted.abort();
    expect(await lost).toMatchObject({ code: 'ERR_TRANSPORT', reason: 'unreachable' });
  },
);
