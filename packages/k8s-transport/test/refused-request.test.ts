import { constants, performServerHandshake, type ServerHttp2Stream } from 'node:http2';
import { createServer, type TLSSocket } from 'node:tls';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { K8sTransport } from '../src/index.ts';
import { frame, requestsIn } from './frames.ts';
import { configMap, configMaps, failureOf, listen, opened, transportFor } from './helpers.ts';
import { certificates, kubeConfigTo, secureServer } from './secure-server.ts';

const discovery = {
  kind: 'APIResourceList',
  resources: [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true, verbs: ['get'] }],
};
const list = { metadata: { resourceVersion: '1' }, items: [] };

function succeed(stream: ServerHttp2Stream, { ':path': path = '', ':method': method = '' }): void {
  stream.on('error', () => {}).respond({ ':status': 200, 'content-type': 'application/json' });
  if (path.includes('watch=true')) return;
  const object = method === 'GET' ? list : configMap('a');
  stream.end(JSON.stringify(path === '/api/v1' ? discovery : object));
}

/** Takes no request at all, and says so once it has got one. */
function goAway(socket: TLSSocket, onRequest: () => void): void {
  const none = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.write(frame('settings', 0, 0, none));
  const heard = requestsIn(() => {
    onRequest();
    socket.write(frame('goaway', 0, 0, Buffer.alloc(8)));
  });
  socket.on('data', heard);
}

/** A server that ends so many connections, each with its first request. */
async function leavingServer(count: number) {
  const { certificate, key } = await certificates();
  let refused = 0;
  let connections = 0;
  const options = { cert: certificate, key, ALPNProtocols: ['h2'] };
  const server = createServer(options, (socket) => {
    onTestFinished(() => void socket.destroy());
    if (connections++ < count) return goAway(socket, () => refused++);
    return void performServerHandshake(socket)
      .on('error', () => {})
      .on('stream', succeed);
  });
  return { kubeConfig: await kubeConfigTo(await listen(server)), refused: () => refused };
}

/** A server that refuses so many streams. */
async function refusingServer(count: number) {
  const { server, kubeConfig } = await secureServer();
  let refused = 0;
  server.on('stream', (stream, headers) => {
    if (refused === count) return succeed(stream, headers);
    refused += 1;
    return stream.on('error', () => {}).close(constants.NGHTTP2_REFUSED_STREAM);
  });
  return { kubeConfig, refused: () => refused };
}

const servers = { 'a GOAWAY': leavingServer, 'the reset of its stream': refusingServer };
const requests: Record<string, (transport: K8sTransport) => Promise<unknown>> = {
  list: (transport) => transport.list(configMaps, {}),
  watch: (transport) => opened(transport.watch(configMaps, {})),
  discovery: (transport) => transport.discover({ version: 'v1', kind: 'ConfigMap' }, {}),
  update: (transport) => transport.update(configMap('a')),
};

describe.each(Object.entries(servers))('a request that is refused unseen by %s', (_, start) => {
  it.each(Object.entries(requests))('is sent again: %s', async (_what, send) => {
    const { kubeConfig, refused } = await start(4);
    await send(transportFor(kubeConfig));
    expect(refused()).toBe(4);
  });

  it.each(Object.entries(requests))('fails when that never ends: %s', async (_what, send) => {
    const { kubeConfig, refused } = await start(Infinity);
    const error = await failureOf(send(transportFor(kubeConfig)));
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true, reason: 'unreachable' });
    expect(error.message).not.toContain('may have been done');
    expect(refused()).toBeLessThanOrEqual(8);
    expect(refused()).toBeGreaterThan(4);
  });
});
