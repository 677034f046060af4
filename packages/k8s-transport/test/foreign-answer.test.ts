import { gzipSync } from 'node:zlib';
import { inspect } from 'node:util';

import { describe, expect, it } from 'vitest';

import { configMaps, failureOf, opened, plainServer, transportFor } from './helpers.ts';

const list = JSON.stringify({ metadata: { resourceVersion: '1' }, items: [{ data: 'canary' }] });

describe('what is no Kubernetes API server', () => {
  it.each([
    ['HTML', 200, { 'content-type': 'text/html' }, '<html>canary', 'content type text/html'],
    ['HTML without a type', 200, {}, '\n <!doctype html>canary', 'HTML'],
    ['XML without a type', 200, {}, '<?xml version="1.0"?>canary', 'XML'],
    ['HTML for a 404', 404, { 'content-type': 'text/html' }, '<html>canary', 'HTML'],
    ['JSON for a 404', 404, { 'content-type': 'application/json' }, '{"canary":1}', 'no Status'],
    ['an unasked gzip', 200, { 'content-encoding': 'gzip' }, gzipSync(list), 'encoding gzip'],
    ['gzip in silence', 200, { 'content-type': 'application/json' }, gzipSync(list), 'gzip'],
    ['protobuf', 200, { 'content-type': 'application/vnd.kubernetes.protobuf' }, 'k8s', 'protobuf'],
  ])('is told from one: %s', async (_, status, headers, body, word) => {
    const server = await plainServer((__, response) => {
      response.writeHead(status, headers as Record<string, string>).end(body);
    });
    const transport = transportFor(server.kubeConfig);
    const calls = [
      transport.list(configMaps, {}),
      transport.discover(configMaps.gvk, {}),
      opened(transport.watch(configMaps, {})).then((watch) => watch.next()),
    ];
    for (const error of await Promise.all(calls.map(failureOf))) {
      expect(error).toMatchObject({
        code: 'ERR_TRANSPORT',
        retryable: true,
        reason: 'not-kubernetes',
      });
      expect(error.status).toBeUndefined();
      expect(error.message).toContain(word);
      expect(error.message).not.toContain('no connection');
      expect(inspect(error, { depth: Infinity })).not.toContain('canary');
    }
  });

  it('leaves no byte of a body in an error, whatever breaks the answer', async () => {
    const server = await plainServer(({ socket }) => {
      socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\ncanary-is-no-size\r\n');
    });
    const transport = transportFor(server.kubeConfig);
    const calls = [
      transport.list(configMaps, {}),
      opened(transport.watch(configMaps, {})).then((watch) => watch.next()),
    ];
    for (const error of await Promise.all(calls.map(failureOf))) {
      expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true, reason: 'protocol' });
      expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('canary');
    }
  });
});
