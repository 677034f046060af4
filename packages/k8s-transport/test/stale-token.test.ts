import { constants, type ServerHttp2Stream } from 'node:http2';

import { expect, it, vi } from 'vitest';

import {
  answer,
  configMap,
  configMaps,
  kubeConfigFrom,
  opened,
  plainServer,
  transportFor,
} from './helpers.ts';
import { secureServer } from './secure-server.ts';

it.each([0, 20])(
  'fails none of 50 lists whose token is stale and the next good, after %i ms',
  async (ms) => {
    let given = 0;
    const server = await plainServer(({ headers }, response) => {
      if (headers.authorization !== 'Bearer token-2')
        return answer(response, 401, { kind: 'Status', code: 401 });
      return answer(response, 200, { metadata: { resourceVersion: '1' }, items: [] });
    });
    const apply = vi.fn(async (options: object) => {
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
      Object.assign(options, { headers: { Authorization: `Bearer token-${++given}` } });
    });
    const transport = transportFor({
      getCurrentCluster: () => ({ name: 'c', server: server.url }),
      getCurrentUser: () => null,
      applyToHTTPSOptions: apply,
    });
    await Promise.all(Array.from({ length: 50 }, () => transport.list(configMaps, {})));
    expect(apply).toHaveBeenCalledTimes(2);
  },
);

it('fails none of them on a server that ends the connection of whoever it refuses, and no watch', async () => {
  const { server, kubeConfig } = await secureServer();
  const good = 'Bearer good';
  const watches: ServerHttp2Stream[] = [];
  let refusals = 0;
  // As a kube-apiserver has it since 1.29: one answer, and nothing of what came after that request.
  server.on('session', (session) => {
    let last = Infinity;
    session.on('stream', (stream, headers) => {
      const json = { 'content-type': 'application/json' };
      stream.on('error', () => {});
      if (stream.id! > last) return;
      if (headers.authorization !== good && watches.length > 0) {
        refusals++;
        last = stream.id!;
        stream.respond({ ...json, ':status': 401 });
        stream.end('{"kind":"Status","code":401}');
        session.goaway(constants.NGHTTP2_NO_ERROR, last);
        return;
      }
      stream.respond({ ...json, ':status': 200 });
      if (headers[':path']!.includes('watch')) watches.push(stream);
      else stream.end('{"metadata":{},"items":[]}');
    });
  });
  let token = 'stale';
  const { clusters } = JSON.parse(kubeConfig) as { clusters: [{ cluster: { server: string } }] };
  const ca = kubeConfigFrom(kubeConfig).getCurrentCluster()!.caData!;
  const transport = transportFor({
    getCurrentCluster: () => ({ name: 'c', ...clusters[0].cluster }),
    getCurrentUser: () => null,
    applyToHTTPSOptions: async (options) => {
      const headers = { Authorization: `Bearer ${token}` };
      Object.assign(options, { ca: Buffer.from(ca, 'base64'), headers });
    },
  });
  const watch = await opened(transport.watch(configMaps, { resourceVersion: '1' }));
  token = 'good';
  const lists = Array.from({ length: 50 }, () => transport.list(configMaps, {}));
  const more = opened(transport.watch(configMaps, { resourceVersion: '1' }));
  await Promise.all([...lists, more]);
  expect(refusals).toBeGreaterThan(1);
  for (const stream of watches)
    stream.write(`${JSON.stringify({ type: 'ADDED', object: configMap('seen') })}\n`);
  for (const one of [watch, await more])
    expect(await one.next()).toMatchObject({ value: [{ type: 'ADDED' }] });
});
