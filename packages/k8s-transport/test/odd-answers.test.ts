import { createServer } from 'node:net';

import type { WatchEvent } from '@depwatch/core';
import { describe, expect, it } from 'vitest';

import {
  configMap,
  configMaps,
  eventsOf,
  failureOf,
  kubeConfigFrom,
  listen,
  plainServer,
  transportFor,
} from './helpers.ts';
import { secureServer } from './secure-server.ts';

const list = JSON.stringify({ items: [configMap('a')], metadata: { resourceVersion: '5' } });
const line = `${JSON.stringify({ type: 'ADDED', object: configMap('a') })}\n`;
const names = (events: readonly WatchEvent[]) =>
  events.map((event) => event.type !== 'BOOKMARK' && event.object.metadata?.name);

/** A server that says the same to everybody, byte by byte, and hangs up. */
async function sayingServer(answer: string) {
  const port = await listen(
    createServer((socket) => {
      socket.on('error', () => {}).once('data', () => socket.end(answer));
    }),
  );
  return kubeConfigFrom(
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [{ name: 'u', user: { token: 't' } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  );
}

describe('answers that proxies make of what servers say', () => {
  it('may begin with others that are none yet', async () => {
    const plain = await plainServer((_, response) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</>; rel=preload' });
      response.writeHead(200, { 'content-type': 'application/json' }).end(list);
    });
    expect((await transportFor(plain.kubeConfig).list(configMaps, {})).items).toHaveLength(1);
    const { server, kubeConfig } = await secureServer();
    server.on('stream', (stream) => {
      stream.additionalHeaders({ ':status': 103, link: '</>; rel=preload' });
      stream.respond({ ':status': 200, 'content-type': 'application/json' });
      stream.end(line);
    });
    const watch = transportFor(kubeConfig).watch(configMaps, {});
    expect(names(await eventsOf(watch))).toEqual(['a']);
  });

  it('may have trailers', async () => {
    const { server, kubeConfig } = await secureServer();
    server.on('stream', (stream) => {
      stream.respond(
        { ':status': 200, 'content-type': 'application/json' },
        { waitForTrailers: true },
      );
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-checksum': '1' }));
      stream.end(list);
    });
    expect((await transportFor(kubeConfig).list(configMaps, {})).items).toHaveLength(1);
  });

  // HTTP/1.0 has no chunks: the end of the connection is that of the answer.
  it('may be of HTTP/1.0, without a length', async () => {
    const head = 'HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n';
    const listing = transportFor(await sayingServer(head + list));
    expect((await listing.list(configMaps, {})).resourceVersion).toBe('5');
    const watching = transportFor(await sayingServer(head + line + line));
    expect(names(await eventsOf(watching.watch(configMaps, {})))).toEqual(['a', 'a']);
  });

  it.each([
    ['ends before its length', `content-length: ${list.length + 1}\r\n\r\n${list}`, 'unreachable'],
    ['ends amid its chunks', `transfer-encoding: chunked\r\n\r\n5\r\n{"ite`, 'unreachable'],
    ['has a length that is none', `content-length: many\r\n\r\n${list}`, 'protocol'],
    ['has nothing in it', 'content-length: 0\r\n\r\n', 'protocol'],
    ['has a header that is none', `a header\r\n\r\n${list}`, 'protocol'],
  ])('are no list where one %s', async (_, rest, reason) => {
    const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
    const error = await failureOf(
      transportFor(await sayingServer(head + rest)).list(configMaps, {}),
    );
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true, reason });
  });

  it('are no answer to a list where there is none: 204, 206 and 304', async () => {
    for (const status of ['204 No Content', '206 Partial Content', '304 Not Modified']) {
      const kubeConfig = await sayingServer(
        `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n`,
      );
      expect(await failureOf(transportFor(kubeConfig).list(configMaps, {}))).toMatchObject({
        code: 'ERR_TRANSPORT',
        reason: 'not-kubernetes',
      });
    }
  });
});
