import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { inspect } from 'node:util';

import { startApiServer, type ApiServer } from '@depwatch/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import {
  answer,
  changedKubeConfig,
  configMaps,
  failureOf,
  listen,
  opened,
  plainServer,
  transportFor,
} from './helpers.ts';
import { certificates, secureServer } from './secure-server.ts';

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer();
});
afterAll(() => server.stop());

interface Proxy {
  readonly port: number;
  readonly tunnels: string[];
}

function join(near: Socket, host: string, port: number, established: () => void): void {
  // The server listens on one address.
  const far = connect(port, /::1|localhost/.test(host) ? '127.0.0.1' : host, () => {
    established();
    near.pipe(far).pipe(near);
  });
  for (const socket of [near, far])
    socket.on('error', () => {}).on('close', () => (near.destroy(), far.destroy()));
}

/** Tunnels by CONNECT, for those who know the password. */
async function httpProxy(authorization?: string, tls?: ServerOptions): Promise<Proxy> {
  const tunnels: string[] = [];
  const proxy = tls ? createHttpsServer(tls) : createHttpServer();
  proxy.on('connect', (request, near: Socket) => {
    if (request.headers['proxy-authorization'] !== authorization) {
      return near.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
    }
    tunnels.push(request.url!);
    const { hostname, port } = new URL(`http://${request.url}`);
    return join(near, hostname, Number(port), () => void near.write('HTTP/1.1 200 OK\r\n\r\n'));
  });
  return { port: await listen(proxy), tunnels };
}

/** Speaks SOCKS5, in pieces of a byte each. */
async function socksProxy(credentials?: string): Promise<Proxy> {
  const tunnels: string[] = [];
  const proxy = createTcpServer((near) => {
    near.setNoDelay(true).on('error', () => {});
    const say = async (...bytes: number[]) => {
      for (const byte of bytes)
        await new Promise((resolve) => near.write(Buffer.from([byte]), resolve));
    };
    const steps = [
      (bytes: Buffer) => {
        const method = credentials === undefined ? 0 : 2;
        if (method === 0) steps.splice(0, 1);
        return say(5, bytes.subarray(2).includes(method) ? method : 255);
      },
      (bytes: Buffer) => {
        const name = bytes.subarray(2, 2 + bytes[1]!).toString();
        return say(
          1,
          `${name}:${bytes.subarray(3 + bytes[1]!).toString()}` === credentials ? 0 : 1,
        );
      },
      async (bytes: Buffer) => {
        const host =
          bytes[3] === 3
            ? bytes.subarray(5, 5 + bytes[4]!).toString()
            : bytes[3] === 4
              ? `[${new URL(
                  `http://[${bytes
                    .subarray(4, 20)
                    .toString('hex')
                    .replace(/.{4}(?!$)/g, '$&:')}]`,
                ).hostname.slice(1, -1)}]`
              : bytes.subarray(4, 8).join('.');
        const port = bytes.readUInt16BE(bytes.length - 2);
        tunnels.push(`${host}:${port}`);
        near.removeAllListeners('data');
        if (port === 1) return say(5, 5, 0, 1, 0, 0, 0, 0, 0, 0);
        return join(near, host, port, () => void say(5, 0, 0, 1, 0, 0, 0, 0, 0, 0));
      },
    ];
    near.on('data', (bytes: Buffer) => {
      const step = steps[0]!;
      if (step !== steps.at(-1) || bytes[0] === 5) steps.shift();
      void step(bytes);
    });
  });
  return { port: await listen(proxy), tunnels };
}

const through = (proxyUrl: string, to: string = server.url) =>
  transportFor(
    changedKubeConfig(server.kubeConfig, { cluster: { 'proxy-url': proxyUrl, server: to } }),
  );

describe('an HTTP proxy', () => {
  it('carries HTTP/2: many watches in one tunnel', async () => {
    const proxy = await httpProxy();
    const transport = through(`http://127.0.0.1:${proxy.port}`);
    await Promise.all(
      Array.from({ length: 20 }, () =>
        opened(transport.watch(configMaps, { resourceVersion: server.resourceVersion })),
      ),
    );
    expect(proxy.tunnels).toEqual([new URL(server.url).host]);
  });

  it('is not asked for a tunnel in which there could be no TLS', async () => {
    const proxy = await httpProxy();
    const broken = Buffer.from('no certificate').toString('base64');
    const kubeConfig = changedKubeConfig(server.kubeConfig, {
      cluster: { 'proxy-url': `http://127.0.0.1:${proxy.port}` },
      user: { 'client-certificate-data': broken, 'client-key-data': broken },
    });
    const error = await failureOf(transportFor(kubeConfig).list(configMaps, {}));
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', reason: 'credentials' });
    expect(proxy.tunnels).toEqual([]);
  });

  it('gets its user and password, decoded', async () => {
    const proxy = await httpProxy(`Basic ${Buffer.from('me:pass word').toString('base64')}`);
    await through(`http://me:pass%20word@127.0.0.1:${proxy.port}`).list(configMaps, {});
    const error = await failureOf(
      through(`http://me:secret@127.0.0.1:${proxy.port}`).list(configMaps, {}),
    );
    expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
    expect(error.message).toContain('407');
    expect(error.message).not.toContain('secret');
  });

  it('carries what has no TLS', async () => {
    const proxy = await httpProxy();
    const plain = await plainServer((_, response) =>
      answer(response, 200, { metadata: { resourceVersion: '1' }, items: [] }),
    );
    await through(`http://127.0.0.1:${proxy.port}`, plain.url).list(configMaps, {});
    expect(proxy.tunnels).toEqual([new URL(plain.url).host]);
  });
});

describe('a SOCKS5 proxy', () => {
  it('carries HTTP/2, and looks up names itself', async () => {
    const proxy = await socksProxy();
    const transport = through(
      `socks5://127.0.0.1:${proxy.port}`,
      server.url.replace('127.0.0.1', 'localhost'),
    );
    await Promise.all(Array.from({ length: 20 }, () => transport.list(configMaps, {})));
    expect(proxy.tunnels).toEqual([`localhost:${new URL(server.url).port}`]);
  });

  it('gets its user and password', async () => {
    const proxy = await socksProxy('me:pass');
    await through(`socks5://me:pass@127.0.0.1:${proxy.port}`).list(configMaps, {});
    // Who needs no password takes everybody.
    const open = await socksProxy();
    await through(`socks5://me:secret@127.0.0.1:${open.port}`).list(configMaps, {});
    for (const user of ['me:secret@', '']) {
      const error = await failureOf(
        through(`socks5://${user}127.0.0.1:${proxy.port}`).list(configMaps, {}),
      );
      expect(error).toMatchObject({ code: 'ERR_TRANSPORT', retryable: true });
      expect(error.message).toMatch(/proxy .* did not connect/);
      expect(inspect(error, { depth: Infinity })).not.toContain('secret');
    }
  });

  it('says when it cannot connect', async () => {
    const proxy = await socksProxy();
    const error = await failureOf(
      through(`socks5://127.0.0.1:${proxy.port}`, 'https://127.0.0.1:1').list(configMaps, {}),
    );
    expect(error.message).toContain('ConnectionRefused');
  });
});

describe('HTTPS_PROXY', () => {
  afterEach(() => vi.unstubAllEnvs());

  it.each(['http', 'socks5'])('leads through a proxy of the kind %s', async (kind) => {
    const proxy = kind === 'http' ? await httpProxy() : await socksProxy();
    vi.stubEnv('HTTPS_PROXY', `${kind}://127.0.0.1:${proxy.port}`);
    vi.stubEnv('NO_PROXY', 'elsewhere');
    const host = `api.localhost:${new URL(server.url).port}`;
    const cluster = { server: `https://${host}`, 'tls-server-name': 'localhost' };
    await transportFor(changedKubeConfig(server.kubeConfig, { cluster })).list(configMaps, {});
    expect(proxy.tunnels).toEqual([host]);
    // What is on this machine is not for the proxy.
    await transportFor(server.kubeConfig).list(configMaps, {});
    expect(proxy.tunnels).toEqual([host]);
  });
});

describe.each(['http', 'https', 'socks5', 'socks5h'])('a proxy of the kind %s', (kind) => {
  it.each([
    ['localhost', '127.0.0.1'],
    ['localhost', 'localhost'],
    ['127.0.0.1', 'localhost'],
    ['127.0.0.1', '[::1]'],
  ])('named %s carries what is for %s', async (proxyHost, serverHost) => {
    const { certificate, key } = await certificates();
    const proxy = kind.startsWith('socks')
      ? await socksProxy()
      : await httpProxy(undefined, kind === 'https' ? { cert: certificate, key } : undefined);
    // Of the same authority as the proxy.
    const { server: behind, port, kubeConfig } = await secureServer();
    behind.on('stream', (stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/json' });
      stream.end('{"metadata":{},"items":[]}');
    });
    const cluster = {
      'proxy-url': `${kind}://${proxyHost}:${proxy.port}`,
      server: `https://${serverHost}:${port}`,
    };
    const transport = transportFor(changedKubeConfig(kubeConfig, { cluster }));
    await transport.list(configMaps, {});
    await transport.list(configMaps, {});
    expect(proxy.tunnels).toEqual([`${serverHost}:${port}`]);
  });
});
