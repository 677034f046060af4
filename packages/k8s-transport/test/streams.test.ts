import { describe, expect, it } from 'vitest';

import { configMaps, opened, transportFor } from './helpers.ts';
import { secureServer } from './secure-server.ts';

const json = { ':status': 200, 'content-type': 'application/json' };

describe('a server that allows one stream for each connection', () => {
  it('gets as many connections as there are watches', async () => {
    const { server, kubeConfig } = await secureServer({ settings: { maxConcurrentStreams: 1 } });
    let connections = 0;
    server.on('session', () => connections++);
    server.on('stream', (stream) => stream.on('error', () => {}).respond(json));
    const transport = transportFor(kubeConfig, { requestTimeoutMs: 5_000 });
    await Promise.all(Array.from({ length: 20 }, () => opened(transport.watch(configMaps, {}))));
    expect(connections).toBe(20);
    await Promise.all(Array.from({ length: 5 }, () => opened(transport.watch(configMaps, {}))));
    expect(connections).toBe(25);
  });
});
