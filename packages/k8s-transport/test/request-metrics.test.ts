import type { Metrics } from '@depwatch/core';
import { startApiServer } from '@depwatch/testing';
import { expect, it } from 'vitest';

import { answer, configMaps, failureOf, plainServer, transportFor } from './helpers.ts';

/** Metrics that count requests by method and code, of the one host that there is. */
function requestCounts() {
  const counts: Record<string, number> = {};
  const hosts = new Set<string>();
  const metrics: Metrics = {
    count(name, { method, code, host } = {}, by = 1) {
      expect(name).toBe('rest_client_requests_total');
      hosts.add(host!);
      const key = `${method} ${code}`;
      counts[key] = (counts[key] ?? 0) + by;
    },
    gauge: () => {},
    observe: () => {},
  };
  return { counts, hosts, metrics };
}

it('counts requests by method, code and host, whatever they are about', async () => {
  await using server = await startApiServer();
  const { counts, hosts, metrics } = requestCounts();
  const transport = transportFor(server.kubeConfig, { metrics });
  for (let index = 0; index < 50; index += 1) {
    const metadata = { name: `config-${index}`, namespace: 'default' };
    await transport.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
  }
  await transport.list(configMaps, {});
  const stop = new AbortController();
  const watch = transport.watch(configMaps, { signal: stop.signal });
  const events = watch[Symbol.asyncIterator]();
  await events.next();
  await transport.delete({ version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'no' });
  stop.abort();
  await failureOf(Promise.resolve(events.next()));
  // The list, the watch, and the discovery of the kind that is written.
  expect(counts).toEqual({ 'POST 201': 50, 'GET 200': 3, 'DELETE 404': 1 });
  expect([...hosts]).toEqual([new URL(server.url).host]);
});

it('counts each of several tries, and what had no answer as an error', async () => {
  const codes = [503, 503, 200];
  const own = await plainServer((request, response) => {
    const code = codes.shift();
    if (code === undefined) request.socket.destroy();
    else answer(response, code, { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' } });
  });
  const { counts, metrics } = requestCounts();
  const transport = transportFor(own.kubeConfig, { metrics, requestTimeoutMs: 5000 });
  const id = { version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'a' };
  await failureOf(transport.discover({ group: 'a.example', version: 'v1', kind: 'A' }, {}));
  expect(counts).toEqual({ 'GET 503': 1 });
  codes.length = 0;
  await failureOf(transport.list({ ...configMaps, ...id }, {}));
  expect(counts).toEqual({ 'GET 503': 1, 'GET <error>': 1 });
});

it('counts what took too long as an error, and what its caller gave up not at all', async () => {
  const own = await plainServer(() => {});
  const { counts, metrics } = requestCounts();
  const transport = transportFor(own.kubeConfig, { metrics, requestTimeoutMs: 100 });
  await failureOf(transport.list(configMaps, { signal: AbortSignal.timeout(20) }));
  expect(counts).toEqual({});
  await failureOf(transport.list(configMaps, {}));
  expect(counts).toEqual({ 'GET <error>': 1 });
});

it('changes nothing when metrics throw', async () => {
  await using server = await startApiServer();
  const fail = (): never => {
    throw new Error('not today');
  };
  const metrics = { count: fail, gauge: fail, observe: fail };
  const transport = transportFor(server.kubeConfig, { metrics });
  await transport.list(configMaps, {});
});
