import { connect, createServer } from 'node:net';

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { configMap, configMaps, listen, opened, transportFor } from './helpers.ts';
import { kubeConfigTo, secureServer } from './secure-server.ts';

const json = { ':status': 200, 'content-type': 'application/json' };
const discovery = {
  kind: 'APIResourceList',
  resources: [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true, verbs: ['get'] }],
};

/** A server that keeps watches open and answers the rest. */
async function streamsServer(maxConcurrentStreams: number) {
  const { server, kubeConfig, port } = await secureServer({ settings: { maxConcurrentStreams } });
  let connections = 0;
  server.on('session', () => connections++);
  server.on('stream', (stream, { ':path': path = '' }) => {
    stream.on('error', () => {}).respond(json);
    if (path.includes('watch=true')) return;
    stream.end(JSON.stringify(path === '/api/v1' ? discovery : configMap('a')));
  });
  return { kubeConfig, port, connections: () => connections };
}

const watches = (transport: ReturnType<typeof transportFor>, count: number) =>
  Array.from({ length: count }, () => opened(transport.watch(configMaps, {})));

describe('a server that allows one stream for each connection', () => {
  it('gets as many connections as there are watches', async () => {
    const { kubeConfig, connections } = await streamsServer(1);
    const transport = transportFor(kubeConfig, { requestTimeoutMs: 5_000 });
    await Promise.all(watches(transport, 20));
    expect(connections()).toBe(20);
    await Promise.all(watches(transport, 5));
    expect(connections()).toBe(25);
  });

  it('gets one more for all writes that come one by one', async () => {
    const { kubeConfig, connections } = await streamsServer(1);
    const transport = transportFor(kubeConfig, { requestTimeoutMs: 5_000 });
    await Promise.all(watches(transport, 20));
    for (let n = 0; n < 10; n++) await transport.update(configMap('a'));
    expect(connections()).toBe(21);
    await Promise.all(Array.from({ length: 5 }, () => transport.update(configMap('a'))));
    expect(connections()).toBeLessThanOrEqual(25);
  });
});

describe('writes', () => {
  it.each([100, 250])('have a connection of their own beside %i watches', async (count) => {
    const { kubeConfig, connections } = await streamsServer(100);
    const transport = transportFor(kubeConfig);
    await Promise.all(watches(transport, count));
    const before = connections();
    expect(before).toBe(Math.ceil(count / 100));
    await Promise.all(Array.from({ length: 100 }, () => transport.update(configMap('a'))));
    expect(connections()).toBe(before + 1);
  });

  it.each([1, 100])(
    'wait for no watch that waits for a connection: %i streams',
    async (streams) => {
      const { port } = await streamsServer(streams);
      // Lets so many connections through, and leaves the others waiting.
      let passes = 2;
      const front = createServer((near) => {
        near.on('error', () => {});
        onTestFinished(() => void near.destroy());
        if (passes-- <= 0) return;
        const far = connect(port, '127.0.0.1').on('error', () => {});
        onTestFinished(() => void far.destroy());
        near.pipe(far).pipe(near);
      });
      const transport = transportFor(await kubeConfigTo(await listen(front)));
      await transport.update(configMap('a'));
      await watches(transport, 1)[0];
      for (const waiting of watches(transport, 1_000)) waiting.catch(() => {});
      for (let n = 0; n < 3; n++) await transport.update(configMap('a'));
    },
  );
});

describe('DISABLE_HTTP2', () => {
  it('has a server spoken to in HTTP/1.1 that would rather have HTTP/2', async () => {
    const { server, kubeConfig } = await secureServer({ allowHTTP1: true });
    const versions: string[] = [];
    server.on('request', ({ httpVersion }, response) => {
      versions.push(httpVersion);
      response.setHeader('content-type', 'application/json');
      response.end('{"items":[]}');
    });
    for (const value of ['', '1']) {
      vi.stubEnv('DISABLE_HTTP2', value);
      onTestFinished(() => void vi.unstubAllEnvs());
      await transportFor(kubeConfig).list(configMaps, {});
    }
    expect(versions).toEqual(['2.0', '1.1']);
  });
});
